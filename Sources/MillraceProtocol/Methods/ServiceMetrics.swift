import JSONCodec

/// What a service tells the metrics service, as it is at this moment: the same numbers under the names and labels that they bear
/// on the page for Prometheus, without those that the page adds itself (`service`, `instance`).
public enum ServiceMetrics: RPCMethod {
    public static let name = "service.metrics"
    public static let access = AccessClass.read

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Only these: "millrace_jobs_started_total". All where there is none.
        public var names: [String]?

        public init(names: [String]? = nil) {
            self.names = names
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var names: [String]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "names": names = try json.value()
                default: try json.unknownMember(key)
                }
            }
            self.init(names: names)
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("names", ifPresent: names) }
        }
    }

    public enum Kind: String, WireWord {
        /// Only grows, from zero at the start of the service: counters, and the parts of histograms.
        case counter
        case gauge
    }

    public struct Metric: Sendable, Hashable {
        /// "millrace_jobs_started_total", "millrace_rpc_duration_seconds_bucket"
        public var name: String
        public var type: Kind
        public var value: Double
        public var labels: [String: String]?

        public init(_ name: String, _ type: Kind, _ value: Double, labels: [String: String]? = nil) {
            self.name = name
            self.type = type
            self.value = value
            self.labels = labels
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var metrics: [Metric]

        public init(metrics: [Metric]) {
            self.metrics = metrics
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var metrics: [Metric]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "metrics": metrics = try json.value()
                default: try json.skip()
                }
            }
            self.init(metrics: try json.require(metrics, "metrics"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("metrics", metrics) }
        }
    }
}

extension ServiceMetrics.Metric: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, type: ServiceMetrics.Kind?, value: Double?, labels: [String: String]?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "type": type = try json.value()
            case "value": value = try json.double()
            case "labels": labels = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            try json.require(name, "name"), try json.require(type, "type"), try json.require(value, "value"),
            labels: labels)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("type", type)
            $0.member("value", value)
            $0.member("labels", ifPresent: labels)
        }
    }
}
