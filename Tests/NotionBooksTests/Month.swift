import BackOffice
import Decimals
import Simulators
import TestSupport

/// A month of timesheets that can be entered into the books in SQLite and into a simulated Notion alike.
struct TestMonth {
    struct Entry {
        var id: String
        var date: String
        var contractor: String
        var project: String
        var hours: String
        var status: String
        var text: String
        /// Its page.
        var page = ""
    }

    var company: SimulatedCompany
    var entries: [Entry] = []
    private(set) var contractors: [String: String] = [:]
    private(set) var projects: [String: String] = [:]
    private var deployed: Set<String> = []

    init(keepsBothSides: Bool = false) { company = SimulatedCompany(keepsBothSides: keepsBothSides) }

    static let month = Month(year: 2026, month: 10)!

    /// Contractors with so many projects each, one entry a project.
    static func regular(contractors: Int, projects: Int, entriesEach: Int = 1, keepsBothSides: Bool = false)
        -> TestMonth
    {
        var month = TestMonth(keepsBothSides: keepsBothSides)
        for contractor in 1...contractors {
            for project in 1...projects {
                for entry in 1...entriesEach {
                    month.add(
                        Entry(
                            id: "e\(contractor)-\(project)-\(entry)", date: "2026-10-\(10 + entry % 20)",
                            contractor: "c\(contractor)", project: "p\(contractor)-\(project)", hours: "1.5",
                            status: "Reviewed", text: "made \(entry)"))
                }
            }
        }
        return month
    }

    static func random(seed: UInt64) -> TestMonth {
        var random = SeededGenerator(seed: seed)
        var month = TestMonth(keepsBothSides: Bool.random(using: &random))
        for number in 0..<Int.random(in: 0...60, using: &random) { month.add(Self.entry(number, &random)) }
        return month
    }

    static func entry(_ number: Int, _ random: inout SeededGenerator) -> Entry {
        let day = Int.random(in: 1...31, using: &random)
        let outside = Int.random(in: 0..<10, using: &random) == 0
        return Entry(
            id: "e\(number)",
            date: (outside ? ["2026-09-30", "2026-11-01"][day % 2] : "2026-10-\(day < 10 ? "0" : "")\(day)"),
            contractor: Int.random(in: 0..<12, using: &random) == 0 ? "" : "c\(Int.random(in: 1...6, using: &random))",
            project: Int.random(in: 0..<12, using: &random) == 0 ? "" : "p\(Int.random(in: 1...4, using: &random))",
            hours: ExactDecimal(coefficient: Int128(Int.random(in: 0...900, using: &random)), scale: 2).description,
            status: ["Reviewed", "Reviewed", "Reviewed", "Draft", "Pending Feedback"].randomElement(using: &random)!,
            text: Bool.random(using: &random) ? "did \(number)" : "")
    }

    mutating func add(_ entry: Entry) {
        var entry = entry
        let contractor = page(of: entry.contractor)
        let project = project(entry.project)
        if let contractor, let project, deployed.insert("\(contractor) \(project)").inserted {
            company.deployment(contractor, project)
        }
        entry.page = company.entry(
            contractor, project, date: entry.date, hours: entry.hours, text: entry.text, status: entry.status,
            title: "\(entry.project) :: \(entry.contractor) :: x")
        entries.append(entry)
    }

    private mutating func page(of contractor: String) -> String? {
        if contractor.isEmpty { return nil }
        if let page = contractors[contractor] { return page }
        let page = company.contractor(contractor)
        contractors[contractor] = page
        return page
    }

    private mutating func project(_ code: String) -> String? {
        if code.isEmpty { return nil }
        if let page = projects[code] { return page }
        let page = company.project(code)
        projects[code] = page
        return page
    }

    /// Brings the entries into the books in SQLite; what is there already is changed.
    func enter(into books: SQLiteBooks) async throws {
        var csv = CSVText()
        csv.add("id", "date", "contractor", "project", "hours", "status", "text", "title")
        for entry in entries {
            csv.add(
                entry.id, entry.date, entry.contractor, entry.project, entry.hours, entry.status, entry.text,
                "\(entry.project) :: \(entry.contractor) :: x")
        }
        if entries.isEmpty { return }
        _ = try await BooksImport(.timesheets, format: .csv).run(Array(csv.text.utf8), into: books)
    }

    private struct CSVText {
        var text = ""
        mutating func add(_ words: String...) { text += words.joined(separator: ",") + "\n" }
    }
}

/// An answer of the sync with ids left out that the books choose: what both books have to agree on.
struct SyncFacts: Hashable, CustomStringConvertible {
    var ordersCreated: Int
    var linesCreated: Int
    var linesUpdated: Int?
    var contractors: Int
    var details: Set<String>
    var errors: Int

    init(_ result: SyncResult, contractor: (String) -> String, project: (String) -> String) {
        ordersCreated = result.ordersCreated
        linesCreated = result.lineItemsCreated
        linesUpdated = result.lineItemsUpdated
        contractors = result.contractorsProcessed
        errors = result.errors.count
        details = Set(
            result.details.map { detail in
                let projects = detail.projects.map { part in
                    "\(project(part.project.text)) \(part.hours) \(part.timesheets ?? -1) \(part.line == nil)"
                        + " \(part.skippedReason?.rawValue ?? "")"
                }
                return "\(contractor(detail.contractor.text)) \(detail.totalHours?.description ?? "-") "
                    + "\(detail.skippedReason?.rawValue ?? "") \(projects.sorted())"
            })
    }

    var description: String {
        "\(ordersCreated) \(linesCreated) \(linesUpdated ?? -1) \(contractors) \(errors) \(details.sorted())"
    }
}
