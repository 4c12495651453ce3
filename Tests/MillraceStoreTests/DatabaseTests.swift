import Linux
import MillraceStore
import Testing

@Suite struct DatabaseTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func whatIsWrittenIsReadByAReaderAndAfterReopening() async throws {
        let database = try Database.open(folder["a.sqlite"], migrations: entrySchema)
        let id = try await database.write { connection in
            try connection.insert("one")
            return connection.lastInsertRowID
        }
        #expect(id == 1)
        #expect(try await database.read { try $0.names() } == ["one"])
        database.close()

        let again = try Database.open(folder["a.sqlite"], migrations: entrySchema)
        #expect(try await again.read { try $0.names() } == ["one"])
    }
}
