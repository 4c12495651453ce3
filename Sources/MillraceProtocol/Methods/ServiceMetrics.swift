import JSONCodec

/// A service's figures at this moment, named as Prometheus names them.
public enum ServiceMetrics: RPCMethod {
    public static let name = "service.metrics"
    public static let access = AccessClass.read
    public typealias Params = Empty

    public enum Kind: String, WireWord {
        /// Only grows, from zero at the start of the service.
        case counter
        case gauge
    }

    public struct Metric: Sendable, Hashable {
        /// "millrace_runner_jobs_total"
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
