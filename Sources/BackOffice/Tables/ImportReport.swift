import JSONCodec
import Tables

/// What is wrong with a line of an imported file, and where.
public typealias LineProblem = Tables.LineProblem

/// What writes the books' CSV.
public typealias CSVWriter = Tables.CSVWriter

extension LineProblem: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("line", line)
            $0.member("column", column)
            $0.member("field", ifPresent: field)
            $0.member("message", message)
        }
    }
}

/// What an import did, or, when it was refused, what it found.
public struct ImportReport: Hashable, Sendable {
    public var table: BooksTable
    /// Records in the file, good and bad.
    public var read = 0
    /// Records that are new in the books.
    public var imported = 0
    /// Records whose id was there with other content, which they now replace.
    public var updated = 0
    /// Records that were there already, just so; nothing was written.
    public var unchanged = 0
    /// Records that were left out because something is wrong with them.
    public var skipped = 0
    /// Ids of what timesheets needed and the books did not have.
    public var createdContractors: [String] = []
    public var createdProjects: [String] = []
    public var createdDeployments: [String] = []
    /// In the order of the file.
    public var problems: [LineProblem] = []
    /// What was taken though it may not be meant so.
    public var notes: [String] = []

    public init(table: BooksTable) { self.table = table }
}

extension ImportReport: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("table", table.rawValue)
            $0.member("read", read)
            $0.member("imported", imported)
            $0.member("updated", updated)
            $0.member("unchanged", unchanged)
            $0.member("skipped", skipped)
            $0.member("created") {
                $0.object {
                    $0.member("contractors", createdContractors)
                    $0.member("projects", createdProjects)
                    $0.member("deployments", createdDeployments)
                }
            }
            $0.member("problems", problems)
            $0.member("notes", notes)
        }
    }
}

/// An import that changed nothing, because of the problems its report lists.
public struct ImportRefused: Error, Hashable, CustomStringConvertible {
    public let report: ImportReport

    public var description: String {
        let count = report.problems.count
        let problems = count == 1 ? "1 problem" : "\(count) problems"
        return "nothing was imported: \(problems) in \(report.read) \(report.table.rawValue)"
    }
}
