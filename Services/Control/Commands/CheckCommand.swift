import ArgumentParser
import JSONCodec
import Linux
import MillraceStore

/// `millctl check`
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Reads all databases through and says what is wrong with them.",
        discussion: """
            May be done while the suite runs. Ends with 65 when something is wrong. Every page has a checksum, so that a single \
            flipped bit is noticed. A damaged database is replaced by `millctl restore`; one that was changed by another program \
            is taken by `millctl vacuum --as-found`. Pages that another program has copied from the log have no checksum, and are \
            counted: `millctl vacuum --all` gives them one.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(help: "The databases of a backup instead.", completion: .directory) var backup: String?

    func run() throws {
        let backup = try backup.map { try Backup($0) }
        let verdicts = backup?.verdicts() ?? DatabaseVerdict.all(at: global.place)
        if let backup, !backup.isSealed { Output.error("millctl: \(backup.unsealed)") }
        if global.json {
            JSONOutput.document(verdicts)
        } else {
            var table = Table([
                .text("Database"), .number("Schema", optional: true), .number("Size", optional: true),
                .number("Free", optional: true), .text("State", shrinksTo: 20),
            ])
            for verdict in verdicts { table.add(verdict.cells) }
            Output.table(table, global.terminal)
            for verdict in verdicts {
                for problem in verdict.problems.dropFirst() { Output.line("\(verdict.name): \(problem)") }
            }
        }
        if verdicts.contains(where: { !$0.problems.isEmpty }) { throw Exit.dataError }
    }
}

/// What was found in the file of one database.
struct DatabaseVerdict: JSONEncodable {
    var name: String
    var path: String
    var schema: Int?
    var bytes: Int64?
    var free: Int64?
    /// Whether its pages have checksums; nil where it does not read.
    var hasChecksums: Bool?
    /// How many have none all the same; nil where they were not counted.
    var pagesWithoutChecksum: Int?
    var problems: [String] = []

    static func all(at place: Place) -> [DatabaseVerdict] {
        SuiteDatabase.present(at: place).map { DatabaseVerdict($0.database, $0.file, isDeep: true) }
            + SuiteDatabase.lost(at: place).map { DatabaseVerdict(lost: $0.database, $0.file) }
    }

    init(lost database: SuiteDatabase, _ file: DatabaseFile) {
        name = database.name
        path = file.path
        problems = [SuiteDatabase.lossText(of: file)]
    }

    /// - Parameter isDeep: whether the whole file is read.
    init(_ database: SuiteDatabase, _ file: DatabaseFile, isDeep: Bool) {
        name = database.name
        path = file.path
        do throws(StoreError) {
            (schema, (bytes, free)) = (try file.version(), try file.size())
            hasChecksums = try file.hasChecksums()
            if let complaint = try database.complaint(of: file) { problems.append(complaint) }
            if isDeep {
                problems += try file.problems()
                pagesWithoutChecksum = try file.pagesWithoutChecksum()
            }
        } catch {
            problems.append(error.message)
        }
    }

    var cells: [Table.Cell] {
        let state = problems.first.map { Table.Cell($0, .bad) } ?? Table.Cell(soundness, .good)
        return [
            Table.Cell(name), Table.Cell(schema.map(String.init) ?? ""), Table.Cell(bytes.map(ByteText.short) ?? ""),
            Table.Cell(free.map(ByteText.short) ?? ""), state,
        ]
    }

    /// For one without problems.
    private var soundness: String {
        if hasChecksums == false { return "sound, but has no checksums" }
        guard let pages = pagesWithoutChecksum, pages > 0 else { return "sound" }
        return "sound, but \(Counted.text(pages, "page")) \(pages == 1 ? "has" : "have") no checksum"
    }

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("path", path)
            $0.member("schema", ifPresent: schema)
            $0.member("bytes", ifPresent: bytes)
            $0.member("free", ifPresent: free)
            $0.member("checksums", ifPresent: hasChecksums.map { $0 && pagesWithoutChecksum ?? 0 == 0 })
            $0.member("pagesWithoutChecksum", ifPresent: pagesWithoutChecksum)
            $0.member("problems", problems)
        }
    }
}
