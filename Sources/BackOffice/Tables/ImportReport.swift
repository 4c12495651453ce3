import JSONCodec
import Tables

/// What is wrong with a line of an imported file, and where.
public struct LineProblem: Error, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Line of the file, from 1.
    public var line: Int
    /// Character of the line, from 1.
    public var column: Int
    /// The name of the file's column, where one is at fault.
    public var field: String?
    public var message: String

    public init(at position: TextPosition, field: String? = nil, _ message: String) {
        line = position.line
        column = position.column
        self.field = field
        self.message = message
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column, left.message) < (right.line, right.column, right.message)
    }

    /// "line 17, column 43 (completed_on): is empty; …"
    public var description: String {
        "line \(line), column \(column)\(field.map { " (\($0))" } ?? ""): \(message)"
    }
}

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
