import BackOffice
import JSONCodec
import TestSupport
import Testing

/// What briefs are made of, from one document after another.
struct BriefRecordsTests {
    private let folder = TemporaryDirectory()

    private func books() throws -> SQLiteBooks { try SQLiteBooks(path: folder.file("books.sqlite")) }

    private func take(_ books: SQLiteBooks, _ document: String) async throws {
        _ = try await books.importBriefRecords(try JSON.decode(JSONValue.self, from: Array(document.utf8)))
    }

    @Test func aRecordThatIsThereKeepsWhatTheDocumentLeavesOut() async throws {
        let books = try books()
        try await take(
            books,
            #"{"users":[{"id":"ada"}],"preferences":[{"user_id":"ada","is_active":true,"time_of_day":"09:00"}]}"#)
        try await take(books, #"{"preferences":[{"user_id":"ada","timezone":"Europe/Berlin"}]}"#)
        // Nothing but its key: nothing changes.
        try await take(books, #"{"users":[{"id":"ada"}],"preferences":[{"user_id":"ada"}]}"#)
        let kept = try await books.exportBriefRecords()["preferences"]?.elements?.first
        #expect(kept?["is_active"]?.boolValue == true && kept?["time_of_day"]?.stringValue == "09:00")
        #expect(kept?["timezone"]?.stringValue == "Europe/Berlin")
    }

    @Test func aNewRecordThatLacksWhatItNeedsIsNamedAndNothingIsTaken() async throws {
        let books = try books()
        let fault = await #expect(throws: SQLiteBooks.BriefRecordFault.self) {
            try await take(books, #"{"users":[{"id":"ada"}],"preferences":[{"user_id":"ada"}]}"#)
        }
        #expect(fault?.place == "preferences[0]")
        #expect(try await books.exportBriefRecords()["users"]?.elements?.isEmpty == true)
    }
}
