import BackOffice
import TestSupport
import Testing

@Suite struct SampleBooksTests {
    @Test func theSampleIsTwentyContractorsOfThreeProjectsEach() async throws {
        #expect(Set((0..<20).flatMap { SampleBooks.projects(of: $0) }).count == 60)
        let held = try await TemporaryBooks.sample()
        let result = try await LocalRun(held.books)(SyncParameters(month: .january))
        #expect(result.ordersCreated == 20)
        #expect(result.lineItemsCreated == 60)
        #expect(result.errors.isEmpty)
    }

    @Test func notEverythingInTheSampleIsReviewed() async throws {
        let held = try await TemporaryBooks.sample()
        #expect(try await held.count("SELECT count(*) FROM timesheet_entry WHERE status = 'Draft'") == 5)
        #expect(try await held.count("SELECT count(*) FROM timesheet_entry WHERE project IS NULL") == 1)
        let reviewed = try await LocalRun(held.books)(SyncParameters(month: .january))
        let forced = try await LocalRun(held.books)(SyncParameters(month: .january, force: true))
        #expect(reviewed.lineItemsCreated == 60)
        #expect(forced.lineItemsUpdated! > 0)
    }

    @Test func theSameMonthGivesTheSameBytesAndAnotherOthers() {
        let february = Month("2024-02")!
        #expect(SampleBooks.timesheetsCSV(month: february) == SampleBooks.timesheetsCSV(month: february))
        #expect(SampleBooks.timesheetsCSV(month: february) != SampleBooks.timesheetsCSV(month: .january))
    }

    @Test(arguments: ["2024-02", "2025-12", "0001-01", "9999-12"])
    func everyMonthImports(text: String) async throws {
        let month = try #require(Month(text)), held = try TemporaryBooks()
        let report = try await BooksImport(.timesheets, format: .csv)
            .run(SampleBooks.timesheetsCSV(month: month), into: held.books)
        #expect(report.imported == report.read)
        #expect(try await LocalRun(held.books)(SyncParameters(month: month)).lineItemsCreated == 60)
    }

    @Test func ratesDivideTheSampleByPayday() async throws {
        let held = try await TemporaryBooks.sample()
        _ = try await BooksImport(.rates, format: .csv).run(SampleBooks.ratesCSV(), into: held.books)
        let first = try await LocalRun(held.books)(SyncParameters(month: .january, batch: 1))
        let middle = try await LocalRun(held.books)(SyncParameters(month: .january, batch: 15))
        #expect(first.contractorsProcessed == 10)
        #expect(middle.contractorsProcessed == 10)
        #expect(Set(first.details.map(\.contractor)).isDisjoint(with: middle.details.map(\.contractor)))
    }
}
