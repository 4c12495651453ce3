import Glibc
import Linux
import TestSupport
import Testing

@testable import MillraceStore

@Suite struct DamagedFileTests {
    private let folder = TemporaryDirectory()
    private var path: String { folder.file("entries.sqlite") }

    /// A file of which only the first pages are what they were.
    private func damaged() async throws {
        let database = try Database.entries(in: folder)
        for number in 0..<500 { try await database.insert("entry \(number) " + String(repeating: "x", count: 100)) }
        database.close()
        var bytes = try #require(contents(of: path))
        let left = 3 * 4096
        bytes.replaceSubrange(left..., with: [UInt8](repeating: 0, count: bytes.count - left))
        try writeFile(bytes, to: path)
    }

    @Test func whoReadsOrWritesADamagedPageIsToldAndTheServiceTooWithTheFile() async throws {
        try await damaged()
        let heard = Locked<[StoreError]>([])
        let database = try Database.entries(in: folder) {
            $0.onLoss = { error in heard.withLock { $0.append(error) } }
        }
        let read = await #expect(throws: StoreError.self) { try await database.names() }
        #expect(read?.kind == .corrupt)
        let written = await #expect(throws: StoreError.self) {
            try await database.write { try $0.run("UPDATE entry SET size = 1") }
        }
        #expect(written?.kind == .corrupt)
        #expect(heard.withLock { $0.map(\.file) } == [path, path])
        #expect(heard.withLock { $0.allSatisfy { "\($0)".contains(path) && $0.meansDamage } })
        database.close()
    }

    @Test func whatDoesNotReadAnyMoreIsToldWithTheFile() async throws {
        let database = try Database.entries(in: folder)
        try await database.insert("[1, 2")
        let content = await #expect(throws: StoreError.self) {
            try await database.read { db in
                try db.query("SELECT name FROM entry") { row in try row.json(0, "the entry") as [Int] }
            }
        }
        #expect(content?.kind == .corrupt && content?.file == path)
        #expect(content?.message.hasPrefix("the entry does not read: ") == true)
        // A damaged schema reads like a wrong statement.
        let read = await #expect(throws: StoreError.self) {
            try await database.read { try $0.integer("SELECT jold FROM entry") }
        }
        let written = await #expect(throws: StoreError.self) {
            try await database.write { try $0.run("UPDATE entry SET jold = 1") }
        }
        #expect(read?.file == path && written?.file == path)
        #expect("\(try #require(written))".hasPrefix(path))
        database.close()
    }

    @Test func aFileThatIsNoDatabaseIsNamedWhenItIsOpened() async throws {
        try writeFile([UInt8](repeating: 7, count: 8192), to: path)
        let error = #expect(throws: StoreError.self) { try Database.entries(in: folder) }
        #expect(error?.kind == .corrupt)
        #expect("\(try #require(error))".contains(path))
    }

    @Test func aServiceEndsWithTheCodeOfATroubledDisk() async throws {
        try await damaged()
        await #expect(processExitsWith: .exitCode(74)) { [path = folder.path as String] in
            var options = DatabaseOptions()
            options.onLoss = DatabaseOptions.endingOnLoss
            let database = try Database.open("\(path)/entries.sqlite", migrations: entrySchema, options: options)
            _ = try await database.read { try $0.names() }
        }
    }
}
