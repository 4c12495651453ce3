import JSONCodec

/// Sets what an account prefers for a merchant.
public enum PreferencePut: RPCMethod {
    public static let name = "preference.put"
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        public var owner: String?
        public var merchant: String
        public var category: String
        /// 1 to 10; a tenth of it and 0.15 is the confidence.
        public var weight: Double?

        public init(owner: String? = nil, merchant: String, category: String, weight: Double? = nil) {
            self.owner = owner
            self.merchant = merchant
            self.category = category
            self.weight = weight
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var owner: String?
            var merchant: String?
            var category: String?
            var weight: Double?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "owner": owner = try json.string()
                case "merchant": merchant = try json.string()
                case "category": category = try json.string()
                case "weight": weight = try json.double()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                owner: owner, merchant: try json.require(merchant, "merchant"),
                category: try json.require(
                    category,
                    "category"), weight: weight)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("owner", ifPresent: owner)
                $0.member("merchant", merchant)
                $0.member("category", category)
                $0.member("weight", ifPresent: weight)
            }
        }
    }

    public typealias Result = PreferenceView
}

/// How much of what an account has is asked for.
public struct OwnerPage: Sendable, Hashable, JSONCodable {
    public var owner: String?
    public var limit: Int?

    public init(owner: String? = nil, limit: Int? = nil) {
        self.owner = owner
        self.limit = limit
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var owner: String?
        var limit: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "owner": owner = try json.string()
            case "limit": limit = try json.int()
            default: try json.unknownMember(key)
            }
        }
        self.init(
            owner: owner, limit: limit)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("owner", ifPresent: owner)
            $0.member("limit", ifPresent: limit)
        }
    }
}

/// Lists preferences of an account.
public enum PreferenceList: RPCMethod {
    public static let name = "preference.list"
    public static let access = AccessClass.read

    public typealias Params = OwnerPage

    public struct Result: Sendable, Hashable, JSONCodable {
        public var preferences: [PreferenceView]

        public init(preferences: [PreferenceView] = []) {
            self.preferences = preferences
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var preferences: [PreferenceView] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "preferences": preferences = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                preferences: preferences)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("preferences", preferences)
            }
        }
    }
}

/// What an account prefers for a merchant.
public struct PreferenceView: Sendable, Hashable {
    public var owner: String?
    /// merchant, time_of_day, day_of_week or amount_range.
    public var context: String
    public var value: String
    public var categoryName: String
    public var weight: Double
    public var usageCount: Int
    public var confidence: Double

    public init(
        owner: String? = nil, context: String, value: String, categoryName: String, weight: Double, usageCount: Int,
        confidence: Double
    ) {
        self.owner = owner
        self.context = context
        self.value = value
        self.categoryName = categoryName
        self.weight = weight
        self.usageCount = usageCount
        self.confidence = confidence
    }
}

extension PreferenceView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var owner: String?
        var context: String?
        var value: String?
        var categoryName: String?
        var weight: Double?
        var usageCount: Int?
        var confidence: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "owner": owner = try json.string()
            case "context": context = try json.string()
            case "value": value = try json.string()
            case "category_name": categoryName = try json.string()
            case "weight": weight = try json.double()
            case "usage_count": usageCount = try json.int()
            case "confidence": confidence = try json.double()
            default: try json.skip()
            }
        }
        self.init(
            owner: owner, context: try json.require(context, "context"), value: try json.require(value, "value"),
            categoryName: try json.require(categoryName, "category_name"), weight: try json.require(weight, "weight"),
            usageCount: try json.require(usageCount, "usage_count"),
            confidence: try json.require(
                confidence,
                "confidence"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("owner", ifPresent: owner)
            $0.member("context", context)
            $0.member("value", value)
            $0.member("category_name", categoryName)
            $0.member("weight", weight)
            $0.member("usage_count", usageCount)
            $0.member("confidence", confidence)
        }
    }
}
