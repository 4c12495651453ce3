import JSONCodec

/// Puts expenses into a category: all of them, or none.
public enum BulkApply: RPCMethod {
    public static let name = "bulk.apply"
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        /// 1 to 1,000.
        public var ids: [String]
        public var category: String
        /// Whether expenses that have a category may get another.
        public var allowRecategorize: Bool?
        public var learn: Bool?

        public init(ids: [String], category: String, allowRecategorize: Bool? = nil, learn: Bool? = nil) {
            self.ids = ids
            self.category = category
            self.allowRecategorize = allowRecategorize
            self.learn = learn
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var ids: [String]?
            var category: String?
            var allowRecategorize: Bool?
            var learn: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "ids": ids = try json.value()
                case "category": category = try json.string()
                case "allow_recategorize": allowRecategorize = try json.bool()
                case "learn": learn = try json.bool()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                ids: try json.require(ids, "ids"), category: try json.require(category, "category"),
                allowRecategorize:
                    allowRecategorize, learn: learn)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("ids", ids)
                $0.member("category", category)
                $0.member("allow_recategorize", ifPresent: allowRecategorize)
                $0.member("learn", ifPresent: learn)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var operation: BulkOperationView
        public var changed: Int

        public init(operation: BulkOperationView, changed: Int) {
            self.operation = operation
            self.changed = changed
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var operation: BulkOperationView?
            var changed: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "operation": operation = try json.value()
                case "changed": changed = try json.int()
                default: try json.skip()
                }
            }
            self.init(
                operation: try json.require(operation, "operation"), changed: try json.require(changed, "changed"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("operation", operation)
                $0.member("changed", changed)
            }
        }
    }
}

/// Takes a bulk operation back, within 24 hours.
public enum BulkUndo: RPCMethod {
    public static let name = "bulk.undo"
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        public var operation: Int64

        public init(operation: Int64) {
            self.operation = operation
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var operation: Int64?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "operation": operation = try json.int64()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                operation: try json.require(operation, "operation"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("operation", operation)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var operation: BulkOperationView
        public var restored: Int

        public init(operation: BulkOperationView, restored: Int) {
            self.operation = operation
            self.restored = restored
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var operation: BulkOperationView?
            var restored: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "operation": operation = try json.value()
                case "restored": restored = try json.int()
                default: try json.skip()
                }
            }
            self.init(
                operation: try json.require(operation, "operation"), restored: try json.require(restored, "restored"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("operation", operation)
                $0.member("restored", restored)
            }
        }
    }
}

/// Categorizes what has no category yet, the largest amounts first.
public enum BulkAuto: RPCMethod {
    public static let name = "bulk.auto"
    public static let access = AccessClass.write
    public static let execution = Execution.offloaded

    public struct Params: Sendable, Hashable, JSONCodable {
        public var threshold: Double?
        public var limit: Int?
        public var dryRun: Bool?
        public var owner: String?

        public init(threshold: Double? = nil, limit: Int? = nil, dryRun: Bool? = nil, owner: String? = nil) {
            self.threshold = threshold
            self.limit = limit
            self.dryRun = dryRun
            self.owner = owner
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var threshold: Double?
            var limit: Int?
            var dryRun: Bool?
            var owner: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "threshold": threshold = try json.double()
                case "limit": limit = try json.int()
                case "dry_run": dryRun = try json.bool()
                case "owner": owner = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                threshold: threshold, limit: limit, dryRun: dryRun, owner: owner)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("threshold", ifPresent: threshold)
                $0.member("limit", ifPresent: limit)
                $0.member("dry_run", ifPresent: dryRun)
                $0.member("owner", ifPresent: owner)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var lookedAt: Int
        public var categorized: Int
        public var operation: BulkOperationView?
        public var categories: [BulkCount]

        public init(
            lookedAt: Int, categorized: Int, operation: BulkOperationView? = nil, categories: [BulkCount] = []
        ) {
            self.lookedAt = lookedAt
            self.categorized = categorized
            self.operation = operation
            self.categories = categories
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var lookedAt: Int?
            var categorized: Int?
            var operation: BulkOperationView?
            var categories: [BulkCount] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "looked_at": lookedAt = try json.int()
                case "categorized": categorized = try json.int()
                case "operation": operation = try json.value()
                case "categories": categories = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                lookedAt: try json.require(lookedAt, "looked_at"),
                categorized: try json.require(
                    categorized,
                    "categorized"), operation: operation, categories: categories)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("looked_at", lookedAt)
                $0.member("categorized", categorized)
                $0.member("operation", ifPresent: operation)
                $0.member("categories", categories)
            }
        }
    }
}
