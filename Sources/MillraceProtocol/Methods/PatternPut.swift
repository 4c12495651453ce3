import JSONCodec

/// Keeps a pattern, a rule or a composite, in place of one that says the same or bears the same name.
public enum PatternPut: RPCMethod {
    public static let name = "pattern.put"
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Exactly one of the three.
        public var pattern: PatternDraft?
        public var rule: RuleDraft?
        public var composite: CompositeDraft?

        public init(pattern: PatternDraft? = nil, rule: RuleDraft? = nil, composite: CompositeDraft? = nil) {
            self.pattern = pattern
            self.rule = rule
            self.composite = composite
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var pattern: PatternDraft?
            var rule: RuleDraft?
            var composite: CompositeDraft?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "pattern": pattern = try json.value()
                case "rule": rule = try json.value()
                case "composite": composite = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                pattern: pattern, rule: rule, composite: composite)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("pattern", ifPresent: pattern)
                $0.member("rule", ifPresent: rule)
                $0.member("composite", ifPresent: composite)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var pattern: PatternView?
        public var rule: RuleView?
        public var composite: CompositeView?

        public init(pattern: PatternView? = nil, rule: RuleView? = nil, composite: CompositeView? = nil) {
            self.pattern = pattern
            self.rule = rule
            self.composite = composite
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var pattern: PatternView?
            var rule: RuleView?
            var composite: CompositeView?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "pattern": pattern = try json.value()
                case "rule": rule = try json.value()
                case "composite": composite = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                pattern: pattern, rule: rule, composite: composite)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("pattern", ifPresent: pattern)
                $0.member("rule", ifPresent: rule)
                $0.member("composite", ifPresent: composite)
            }
        }
    }
}

/// A pattern to be kept.
public struct PatternDraft: Sendable, Hashable {
    public var type: PatternKind
    public var value: String
    public var category: String
    public var owner: String?
    public var weight: Double?

    public init(type: PatternKind, value: String, category: String, owner: String? = nil, weight: Double? = nil) {
        self.type = type
        self.value = value
        self.category = category
        self.owner = owner
        self.weight = weight
    }
}

extension PatternDraft: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var type: PatternKind?
        var value: String?
        var category: String?
        var owner: String?
        var weight: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "type": type = try json.value()
            case "value": value = try json.string()
            case "category": category = try json.string()
            case "owner": owner = try json.string()
            case "weight": weight = try json.double()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            type: try json.require(type, "type"), value: try json.require(value, "value"),
            category: try json.require(category, "category"), owner: owner, weight: weight)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("type", type)
            $0.member("value", value)
            $0.member("category", category)
            $0.member("owner", ifPresent: owner)
            $0.member("weight", ifPresent: weight)
        }
    }
}

/// A rule to be kept: where its condition holds the category is meant, whatever was learned.
public struct RuleDraft: Sendable, Hashable {
    public var name: String
    public var category: String
    public var owner: String?
    /// all, any, not; merchant, description, text with contains, equals, starts_with, word, regex or like; amount, date
    /// with from and to; weekdays, day_of_month, time.
    public var condition: JSONRaw
    /// Higher ones are asked first.
    public var priority: Int?

    public init(name: String, category: String, owner: String? = nil, condition: JSONRaw, priority: Int? = nil) {
        self.name = name
        self.category = category
        self.owner = owner
        self.condition = condition
        self.priority = priority
    }
}

extension RuleDraft: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?
        var category: String?
        var owner: String?
        var condition: JSONRaw?
        var priority: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "category": category = try json.string()
            case "owner": owner = try json.string()
            case "condition": condition = try json.raw()
            case "priority": priority = try json.int()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            name: try json.require(name, "name"), category: try json.require(category, "category"), owner: owner,
            condition: try json.require(condition, "condition"), priority: priority)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("category", category)
            $0.member("owner", ifPresent: owner)
            $0.member("condition", condition)
            $0.member("priority", ifPresent: priority)
        }
    }
}

/// Patterns of one category that are to count together.
public struct CompositeDraft: Sendable, Hashable {
    public var name: String
    public var category: String
    public var owner: String?
    /// AND, OR or NOT.
    public var combination: String
    /// Numbers of patterns of the same category.
    public var patterns: [Int64]
    public var weight: Double?

    public init(
        name: String, category: String, owner: String? = nil, combination: String, patterns: [Int64],
        weight: Double? =
            nil
    ) {
        self.name = name
        self.category = category
        self.owner = owner
        self.combination = combination
        self.patterns = patterns
        self.weight = weight
    }
}

extension CompositeDraft: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?
        var category: String?
        var owner: String?
        var combination: String?
        var patterns: [Int64]?
        var weight: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "category": category = try json.string()
            case "owner": owner = try json.string()
            case "combination": combination = try json.string()
            case "patterns": patterns = try json.value()
            case "weight": weight = try json.double()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            name: try json.require(name, "name"), category: try json.require(category, "category"), owner: owner,
            combination: try json.require(combination, "combination"), patterns: try json.require(patterns, "patterns"),
            weight: weight)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("category", category)
            $0.member("owner", ifPresent: owner)
            $0.member("combination", combination)
            $0.member("patterns", patterns)
            $0.member("weight", ifPresent: weight)
        }
    }
}
