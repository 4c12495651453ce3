import ArgumentParser
import JSONCodec
import Linux
import MillraceStore

/// `millctl vacuum`
struct VacuumCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vacuum", abstract: "Gives the room back that databases do not use any more.",
        discussion: """
            May be done while the suite runs: a database that would keep its service waiting for more than two seconds is left \
            as it is, and named. With the suite stopped, all are done. One that has less than a tenth to give is passed over \
            unless --all is there. Databases from before pages had checksums get them by --all with the suite stopped.

            --as-found is for databases that were changed by another program than Millrace, sqlite3 for instance: their pages are \
            refused, because they are not as Millrace wrote them. They are taken as they are where SQLite finds nothing wrong \
            with them. Only you can know whether it was a program or damage; the answer to damage is `millctl restore`.
            """)

    /// Services wait five seconds for a lock.
    private static let patience = Duration.seconds(2)

    @OptionGroup var global: GlobalOptions
    @Flag(help: "Also those that have little to give.") var all = false
    @Flag(help: "Take pages that another program has changed, and nothing else.") var asFound = false

    func run() throws {
        var done: [Vacuumed] = []
        for (database, file) in SuiteDatabase.present(at: global.place) {
            do {
                done.append(try vacuum(database, file))
            } catch {
                throw Failure(store: error, "vacuum of \(database.name)")
            }
        }
        if global.json {
            JSONOutput.document(done)
        } else {
            var table = Table([.text("Database"), .number("Before"), .number("After"), .text("Remark", shrinksTo: 20)])
            for one in done {
                table.add([
                    Table.Cell(one.name), Table.Cell(ByteText.short(one.before)), Table.Cell(ByteText.short(one.after)),
                    Table.Cell(one.remark ?? "", one.isLeft ? .warning : .quiet),
                ])
            }
            Output.table(table, global.terminal)
        }
        if done.contains(where: \.isLeft) { throw Exit.temporaryFailure }
    }

    private func vacuum(_ database: SuiteDatabase, _ file: DatabaseFile) throws -> Vacuumed {
        // One that was changed by another program does not read.
        let bytes = asFound ? try Files.size(file.path) : try file.size().bytes
        var result = Vacuumed(name: database.name, before: bytes, after: bytes)
        do throws(StoreError) {
            let limit = SuiteDatabase.isInUse(database, file, at: global.place) ? Self.patience : nil
            if asFound {
                let isTaken = try file.takeAsFound(within: limit)
                result.remark = isTaken ? "taken as found" : "nobody has changed it"
            } else {
                let free = try file.size().free
                guard all || free * 10 >= bytes else {
                    result.remark = "\(ByteText.short(free)) are free, which is little"
                    return result
                }
                if try file.vacuum(within: limit) { result.remark = "its pages have checksums now" }
            }
            result.after = try file.size().bytes
        } catch {
            guard error.kind == .interrupted || error.kind == .busy else { throw error }
            result.remark = "left as it is: its service would have to wait too long; stop the suite for it"
            result.isLeft = true
        }
        return result
    }
}

extension SuiteDatabase {
    /// Whether somebody may wait for it.
    fileprivate static func isInUse(
        _ database: SuiteDatabase, _ file: DatabaseFile, at place: Place
    ) -> Bool {
        if database.isOwned { return file.isOwned }
        // The workers of the suite use what has no owner.
        return all.contains { $0.isOwned && $0.file(at: place).isOwned }
    }
}

extension DatabaseFile {
    /// Whether its service runs.
    fileprivate var isOwned: Bool {
        guard Files.exists(path + ".lock") else { return false }
        do throws(StoreError) {
            return withExtendedLifetime(try own()) { false }
        } catch {
            return true
        }
    }
}

private struct Vacuumed: JSONEncodable {
    var name: String
    var before: Int64
    var after: Int64
    var remark: String?
    var isLeft = false

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("before", before)
            $0.member("after", after)
            $0.member("remark", ifPresent: remark)
        }
    }
}
