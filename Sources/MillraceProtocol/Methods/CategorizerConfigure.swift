import JSONCodec

/// Changes the options that hold where a call says nothing, until the next start.
public enum CategorizerConfigure: RPCMethod {
    public static let name = "categorizer.configure"
    public static let access = AccessClass.admin

    public struct Params: Sendable, Hashable, JSONCodable {
        public var options: CategorizeOptions

        public init(options: CategorizeOptions) {
            self.options = options
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var options: CategorizeOptions?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "options": options = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                options: try json.require(options, "options"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("options", options)
            }
        }
    }

    public typealias Result = CategorizerOptionsView
}

/// The options that hold for calls that name none.
public struct CategorizerOptionsView: Sendable, Hashable, JSONCodable {
    public var options: CategorizeOptions

    public init(options: CategorizeOptions) {
        self.options = options
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var options: CategorizeOptions?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "options": options = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            options: try json.require(options, "options"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("options", options)
        }
    }
}

/// Forgets caches, figures and configured options, closes the breaker, and reads the database again.
public enum CategorizerReset: RPCMethod {
    public static let name = "categorizer.reset"
    public static let access = AccessClass.admin

    public typealias Params = Empty
    public typealias Result = CategorizerOptionsView
}
