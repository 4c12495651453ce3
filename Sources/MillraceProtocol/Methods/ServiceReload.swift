import JSONCodec

/// Reads the settings again, as SIGHUP does. Wrong ones are `FAILED_PRECONDITION` and change nothing.
public enum ServiceReload: RPCMethod {
    public static let name = "service.reload"
    public static let access = AccessClass.admin
    public static let repeatable = true
    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        /// What was passed over, such as unknown keys.
        public var warnings: [String]

        public init(warnings: [String]) {
            self.warnings = warnings
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var warnings: [String]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "warnings": warnings = try json.value()
                default: try json.skip()
                }
            }
            self.init(warnings: try json.require(warnings, "warnings"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("warnings", warnings) }
        }
    }
}
