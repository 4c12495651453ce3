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
