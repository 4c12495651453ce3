/// A part of a YAML document, and where it begins.
public struct YAMLNode: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// In the order of the file; no key twice.
        case mapping([YAMLEntry])
        case sequence([YAMLNode])
        case scalar(YAMLScalar)
        /// Something that was refused already.
        case refused
    }

    public var content: Content
    /// From 1.
    public var line: Int
    /// In characters, from 1.
    public var column: Int

    public init(_ content: Content, line: Int, column: Int) {
        self.content = content
        self.line = line
        self.column = column
    }

    /// Whether it is an unquoted `null`, `~` or nothing at all.
    public var isNull: Bool {
        if case .scalar(let scalar) = content { return scalar.isNull }
        return false
    }
}

/// A key of a mapping with its value.
public struct YAMLEntry: Hashable, Sendable {
    public var key: String
    public var keyLine: Int
    public var keyColumn: Int
    public var value: YAMLNode
}

/// A text; what it stands for depends on whether it was quoted.
public struct YAMLScalar: Hashable, Sendable {
    public enum Style: Hashable, Sendable {
        /// Neither quoted nor a block: may stand for a number, a truth value or null.
        case plain
        case quoted
        /// After "|" or ">".
        case block
    }

    public var text: String
    public var style: Style

    public init(_ text: String, _ style: Style = .plain) {
        self.text = text
        self.style = style
    }

    public var isNull: Bool {
        style == .plain && ["", "~", "null", "Null", "NULL"].contains(text)
    }
}
