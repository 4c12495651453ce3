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
