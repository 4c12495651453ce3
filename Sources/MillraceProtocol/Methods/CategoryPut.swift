import JSONCodec

/// Makes a category, or changes the one of this name.
public enum CategoryPut: RPCMethod {
    public static let name = "category.put"
    public static let access = AccessClass.write

    public struct Params: Sendable, Hashable, JSONCodable {
        /// 1 to 200 bytes.
        public var name: String
        /// Categories have two levels.
        public var parent: String?
        public var colour: String?

        public init(name: String, parent: String? = nil, colour: String? = nil) {
            self.name = name
            self.parent = parent
            self.colour = colour
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var name: String?
            var parent: String?
            var colour: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "name": name = try json.string()
                case "parent": parent = try json.string()
                case "colour": colour = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                name: try json.require(name, "name"), parent: parent, colour: colour)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("name", name)
                $0.member("parent", ifPresent: parent)
                $0.member("colour", ifPresent: colour)
            }
        }
    }

    public typealias Result = CategoryView
}

/// Lists the categories.
public enum CategoryList: RPCMethod {
    public static let name = "category.list"
    public static let access = AccessClass.read

    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        public var categories: [CategoryView]

        public init(categories: [CategoryView] = []) {
            self.categories = categories
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var categories: [CategoryView] = []
            try json.object { key, json throws(JSONError) in
                switch key {
                case "categories": categories = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                categories: categories)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("categories", categories)
            }
        }
    }
}

/// A category.
public struct CategoryView: Sendable, Hashable {
    public var id: Int64
    public var name: String
    public var parent: String?
    public var colour: String?
    /// Kept expenses that are in it.
    public var expenses: Int

    public init(id: Int64, name: String, parent: String? = nil, colour: String? = nil, expenses: Int) {
        self.id = id
        self.name = name
        self.parent = parent
        self.colour = colour
        self.expenses = expenses
    }
}

extension CategoryView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var id: Int64?
        var name: String?
        var parent: String?
        var colour: String?
        var expenses: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.int64()
            case "name": name = try json.string()
            case "parent": parent = try json.string()
            case "colour": colour = try json.string()
            case "expenses": expenses = try json.int()
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), name: try json.require(name, "name"), parent: parent, colour: colour,
            expenses: try json.require(expenses, "expenses"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("name", name)
            $0.member("parent", ifPresent: parent)
            $0.member("colour", ifPresent: colour)
            $0.member("expenses", expenses)
        }
    }
}
