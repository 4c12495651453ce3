import BackOffice
import JSONCodec
import TestSupport
import Testing

/// What briefs are made of, from one document after another.
struct BriefRecordsTests {
    private let folder = TemporaryDirectory()

    private func books() throws -> SQLiteBooks { try SQLiteBooks(path: folder.file("books.sqlite"), creates: true) }

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

    @Test func aZoneThatNobodyKnowsIsNamedAndNothingIsTaken() async throws {
        let books = try books()
        let fault = await #expect(throws: SQLiteBooks.BriefRecordFault.self) {
            try await take(
                books,
                #"{"users":[{"id":"ada"}],"preferences":[{"user_id":"ada","is_active":true,"timezone":"Mars/Phobos"}]}"#
            )
        }
        #expect(fault?.place == "preferences[0].timezone")
        #expect(fault?.message.contains("no time zone “Mars/Phobos”") == true)
        #expect(try await books.exportBriefRecords()["users"]?.elements?.isEmpty == true)
    }

    @Test func aNewRecordThatLacksWhatItNeedsIsNamedAndNothingIsTaken() async throws {
        let books = try books()
        let fault = await #expect(throws: SQLiteBooks.BriefRecordFault.self) {
            try await take(books, #"{"users":[{"id":"ada"}],"preferences":[{"user_id":"ada"}]}"#)
        }
        #expect(fault?.description == "preferences[0].is_active: is missing, which a new record has to have")
        #expect(try await books.exportBriefRecords()["users"]?.elements?.isEmpty == true)
    }

    @Test(arguments: [
        (
            #"{"users":[{"id":"ada"}],"projects":[{"id":"p","user_id":"bob","name":"Mill","status":"active"}]}"#,
            "projects[0].user_id: “bob” is none of the users"
        ),
        (
            #"{"users":[{"id":"ada"}],"projects":[{"id":"p","user_id":"ada","name":"Mill"}]}"#,
            "projects[0].status: is missing, which a new record has to have"
        ),
        (
            #"{"notes":[{"id":"n","project_id":"p","title":"N","updated_at":"2026-11-21T00:00:00Z"}]}"#,
            "notes[0].project_id: “p” is none of the projects"
        ),
        (#"{"phase_tasks":[{"phase_id":"a","task_id":"t"}]}"#, "is none of the"),
        (
            #"{"users":[{"id":"ada"}],"projects":[{"id":"p","user_id":"ada","name":"Mill","status":"new"}]}"#,
            "projects[0]: does not fit: CHECK constraint failed: status IN ('active', 'paused', 'completed', 'archived')"
        ),
    ])
    func whatDoesNotFitIsSaidByItsPlace(document: String, words: String) async throws {
        let books = try books()
        let fault = await #expect(throws: SQLiteBooks.BriefRecordFault.self) { try await take(books, document) }
        #expect(fault?.description.contains(words) == true, "\(String(describing: fault))")
    }
}
