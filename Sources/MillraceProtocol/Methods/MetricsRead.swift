import JSONCodec
import Linux

/// What the values of a series over time are.
public enum MetricCourse: String, WireWord {
    /// How much was counted within each step.
    case growth
    /// What it stood at: the mean of the step.
    case level
}

/// A step of a series.
public struct MetricPoint: Sendable, Hashable, JSONCodable {
    /// When the step began.
    public var time: Timestamp
    public var value: Double
    /// The least within the step.
    public var low: Double
    /// The greatest within the step.
    public var high: Double

    public init(time: Timestamp, value: Double, low: Double, high: Double) {
        self.time = time
        self.value = value
        self.low = low
        self.high = high
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var time: Timestamp?, value: Double?, low: Double?, high: Double?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "time": time = try json.value()
            case "value": value = try json.double()
            case "low": low = try json.double()
            case "high": high = try json.double()
            default: try json.skip()
            }
        }
        self.init(
            time: try json.require(time, "time"), value: try json.require(value, "value"),
            low: try json.require(low, "low"), high: try json.require(high, "high"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("time", time)
            $0.member("value", value)
            $0.member("low", low)
            $0.member("high", high)
        }
    }
}

/// A series over a time.
public struct MetricRange: Sendable, Hashable, JSONCodable {
    public var labels: [String: String]
    public var course: MetricCourse
    /// Rising in time; steps in which nothing was written are missing.
    public var points: [MetricPoint]

    public init(labels: [String: String], course: MetricCourse, points: [MetricPoint]) {
        self.labels = labels
        self.course = course
        self.points = points
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var labels: [String: String]?, course: MetricCourse?, points: [MetricPoint]?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "labels": labels = try json.value()
            case "course": course = try json.value()
            case "points": points = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            labels: try json.require(labels, "labels"), course: try json.require(course, "course"),
            points: try json.require(points, "points"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("labels", labels)
            $0.member("course", course)
            $0.member("points", points)
        }
    }
}

/// Reads what series of a name were over a time.
public enum MetricsRead: RPCMethod {
    public static let name = "metrics.read"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        public var name: String
        /// Those a series has to have.
        public var labels: [String: String]?
        /// An hour ago when left out.
        public var from: Timestamp?
        /// Now when left out.
        public var to: Timestamp?
        /// Points of a series at most: 1–5,000, 500 when left out.
        public var limit: Int?

        public init(
            name: String, labels: [String: String]? = nil, from: Timestamp? = nil, to: Timestamp? = nil,
            limit: Int? = nil
        ) {
            self.name = name
            self.labels = labels
            self.from = from
            self.to = to
            self.limit = limit
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var name: String?, labels: [String: String]?, from: Timestamp?, to: Timestamp?, limit: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "name": name = try json.string()
                case "labels": labels = try json.value()
                case "from": from = try json.value()
                case "to": to = try json.value()
                case "limit": limit = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(name: try json.require(name, "name"), labels: labels, from: from, to: to, limit: limit)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("name", name)
                $0.member("labels", ifPresent: labels)
                $0.member("from", ifPresent: from)
                $0.member("to", ifPresent: to)
                $0.member("limit", ifPresent: limit)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var stepSeconds: Int
        /// By their labels, 100 at most.
        public var series: [MetricRange]

        public init(stepSeconds: Int, series: [MetricRange]) {
            self.stepSeconds = stepSeconds
            self.series = series
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var stepSeconds: Int?, series: [MetricRange]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "stepSeconds": stepSeconds = try json.int()
                case "series": series = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                stepSeconds: try json.require(stepSeconds, "stepSeconds"), series: try json.require(series, "series"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("stepSeconds", stepSeconds)
                $0.member("series", series)
            }
        }
    }
}
