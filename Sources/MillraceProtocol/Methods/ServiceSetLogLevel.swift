import JSONCodec

/// Sets what a service logs from now on, until it ends or is told otherwise.
public enum ServiceSetLogLevel: RPCMethod {
    public static let name = "service.setLogLevel"
    public static let access = AccessClass.admin
    public static let repeatable = true

    public struct Params: Sendable, Hashable, JSONCodable {
        /// trace, debug, info, notice, warning, error or critical.
        public var level: String

        public init(level: String) {
            self.level = level
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var level: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "level": level = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(level: try json.require(level, "level"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("level", level) }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// The one that holds now.
        public var level: String

        public init(level: String) {
            self.level = level
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var level: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "level": level = try json.string()
                default: try json.skip()
                }
            }
            self.init(level: try json.require(level, "level"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("level", level) }
        }
    }
}
