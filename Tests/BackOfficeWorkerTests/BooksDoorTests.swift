import BackOffice
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import BackOfficeWorker
@testable import MillraceWorker

/// Which books a job gets, whatever became of those of the job before.
struct BooksDoorTests {
    private let folder = TemporaryDirectory()
    private var path: String { folder.file("books.sqlite") }

    private func door() -> BooksDoor {
        BooksDoor(settings: BackOfficeSettings(environment: { ["MILLRACE_BOOKS": path][$0] }))
    }

    private func take(_ contractor: String) async throws {
        let books = try SQLiteBooks(path: path, creates: true)
        defer { books.close() }
        _ = try await BooksImport(.timesheets, format: .csv, status: .reviewed).run(
            Array("id,date,contractor,project,hours\n1,2025-12-02,\(contractor),kafi,8\n".utf8), into: books)
    }

    private func contractors(_ door: BooksDoor) async throws -> [String?] {
        let query = EntryQuery(month: try #require(Month("2025-12")))
        return try await door.books(for: .example).entries(query).map(\.contractor?.text)
    }

    @Test func aJobReadsTheBooksThatAreUnderThePathNow() async throws {
        try await take("ada")
        let door = door()
        let before = try door.localBooks()
        #expect(try await contractors(door) == ["ada"])
        #expect(try door.localBooks() === before, "opened once")
        for suffix in ["", "-wal", "-shm"] where Files.exists(path + suffix) {
            try Files.rename(path + suffix, to: path + ".away" + suffix)
        }
        let missing = await #expect(throws: RPCError.self) { try await answering { try door.books(for: .example) } }
        #expect(missing?.reason == "books.cannotOpen" && missing?.message.contains("is not there, but it was") == true)
        #expect(!Files.exists(path))
        try Files.remove(path + ".lock")
        try await take("bob")
        #expect(try await contractors(door) == ["bob"])
    }

    @Test func noBooksAreMadeToPayNobodyFromThem() async throws {
        let door = door()
        let error = await #expect(throws: RPCError.self) { try await answering { try door.payoutBooks(for: .example) } }
        #expect(error?.status == .failedPrecondition && error?.reason == "books.missing")
        #expect(!Files.exists(path))
        _ = try door.books(for: .example)
        _ = try door.payoutBooks(for: .example)
    }
}
