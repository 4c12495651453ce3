import Linux

/// A value of a declaration file that is being read: what is there, its path, and where problems with it are collected.
///
/// Its methods answer nil where the value is not what it has to be, after the problem was added; so one reading finds all.
public struct Declared {
    public let node: YAMLNode
    /// "kinds[2].key.running"; empty for the root.
    public let path: String
    let file: String
    let problems: ProblemList

    public init(_ root: YAMLNode, file: String, problems: ProblemList) {
        self.init(root, path: "", file: file, problems: problems)
    }

    init(_ node: YAMLNode, path: String, file: String, problems: ProblemList) {
        self.node = node
        self.path = path
        self.file = file
        self.problems = problems
    }

    public var place: SourcePlace { SourcePlace(file, line: node.line, column: node.column) }

    /// Adds an error with this value.
    public func refuse(_ message: String) {
        problems.add(Problem(at: place, path: path, message))
    }

    /// Adds a warning about this value.
    public func warn(_ message: String) {
        problems.add(Problem(.warning, at: place, path: path, message))
    }

    /// Adds that the value is not what was expected, and answers nil.
    public func refuse<Value>(unless expectation: String, hint: String = "") -> Value? {
        if node.content != .refused {
            refuse(
                node.isNull
                    ? "has no value; it has to be \(expectation), or the key goes"
                    : "has to be \(expectation), not \(found)\(hint)")
        }
        return nil
    }

    /// The value for a message: "a mapping", "\"abc\"".
    public var found: String {
        switch node.content {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .refused: "what was refused"
        case .scalar(let scalar): Self.quoted(scalar.text)
        }
    }

    /// In quotes, without line ends, cut at 60 characters.
    public static func quoted(_ text: String) -> String {
        let line = String(text.map { $0.isNewline ? " " : $0 })
        return line.count > 60 ? "\"\(line.prefix(60))…\"" : "\"\(line)\""
    }

    /// Reads a mapping: the keys that `body` asks for are those that may be there, all others become problems.
    /// Nil when it is no mapping; then `body` is not called.
    public func fields<Value>(_ body: (DeclaredFields) -> Value) -> Value? {
        guard case .mapping(let entries) = node.content else { return refuse(unless: "a mapping of keys to values") }
        let fields = DeclaredFields(entries, of: self)
        let value = body(fields)
        fields.refuseUnknown()
        return value
    }

    /// All entries of a mapping whose keys are free, in the order of the file.
    public func entries(atMost limit: Int) -> [(key: String, value: Declared)]? {
        guard case .mapping(let entries) = node.content else { return refuse(unless: "a mapping of keys to values") }
        guard entries.count <= limit else {
            refuse("has \(entries.count) entries; at most \(limit) may be there")
            return nil
        }
        return entries.map { ($0.key, value(at: $0)) }
    }

    /// The values of a list.
    public func items(_ count: ClosedRange<Int>) -> [Declared]? {
        guard case .sequence(let items) = node.content else { return refuse(unless: "a list") }
        guard count.contains(items.count) else {
            refuse("has \(items.count) values; a list of \(count.lowerBound) to \(count.upperBound) has to be here")
            return nil
        }
        return items.enumerated().map { index, node in
            Declared(node, path: "\(path)[\(index)]", file: file, problems: problems)
        }
    }

    public var isList: Bool {
        if case .sequence = node.content { return true }
        return false
    }

    public var isMapping: Bool {
        if case .mapping = node.content { return true }
        return false
    }

    func value(at entry: YAMLEntry) -> Declared {
        let inner = path.isEmpty ? entry.key : "\(path).\(entry.key)"
        return Declared(entry.value, path: inner, file: file, problems: problems)
    }

    func refuseKey(_ entry: YAMLEntry, _ message: String) {
        problems.add(
            Problem(
                at: SourcePlace(file, line: entry.keyLine, column: entry.keyColumn),
                path: path.isEmpty ? entry.key : "\(path).\(entry.key)", message))
    }
}

/// The keys of a mapping that is being read.
public final class DeclaredFields {
    private let owner: Declared
    private let entries: [YAMLEntry]
    private var known: Set<String> = []

    fileprivate init(_ entries: [YAMLEntry], of owner: Declared) {
        self.entries = entries
        self.owner = owner
    }

    /// The value of a key that may be there.
    public subscript(key: String) -> Declared? {
        known.insert(key)
        return entries.first { $0.key == key }.map { owner.value(at: $0) }
    }

    /// The value of a key that has to be there.
    public func require(_ key: String, _ purpose: String) -> Declared? {
        if let value = self[key] { return value }
        owner.refuse("\(key) is missing; \(purpose)")
        return nil
    }

    /// Whether the key is there, whatever its value; it does not become known by this.
    public func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

    /// Adds an error at the key itself if it is there; the key counts as known.
    public func refuse(_ key: String, _ message: String) {
        known.insert(key)
        if let entry = entries.first(where: { $0.key == key }) { owner.refuseKey(entry, message) }
    }

    fileprivate func refuseUnknown() {
        let names = known.sorted()
        for (index, entry) in entries.enumerated() where !known.contains(entry.key) {
            let hint = index < ProblemList.perFile ? NearMiss.hint(entry.key, among: names) : ""
            let rest = hint.isEmpty ? "; known are \(names.joined(separator: ", "))" : hint
            owner.refuseKey(entry, "there is no such key\(rest)")
        }
    }
}
