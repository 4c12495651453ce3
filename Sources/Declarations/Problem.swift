/// A place in a declaration file.
public struct SourcePlace: Hashable, Sendable, Comparable, CustomStringConvertible {
    public var file: String
    /// From 1; 0 stands for the whole file.
    public var line: Int
    /// In characters, from 1; 0 stands for the whole line.
    public var column: Int

    public init(_ file: String, line: Int = 0, column: Int = 0) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// "/etc/millrace/kinds.d/a.yaml:12:5", as editors and compilers have it.
    public var description: String {
        line == 0 ? file : column == 0 ? "\(file):\(line)" : "\(file):\(line):\(column)"
    }

    /// File name and line alone: "a.yaml:12".
    public var brief: String {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        return line == 0 ? name : "\(name):\(line)"
    }

    public static func < (one: Self, other: Self) -> Bool {
        (one.file, one.line, one.column) < (other.file, other.line, other.column)
    }
}

/// What is wrong with a declaration, and what to do.
public struct Problem: Hashable, Sendable, CustomStringConvertible {
    public enum Severity: Hashable, Sendable {
        /// What it stands in is not taken.
        case error
        /// It is taken all the same.
        case warning
    }

    public var severity: Severity
    public var place: SourcePlace
    /// The way to the value: "kinds[2].key.running"; empty for the whole file.
    public var path: String
    /// What is wrong and what would be right, lower case, without the place.
    public var message: String

    public init(_ severity: Severity = .error, at place: SourcePlace, path: String = "", _ message: String) {
        self.severity = severity
        self.place = place
        self.path = path
        self.message = message
    }

    /// "a.yaml:12:5: kinds[2].key.running: has to be …"
    public var description: String { text(severity == .warning ? "warning: " : "") }

    fileprivate func text(_ severity: String) -> String {
        path.isEmpty ? "\(place): \(severity)\(message)" : "\(place): \(severity)\(path): \(message)"
    }
}

extension [Problem] {
    /// What is wrong apart from what is only odd, each in words with its place.
    public var verdict: (mistakes: [String], warnings: [String]) {
        func texts(_ severity: Problem.Severity) -> [String] {
            filter { $0.severity == severity }.map { $0.text("") }
        }
        return (texts(.error), texts(.warning))
    }
}
