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
            is taken by `millctl vacuum --as-found`.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(help: "The databases of a backup instead.", completion: .directory) var backup: String?

    func run() throws {
        let verdicts =
            try backup.map { try DatabaseVerdict.all(in: try Backup($0)) } ?? DatabaseVerdict.all(at: global.place)
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
    var problems: [String] = []

    static func all(at place: Place) -> [DatabaseVerdict] {
        SuiteDatabase.present(at: place).map { DatabaseVerdict($0.database, $0.file, isDeep: true) }
    }

    static func all(in backup: Backup) throws(Failure) -> [DatabaseVerdict] {
        backup.manifest.databases.map { entry in
            let database = SuiteDatabase.all.first { $0.name == entry.name }
            return DatabaseVerdict(
                database ?? SuiteDatabase(name: entry.name, schema: 0), backup.file(of: entry), isDeep: true)
        }
    }

    /// - Parameter isDeep: whether the whole file is read.
    init(_ database: SuiteDatabase, _ file: DatabaseFile, isDeep: Bool) {
        name = database.name
        path = file.path
        do throws(StoreError) {
            let version = try file.version()
            (schema, (bytes, free)) = (version, try file.size())
            hasChecksums = try file.hasChecksums()
            if let complaint = database.complaint(version: version) { problems.append(complaint) }
            if isDeep { problems += try file.problems() }
        } catch {
            problems.append(error.message)
        }
    }

    var cells: [Table.Cell] {
        let sound = hasChecksums == false ? "sound, but has no checksums" : "sound"
        let state = problems.first.map { Table.Cell($0, .bad) } ?? Table.Cell(sound, .good)
        return [
            Table.Cell(name), Table.Cell(schema.map(String.init) ?? ""), Table.Cell(bytes.map(ByteText.short) ?? ""),
            Table.Cell(free.map(ByteText.short) ?? ""), state,
        ]
    }

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("path", path)
            $0.member("schema", ifPresent: schema)
            $0.member("bytes", ifPresent: bytes)
            $0.member("free", ifPresent: free)
            $0.member("checksums", ifPresent: hasChecksums)
            $0.member("problems", problems)
        }
    }
}
