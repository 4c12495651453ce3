import JSONCodec

/// What a pattern looks at.
public enum PatternKind: String, WireWord {
    case merchant
    case keyword
    case description
    case amountRange = "amount_range"
    case regex
    case time
}

/// Lists patterns, rules and composites.
public enum PatternList: RPCMethod {
    public static let name = "pattern.list"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Only what applies to this account.
        public var owner: String?
        public var category: String?
        /// Those out of force too.
        public var inactive: Bool?
        public var limit: Int?

        public init(owner: String? = nil, category: String? = nil, inactive: Bool? = nil, limit: Int? = nil) {
            self.owner = owner
            self.category = category
            self.inactive = inactive
            self.limit = limit
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var owner: String?
            var category: String?
            var inactive: Bool?
            var limit: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "owner": owner = try json.string()
                case "category": category = try json.string()
                case "inactive": inactive = try json.bool()
                case "limit": limit = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                owner: owner, category: category, inactive: inactive, limit: limit)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("owner", ifPresent: owner)
                $0.member("category", ifPresent: category)
                $0.member("inactive", ifPresent: inactive)
                $0.member("limit", ifPresent: limit)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var patterns: [PatternView]
        public var rules: [RuleView]
        public var composites: [CompositeView]
        public var more: Bool

        public init(
            patterns: [PatternView] = [], rules: [RuleView] = [], composites: [CompositeView] = [], more: Bool
        ) {
            self.patterns = patterns
            self.rules = rules
            self.composites = composites
            self.more = more
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var patterns: [PatternView] = []
            var rules: [RuleView] = []
            var composites: [CompositeView] = []
            var more: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "patterns": patterns = try json.value()
                case "rules": rules = try json.value()
                case "composites": composites = try json.value()
                case "more": more = try json.bool()
                default: try json.skip()
                }
            }
            self.init(
                patterns: patterns, rules: rules, composites: composites, more: try json.require(more, "more"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("patterns", patterns)
                $0.member("rules", rules)
                $0.member("composites", composites)
                $0.member("more", more)
            }
        }
    }
}

/// A pattern.
public struct PatternView: Sendable, Hashable {
    public var id: Int64
    public var type: PatternKind
    public var value: String
    public var categoryName: String
    public var owner: String?
    public var weight: Double
    public var usageCount: Int
    public var successCount: Int
    public var effectiveConfidence: Double
    public var active: Bool
    public var userCreated: Bool

    public init(
        id: Int64, type: PatternKind, value: String, categoryName: String, owner: String? = nil, weight: Double,
        usageCount: Int, successCount: Int, effectiveConfidence: Double, active: Bool, userCreated: Bool
    ) {
        self.id = id
        self.type = type
        self.value = value
        self.categoryName = categoryName
        self.owner = owner
        self.weight = weight
        self.usageCount = usageCount
        self.successCount = successCount
        self.effectiveConfidence = effectiveConfidence
        self.active = active
        self.userCreated = userCreated
    }
}

extension PatternView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: Int64?
        var type: PatternKind?
        var value: String?
        var categoryName: String?
        var owner: String?
        var weight: Double?
        var usageCount: Int?
        var successCount: Int?
        var effectiveConfidence: Double?
        var active: Bool?
        var userCreated: Bool?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.int64()
            case "type": type = try json.value()
            case "value": value = try json.string()
            case "category_name": categoryName = try json.string()
            case "owner": owner = try json.string()
            case "weight": weight = try json.double()
            case "usage_count": usageCount = try json.int()
            case "success_count": successCount = try json.int()
            case "effective_confidence": effectiveConfidence = try json.double()
            case "active": active = try json.bool()
            case "user_created": userCreated = try json.bool()
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), type: try json.require(type, "type"),
            value: try json.require(
                value,
                "value"), categoryName: try json.require(categoryName, "category_name"), owner: owner,
            weight: try json.require(weight, "weight"), usageCount: try json.require(usageCount, "usage_count"),
            successCount: try json.require(successCount, "success_count"),
            effectiveConfidence: try json.require(
                effectiveConfidence,
                "effective_confidence"), active: try json.require(active, "active"),
            userCreated: try json.require(userCreated, "user_created"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("type", type)
            $0.member("value", value)
            $0.member("category_name", categoryName)
            $0.member("owner", ifPresent: owner)
            $0.member("weight", weight)
            $0.member("usage_count", usageCount)
            $0.member("success_count", successCount)
            $0.member("effective_confidence", effectiveConfidence)
            $0.member("active", active)
            $0.member("user_created", userCreated)
        }
    }
}

/// A rule that a person wrote.
public struct RuleView: Sendable, Hashable {
    public var name: String
    public var categoryName: String
    public var owner: String?
    /// Nested all, any and not.
    public var condition: JSONRaw
    public var priority: Int
    public var active: Bool

    public init(
        name: String, categoryName: String, owner: String? = nil, condition: JSONRaw, priority: Int, active: Bool
    ) {
        self.name = name
        self.categoryName = categoryName
        self.owner = owner
        self.condition = condition
        self.priority = priority
        self.active = active
    }
}

extension RuleView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?
        var categoryName: String?
        var owner: String?
        var condition: JSONRaw?
        var priority: Int?
        var active: Bool?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "category_name": categoryName = try json.string()
            case "owner": owner = try json.string()
            case "condition": condition = try json.raw()
            case "priority": priority = try json.int()
            case "active": active = try json.bool()
            default: try json.skip()
            }
        }
        self.init(
            name: try json.require(name, "name"), categoryName: try json.require(categoryName, "category_name"),
            owner:
                owner, condition: try json.require(condition, "condition"),
            priority: try json.require(
                priority,
                "priority"), active: try json.require(active, "active"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("category_name", categoryName)
            $0.member("owner", ifPresent: owner)
            $0.member("condition", condition)
            $0.member("priority", priority)
            $0.member("active", active)
        }
    }
}

/// Patterns of one category that count together.
public struct CompositeView: Sendable, Hashable {
    public var id: Int64
    public var name: String
    public var categoryName: String
    public var owner: String?
    /// AND, OR or NOT.
    public var combination: String
    public var patterns: [Int64]
    public var weight: Double
    public var active: Bool

    public init(
        id: Int64, name: String, categoryName: String, owner: String? = nil, combination: String,
        patterns: [Int64] =
            [], weight: Double, active: Bool
    ) {
        self.id = id
        self.name = name
        self.categoryName = categoryName
        self.owner = owner
        self.combination = combination
        self.patterns = patterns
        self.weight = weight
        self.active = active
    }
}

extension CompositeView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: Int64?
        var name: String?
        var categoryName: String?
        var owner: String?
        var combination: String?
        var patterns: [Int64] = []
        var weight: Double?
        var active: Bool?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.int64()
            case "name": name = try json.string()
            case "category_name": categoryName = try json.string()
            case "owner": owner = try json.string()
            case "combination": combination = try json.string()
            case "patterns": patterns = try json.value()
            case "weight": weight = try json.double()
            case "active": active = try json.bool()
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), name: try json.require(name, "name"),
            categoryName: try json.require(categoryName, "category_name"), owner: owner,
            combination: try json.require(
                combination,
                "combination"), patterns: patterns, weight: try json.require(weight, "weight"),
            active: try json.require(active, "active"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("name", name)
            $0.member("category_name", categoryName)
            $0.member("owner", ifPresent: owner)
            $0.member("combination", combination)
            $0.member("patterns", patterns)
            $0.member("weight", weight)
            $0.member("active", active)
        }
    }
}
