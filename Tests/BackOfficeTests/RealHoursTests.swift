import BackOffice
import TestSupport
import Testing

/// Ten years of real hours of a software company, through import and sync.
@Suite(.enabled(if: sharedData("timesheets/sip_hours.csv") != nil, "shared data not there"))
struct RealHoursTests {
    private struct Cell: Hashable {
        var person: String, project: String, month: String
    }

    @Test func everyHourOfEveryMonthArrivesToTheLastDecimal() async throws {
        let held = try TemporaryBooks()
        let hours = try #require(sharedData("timesheets/sip_hours.csv"))
        let mapping = try ColumnMapping(
            "contractor=person,project=project,date=completed_on,hours=person_hours,text=summary,id=entry_id",
            for: .timesheets)
        let expected = try expectation()

        let report = try await BooksImport(.timesheets, format: .csv, mapping: mapping, status: .reviewed)
            .run(path: hours, into: held.books)

        let unknown = expected.filter { $0.key.month == "unknown" }.values.map(\.entries).reduce(0, +)
        #expect(report.read == 8013)
        #expect(report.imported == 8013)
        #expect(report.notes.contains("entries without a day, which count in no month: \(unknown)"))

        var found: [Cell: (hours: Hours, entries: Int)] = [:]
        let months = Set(expected.keys.map(\.month)).subtracting(["unknown"]).sorted().compactMap { Month($0) }
        #expect(months.count == 126)
        for month in months {
            let result = try await LocalRun(held.books, pool: 20)(SyncParameters(month: month))
            #expect(result.errors.isEmpty)
            for detail in result.details {
                for project in detail.projects {
                    found[Cell(person: detail.contractor.text, project: project.project.text, month: "\(month)")] = (
                        project.hours, project.timesheets!
                    )
                }
            }
        }
        let known = expected.filter { $0.key.month != "unknown" }
        #expect(found.count == known.count)
        for (cell, value) in known {
            #expect(found[cell]?.hours == value.hours, "\(cell)")
            #expect(found[cell]?.entries == value.entries, "\(cell)")
        }

        // What stands on disk is what was answered.
        let lines = Table(csv: String(decoding: try await held.export(.lines), as: UTF8.self)).rows
        #expect(lines.count == known.count)
        for line in lines {
            let cell = Cell(person: line["contractor"]!, project: line["project"]!, month: line["month"]!)
            #expect(Hours(line["hours"]!) == known[cell]?.hours, "\(cell)")
        }

        let version = try await held.version()
        for month in months.prefix(12) {
            let again = try await LocalRun(held.books)(SyncParameters(month: month))
            #expect(again.ordersCreated + again.lineItemsCreated + again.lineItemsUpdated! == 0)
        }
        #expect(try await held.version() == version)
    }

    private func expectation() throws -> [Cell: (hours: Hours, entries: Int)] {
        let path = try #require(sharedData("timesheets/sip_expected_hours_by_person_project_month.csv"))
        var cells: [Cell: (hours: Hours, entries: Int)] = [:]
        for row in Table(csv: try #require(text(of: path))).rows {
            let cell = Cell(person: row["person"]!, project: row["project"]!, month: row["month_completed"]!)
            cells[cell] = (try #require(Hours(row["hours"]!)), try #require(Int(row["entries"]!)))
        }
        return cells
    }
}
