import BackOffice
import Linux
import TestSupport
import Testing

@testable import Control

struct BooksPlaceTests {
    private func path(_ place: Place, _ variables: [String: String] = [:]) -> String {
        BooksPlace(place) { variables[$0] }.path
    }

    @Test func theBooksAreFoundByTheRuleOfTheServices() {
        let state = Place.state(StateDirectory("/nowhere/s"))
        #expect(path(state) == "/nowhere/s/data/books.sqlite")
        #expect(path(state, ["MILLRACE_BOOKS": "/b.sqlite"]) == "/b.sqlite")
        #expect(path(state, ["MILLRACE_STATE": "/other"]) == "/nowhere/s/data/books.sqlite")
        #expect(path(.system) == "/var/lib/millrace/books.sqlite")
        #expect(path(.system, ["STATE_DIRECTORY": "/srv/millrace"]) == "/srv/millrace/books.sqlite")
    }

    @Test func theBooksAreWhereTheSuiteSaidThatItHasThem() throws {
        let folder = TemporaryDirectory()
        let (state, place) = (StateDirectory(folder.path), Place.state(StateDirectory(folder.path)))
        try state.create()
        try BooksVariables.note(state, environment: ["MILLRACE_BOOKS": "/srv/b.sqlite"])
        #expect(path(place) == "/srv/b.sqlite")
        #expect(path(place, ["MILLRACE_BOOKS": ""]) == "/srv/b.sqlite")
        #expect(path(place, ["MILLRACE_BOOKS": "/own.sqlite"]) == "/own.sqlite")
        try BooksVariables.note(state, environment: [:])
        #expect(path(place) == "\(state.data)/books.sqlite")
    }

    @Test func withoutTheirFolderTheBooksAreNotMade() {
        let state = Place.state(StateDirectory("/nowhere/s"))
        let failure = #expect(throws: Failure.self) { try BooksPlace(state) { _ in nil }.open(state) }
        #expect(failure?.exit == .noInput)
        #expect(failure?.message.contains("/nowhere/s/data") == true)
        #expect(failure?.message.contains("millctl up --state /nowhere/s") == true)
    }

    @Test func onlyAnImportMakesTheBooks() throws {
        let folder = TemporaryDirectory()
        let (state, place) = (StateDirectory(folder.path), Place.state(StateDirectory(folder.path)))
        try state.create()
        let books = BooksPlace(place) { _ in nil }
        let failure = #expect(throws: Failure.self) { try books.open(.orders, at: place) }
        #expect(failure?.exit == .noInput)
        #expect(failure?.message.contains("millctl books import") == true)
        #expect(!Files.exists("\(state.data)/books.sqlite"))
        try books.open(.orders, at: place, creates: true).close()
        try books.open(.orders, at: place).close()
    }

    @Test func whereTheRecordsAreInNotionTheFileIsNotTakenForThem() throws {
        let folder = TemporaryDirectory()
        let (state, place) = (StateDirectory(folder.path), Place.state(StateDirectory(folder.path)))
        try state.create()
        func refusal(_ variables: [String: String] = [:]) -> Failure? {
            #expect(throws: Failure.self) {
                try BooksPlace(place) { variables[$0] }.open(.orders, at: place, creates: true).close()
            }
        }
        let by = refusal(["MILLRACE_BACKOFFICE_BOOKS": "notion"])
        #expect(by?.exit == .configuration && by?.message.contains("Books=notion") == true)
        // As the suite was started.
        try BooksVariables.note(state, environment: ["MILLRACE_BACKOFFICE_BOOKS": "notion"])
        _ = refusal()
        try BooksVariables.note(state, environment: [:])
        try Files.makeDirectory(state.path + "/etc")
        folder.write("[Books]\nBooks=notion\n[Notion]\nNotionRate=5\n", to: "etc/backoffice.conf")
        #expect(refusal()?.message.contains("\(state.path)/etc/backoffice.conf") == true)
        #expect(!Files.exists("\(state.data)/books.sqlite"))
        // Clinics are here wherever the records are.
        try BooksPlace(place) { _ in nil }.open(.clinics, at: place, creates: true).close()
    }
}

struct ImportReportTests {
    @Test func aReportSaysWhatBecameOfTheRecords() {
        var report = ImportReport(table: .timesheets)
        report.read = 10
        report.imported = 6
        report.unchanged = 3
        report.skipped = 1
        report.createdContractors = ["ada", "bob"]
        #expect(
            BooksCommand.Import.facts(report).lines(for: .pipe) == [
                "Read       10 timesheets", "Imported   6", "Unchanged  3", "Left out   1", "Also made  2 contractors",
            ])
    }
}
