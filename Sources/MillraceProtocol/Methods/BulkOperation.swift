import JSONCodec

/// What a bulk operation did.
public enum BulkKind: String, WireWord {
    case apply
    case auto
    case undo
}

/// How far a bulk operation is.
public enum BulkStatus: String, WireWord {
    case pending
    case inProgress = "in_progress"
    case completed
    case failed
    case partiallyCompleted = "partially_completed"
    case undone
}

/// A bulk operation.
public struct BulkOperationView: Sendable, Hashable {
    public var id: Int64
    public var kind: BulkKind
    public var status: BulkStatus
    public var categoryName: String?
    public var expenses: Int
    public var by: String
    public var at: String
    /// The operation it took back.
    public var undoes: Int64?

    public init(
        id: Int64, kind: BulkKind, status: BulkStatus, categoryName: String? = nil, expenses: Int, by: String,
        at:
            String, undoes: Int64? = nil
    ) {
        self.id = id
        self.kind = kind
        self.status = status
        self.categoryName = categoryName
        self.expenses = expenses
        self.by = by
        self.at = at
        self.undoes = undoes
    }
}

extension BulkOperationView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: Int64?
        var kind: BulkKind?
        var status: BulkStatus?
        var categoryName: String?
        var expenses: Int?
        var by: String?
        var at: String?
        var undoes: Int64?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.int64()
            case "kind": kind = try json.value()
            case "status": status = try json.value()
            case "category_name": categoryName = try json.string()
            case "expenses": expenses = try json.int()
            case "by": by = try json.string()
            case "at": at = try json.string()
            case "undoes": undoes = try json.int64()
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), kind: try json.require(kind, "kind"),
            status: try json.require(
                status,
                "status"), categoryName: categoryName, expenses: try json.require(expenses, "expenses"),
            by: try json.require(by, "by"), at: try json.require(at, "at"), undoes: undoes)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("kind", kind)
            $0.member("status", status)
            $0.member("category_name", ifPresent: categoryName)
            $0.member("expenses", expenses)
            $0.member("by", by)
            $0.member("at", at)
            $0.member("undoes", ifPresent: undoes)
        }
    }
}

/// How many expenses of a kind.
public struct BulkCount: Sendable, Hashable {
    public var name: String
    public var expenses: Int

    public init(name: String, expenses: Int) {
        self.name = name
        self.expenses = expenses
    }
}

extension BulkCount: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?
        var expenses: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "expenses": expenses = try json.int()
            default: try json.skip()
            }
        }
        self.init(
            name: try json.require(name, "name"), expenses: try json.require(expenses, "expenses"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("expenses", expenses)
        }
    }
}

/// Lists bulk operations, the newest first.
public enum BulkList: RPCMethod {
    public static let name = "bulk.list"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        public var limit: Int?

        public init(limit: Int? = nil) {
            self.limit = limit
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var limit: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "limit": limit = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                limit: limit)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("limit", ifPresent: limit)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var operations: [BulkOperationView]

        public init(operations: [BulkOperationView] = []) {
            self.operations = operations
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var operations: [BulkOperationView] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "operations": operations = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                operations: operations)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("operations", operations)
            }
        }
    }
}
