import JSONCodec

/// A figure and what tells it apart.
public struct MetricValue: Sendable, Hashable, JSONCodable {
    public var labels: [String: String]
    public var value: Double

    public init(labels: [String: String], value: Double) {
        self.labels = labels
        self.value = value
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var labels: [String: String]?, value: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "labels": labels = try json.value()
            case "value": value = try json.double()
            default: try json.skip()
            }
        }
        self.init(labels: try json.require(labels, "labels"), value: try json.require(value, "value"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("labels", labels)
            $0.member("value", value)
        }
    }
}

/// What an expression comes to now, as in `alerts.d`. Growth and percentiles over a window are known for those windows that an
/// alert looks at; others are read by `metrics.read`.
public enum MetricsQuery: RPCMethod {
    public static let name = "metrics.query"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        /// `sum by (kind) (millrace_queue_ready)`
        public var expression: String

        public init(expression: String) {
            self.expression = expression
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var expression: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "expression": expression = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(expression: try json.require(expression, "expression"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("expression", expression)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// 1,000 at most.
        public var values: [MetricValue]

        public init(values: [MetricValue]) {
            self.values = values
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var values: [MetricValue]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "values": values = try json.value()
                default: try json.skip()
                }
            }
            self.init(values: try json.require(values, "values"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("values", values)
            }
        }
    }
}

/// A family of series, as it stands now.
public struct MetricFamily: Sendable, Hashable, JSONCodable {
    public var name: String
    /// counter, gauge, histogram, distribution, info or stateSet.
    public var type: String
    public var unit: String?
    public var help: String
    public var labels: [String]
    public var series: Int

    public init(name: String, type: String, unit: String? = nil, help: String, labels: [String], series: Int) {
        self.name = name
        self.type = type
        self.unit = unit
        self.help = help
        self.labels = labels
        self.series = series
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, type: String?, unit: String?, help: String?, labels: [String]?, series: Int?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "type": type = try json.string()
            case "unit": unit = try json.string()
            case "help": help = try json.string()
            case "labels": labels = try json.value()
            case "series": series = try json.int()
            default: try json.skip()
            }
        }
        self.init(
            name: try json.require(name, "name"), type: try json.require(type, "type"), unit: unit,
            help: try json.require(help, "help"), labels: try json.require(labels, "labels"),
            series: try json.require(series, "series"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("type", type)
            $0.member("unit", ifPresent: unit)
            $0.member("help", help)
            $0.member("labels", labels)
            $0.member("series", series)
        }
    }
}

/// Lists what is counted, and what is kept over time.
public enum MetricsList: RPCMethod {
    public static let name = "metrics.list"
    public static let access = AccessClass.read

    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        /// By name.
        public var families: [MetricFamily]
        /// Names that `metrics.read` knows.
        public var history: [String]

        public init(families: [MetricFamily], history: [String]) {
            self.families = families
            self.history = history
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var families: [MetricFamily]?, history: [String]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "families": families = try json.value()
                case "history": history = try json.value()
                default: try json.skip()
                }
            }
            self.init(families: try json.require(families, "families"), history: try json.require(history, "history"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("families", families)
                $0.member("history", history)
            }
        }
    }
}
