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
            unless --all is there.
            """)

    /// Services wait five seconds for a lock.
    private static let patience = Duration.seconds(2)

    @OptionGroup var global: GlobalOptions
    @Flag(help: "Also those that have little to give.") var all = false

    func run() throws {
        var done: [Vacuumed] = []
        for (database, file) in SuiteDatabase.present(at: global.place) {
            do {
                done.append(try Self.vacuum(database, file, always: all))
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

    private static func vacuum(_ database: SuiteDatabase, _ file: DatabaseFile, always: Bool) throws -> Vacuumed {
        let before = try file.size()
        var result = Vacuumed(name: database.name, before: before.bytes, after: before.bytes)
        guard always || before.free * 10 >= before.bytes else {
            result.remark = "\(ByteText.short(before.free)) are free, which is little"
            return result
        }
        do throws(StoreError) {
            try file.vacuum(within: isInUse(database, file) ? patience : nil)
            result.after = try file.size().bytes
        } catch {
            guard error.kind == .interrupted || error.kind == .busy else { throw error }
            result.remark = "left as it is: its service would have to wait too long; stop the suite for it"
            result.isLeft = true
        }
        return result
    }

    /// Who uses one without an owner is not known, and is not kept waiting.
    private static func isInUse(_ database: SuiteDatabase, _ file: DatabaseFile) -> Bool {
        guard database.isOwned, Files.exists(file.path + ".lock") else { return true }
        do throws(StoreError) {
            return withExtendedLifetime(try file.own()) { false }
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
