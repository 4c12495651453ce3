import JSONCodec

/// Looks for patterns and rules that never hit, stand behind others, contradict each other, or are slow.
public enum PatternLint: RPCMethod {
    public static let name = "pattern.lint"
    public static let access = AccessClass.read
    public static let execution = Execution.offloaded

    public struct Params: Sendable, Hashable, JSONCodable {
        public var owner: String?

        public init(owner: String? = nil) {
            self.owner = owner
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var owner: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "owner": owner = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                owner: owner)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("owner", ifPresent: owner)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var history: Int
        public var findings: [LintFinding]

        public init(history: Int, findings: [LintFinding] = []) {
            self.history = history
            self.findings = findings
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var history: Int?
            var findings: [LintFinding] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "history": history = try json.int()
                case "findings": findings = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                history: try json.require(history, "history"), findings: findings)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("history", history)
                $0.member("findings", findings)
            }
        }
    }
}

/// What is odd about a pattern or rule.
public enum LintKind: String, WireWord {
    case neverHit = "never_hit"
    case shadowed
    case contradicting
    case slow
    case unreadable
}

/// Something odd about a pattern or rule.
public struct LintFinding: Sendable, Hashable {
    public var kind: LintKind
    public var label: String
    public var owner: String?
    /// What it stands against or behind.
    public var other: String?
    public var message: String

    public init(kind: LintKind, label: String, owner: String? = nil, other: String? = nil, message: String) {
        self.kind = kind
        self.label = label
        self.owner = owner
        self.other = other
        self.message = message
    }
}

extension LintFinding: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var kind: LintKind?
        var label: String?
        var owner: String?
        var other: String?
        var message: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "kind": kind = try json.value()
            case "label": label = try json.string()
            case "owner": owner = try json.string()
            case "other": other = try json.string()
            case "message": message = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            kind: try json.require(kind, "kind"), label: try json.require(label, "label"), owner: owner, other: other,
            message: try json.require(message, "message"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("kind", kind)
            $0.member("label", label)
            $0.member("owner", ifPresent: owner)
            $0.member("other", ifPresent: other)
            $0.member("message", message)
        }
    }
}
