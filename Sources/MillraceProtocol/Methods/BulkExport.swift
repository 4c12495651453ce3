import JSONCodec

/// Exports categorized expenses, those of the last 30 days unless told otherwise.
public enum BulkExport: RPCMethod {
    public static let name = "bulk.export"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        /// A day.
        public var from: String?
        /// A day, included.
        public var to: String?
        public var format: ExportFormat?

        public init(from: String? = nil, to: String? = nil, format: ExportFormat? = nil) {
            self.from = from
            self.to = to
            self.format = format
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var from: String?
            var to: String?
            var format: ExportFormat?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "from": from = try json.string()
                case "to": to = try json.string()
                case "format": format = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                from: from, to: to, format: format)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("from", ifPresent: from)
                $0.member("to", ifPresent: to)
                $0.member("format", ifPresent: format)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var rows: Int
        public var text: String
        /// There were more than 50,000.
        public var more: Bool

        public init(rows: Int, text: String, more: Bool) {
            self.rows = rows
            self.text = text
            self.more = more
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var rows: Int?
            var text: String?
            var more: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "rows": rows = try json.int()
                case "text": text = try json.string()
                case "more": more = try json.bool()
                default: try json.skip()
                }
            }
            self.init(
                rows: try json.require(rows, "rows"), text: try json.require(text, "text"),
                more: try json.require(
                    more,
                    "more"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("rows", rows)
                $0.member("text", text)
                $0.member("more", more)
            }
        }
    }
}

/// How an export is written.
public enum ExportFormat: String, WireWord {
    case csv
    case json
}
