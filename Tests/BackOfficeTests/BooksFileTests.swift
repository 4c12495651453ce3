import Linux
import MillraceStore
import Schemas
import TestSupport
import Testing

@testable import BackOffice

/// Whether there are books, and whose.
struct BooksFileTests {
    private let folder = TemporaryDirectory()
    private var path: String { folder.file("books.sqlite") }

    @Test func booksAreMadeOnlyByWhoSaysSo() throws {
        let error = #expect(throws: StoreError.self) { try SQLiteBooks(path: path) }
        #expect(error?.kind == .missing && error?.message.contains(path) == true)
        #expect(!Files.exists(path))
        try SQLiteBooks(path: path, creates: true).close()
        try SQLiteBooks(path: path).close()
    }

    /// What was paid stood in them.
    @Test(arguments: [true, false]) func booksThatWereThereAreNotMadeAnew(creates: Bool) throws {
        try SQLiteBooks(path: path, creates: true).close()
        try Files.rename(path, to: path + ".away")
        let error = #expect(throws: StoreError.self) { try SQLiteBooks(path: path, creates: creates) }
        #expect(error?.kind == .cannotOpen && error?.message.contains("millctl restore") == true)
        #expect(!Files.exists(path))
        try Files.rename(path + ".away", to: path)
        try SQLiteBooks(path: path).close()
    }

    @Test func theRunnersDatabaseIsNotTakenForTheBooks() throws {
        let runner = Schemas.runnerMigrations.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }
        try Database.open(path, migrations: runner).close()
        let before = contents(of: path)
        let error = #expect(throws: StoreError.self) { try SQLiteBooks(path: path, creates: true) }
        #expect(error?.kind == .foreign && error?.message.contains(path) == true)
        #expect(contents(of: path) == before)
    }
}
