import JSONCodec

/// Takes a pattern or a rule out of force; what it has done stays.
public enum PatternRemove: RPCMethod {
    public static let name = "pattern.remove"
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        /// The number of a pattern.
        public var id: Int64?
        /// Or the name of a rule.
        public var rule: String?
        /// Of this account.
        public var owner: String?

        public init(id: Int64? = nil, rule: String? = nil, owner: String? = nil) {
            self.id = id
            self.rule = rule
            self.owner = owner
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var id: Int64?
            var rule: String?
            var owner: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "id": id = try json.int64()
                case "rule": rule = try json.string()
                case "owner": owner = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                id: id, rule: rule, owner: owner)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("id", ifPresent: id)
                $0.member("rule", ifPresent: rule)
                $0.member("owner", ifPresent: owner)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var removed: Bool

        public init(removed: Bool) {
            self.removed = removed
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var removed: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "removed": removed = try json.bool()
                default: try json.skip()
                }
            }
            self.init(
                removed: try json.require(removed, "removed"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("removed", removed)
            }
        }
    }
}
