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

extension LineProblem {
    /// What is wrong with a header whose columns are separated by something else than commas, as some spreadsheets write them; nil for
    /// any other.
    public static func separator(of header: CSVReader.Record) -> LineProblem? {
        guard header.count == 1, let name = header.first else { return nil }
        for (separator, word) in [(";" as Character, "semicolons"), ("\t", "tabs")] where name.text.contains(separator)
        {
            return LineProblem(
                at: name.position, "the columns are separated by \(word); save the file with commas between them")
        }
        return nil
    }
}
