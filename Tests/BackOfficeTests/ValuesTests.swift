import BackOffice
import JSONCodec
import Linux
import Testing

@Suite struct ValuesTests {
    @Test(arguments: ["0001-01", "1970-06", "2025-12", "9999-12"])
    func monthReadsItsOwnText(text: String) {
        #expect(Month(text)?.description == text)
    }

    @Test(arguments: [
        "", "2025", "2025-1", "2025-13", "2025-00", "0000-01", "2025/01", "2025-01-01", " 2025-01", "2025-01 ",
        "20２5-01", "-025-01", "+025-01", "2025-1 ", "abcd-ef", "10000-01",
    ])
    func monthRefusesEverythingElse(text: String) {
        #expect(Month(text) == nil)
    }

    @Test(arguments: [
        ("2025-01", "2025-01-31"), ("2025-02", "2025-02-28"), ("2024-02", "2024-02-29"), ("2100-02", "2100-02-28"),
        ("2000-02", "2000-02-29"), ("2025-04", "2025-04-30"), ("9999-12", "9999-12-31"), ("0001-01", "0001-01-31"),
    ])
    func monthKnowsItsDays(text: String, last: String) throws {
        let month = try #require(Month(text))
        #expect(month.lastDay.description == last)
        #expect(month.days == Day(text + "-01")!...Day(last)!)
    }

    @Test func monthOfAnInstantIsTakenInUTC() throws {
        #expect(Month(of: try #require(Timestamp("2025-01-31T23:59:59.999Z"))).description == "2025-01")
        #expect(Month(of: try #require(Timestamp("2025-02-01T00:00:00Z"))).description == "2025-02")
        #expect(Month(of: Timestamp(milliseconds: -1)).description == "1969-12")
    }

    @Test func monthsComeInTheOrderOfTime() {
        let months = ["2024-12", "2025-01", "2025-11", "2026-01"].compactMap { Month($0) }
        #expect(months.reversed().sorted() == months)
        #expect(Month.january.compact == "202501")
    }

    @Test(arguments: ["2025-02-29", "2025-04-31", "2025-1-1", "2025-13-01", "25-01-01", "2025-01-00", "0000-01-01"])
    func dayRefusesWhatIsNotInTheCalendar(text: String) {
        #expect(Day(text) == nil)
    }

    @Test func idsAreComparedByteByByte() {
        let composed: ContractorID = "caf\u{E9}", decomposed: ContractorID = "cafe\u{301}"
        #expect(composed.text == decomposed.text, "as text they are the same")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect((["b", "B", "a", "Z"] as [ContractorID]).sorted() == ["B", "Z", "a", "b"])
    }

    @Test func differentPairsHaveDifferentDeployments() {
        let pairs: [(ContractorID, ProjectID)] = [("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c"), ("a", "b%2Fc")]
        #expect(Set(pairs.map { Deployment.derivedID(contractor: $0.0, project: $0.1) }).count == pairs.count)
    }

    @Test(arguments: [("", "empty"), (String(repeating: "x", count: 201), "longer"), ("a\nb", "control")])
    func idRefusesWhatNobodyCouldName(text: String, reason: String) {
        #expect(ContractorID.fault(in: text)?.contains(reason) == true)
        #expect(ContractorID.fault(in: "ada / 7 ✓") == nil)
    }

    @Test func titlesFollowTheirPatterns() {
        #expect(Order.title(discord: "ada", month: .january) == "ORD :: ada :: 202501")
        let title = TimesheetEntry.title(project: "kafi", discord: "ada", date: Day("2025-12-15")!, hours: 6)
        #expect(title == "kafi :: ada :: Dec 15 - 6h")
    }
}
