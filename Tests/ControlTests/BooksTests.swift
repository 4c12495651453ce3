import BackOffice
import Linux
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

    @Test func withoutTheirFolderTheBooksAreNotMade() {
        let state = Place.state(StateDirectory("/nowhere/s"))
        let failure = #expect(throws: Failure.self) { try BooksPlace(state) { _ in nil }.open(state) }
        #expect(failure?.exit == .noInput)
        #expect(failure?.message.contains("/nowhere/s/data") == true)
        #expect(failure?.message.contains("millctl up --state /nowhere/s") == true)
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
