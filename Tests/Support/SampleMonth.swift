import Foundation

/// Timesheets of a month, made for a test, and the hours an order has to show for them.
public struct SampleMonth: Sendable {
    public struct Line: Hashable, Sendable {
        public let contractor: String
        public let project: String

        public init(contractor: String, project: String) {
            self.contractor = contractor
            self.project = project
        }
    }

    /// With the columns that an import takes without a mapping.
    public let csv: String
    public let hours: [Line: Decimal]
    public let contractors: Int

    /// - Parameters:
    ///   - month: `"2026-10"`.
    ///   - projectsEach: lines per contractor, of projects that are nobody else's.
    ///   - entriesEach: timesheet entries per line, of quarter hours.
    public init(_ month: String, contractors: Int = 20, projectsEach: Int = 3, entriesEach: Int = 4, seed: UInt64 = 1) {
        var random = SeededGenerator(seed: seed)
        var csv = "id,date,contractor,project,hours,text,status\n"
        var hours: [Line: Decimal] = [:]
        for contractor in 1...contractors {
            for project in 1...projectsEach {
                let line = Line(contractor: "c\(contractor)", project: "p\(contractor)-\(project)")
                for entry in 1...entriesEach {
                    let quarters = Int.random(in: 1...36, using: &random)
                    let day = Int.random(in: 1...28, using: &random)
                    hours[line, default: 0] += Decimal(quarters) / 4
                    csv += "\(month)-\(line.project)-\(entry),\(month)-\(day < 10 ? "0" : "")\(day),"
                    csv += "\(line.contractor),\(line.project),\(Decimal(quarters) / 4),"
                    csv += "\"part \(entry), of \(line.project)\",Reviewed\n"
                }
            }
        }
        self.csv = csv
        self.hours = hours
        self.contractors = contractors
    }

    public var total: Decimal { hours.values.reduce(0, +) }
}
