import JSONCodec

/// How a service is, for people and for checks.
public enum ServiceStatus: RPCMethod {
    public static let name = "service.status"
    public static let access = AccessClass.read
    public typealias Params = Empty

    public enum State: String, WireWord {
        case starting, ready, draining
    }

    public enum Verdict: String, WireWord {
        case ok, warn, fail
    }

    /// One thing that was looked at.
    public struct Check: Sendable, Hashable {
        public var name: String
        public var verdict: Verdict
        /// Why it is not ok.
        public var reason: String?

        public init(_ name: String, _ verdict: Verdict = .ok, reason: String? = nil) {
            self.name = name
            self.verdict = verdict
            self.reason = reason
        }
    }

    public struct Result: Sendable, Hashable {
        public var service: String
        public var version: String
        public var pid: Int32
        public var state: State
        /// What `systemctl status` shows.
        public var statusLine: String
        public var uptimeMs: Int
        public var connections: Int
        /// Requests begun and not answered yet, this one included.
        public var inFlight: Int
        public var checks: [Check]
        public var figures: [String: Double]

        public init(
            service: String, version: String, pid: Int32, state: State, statusLine: String, uptimeMs: Int,
            connections: Int, inFlight: Int, checks: [Check], figures: [String: Double]
        ) {
            self.service = service
            self.version = version
            self.pid = pid
            self.state = state
            self.statusLine = statusLine
            self.uptimeMs = uptimeMs
            self.connections = connections
            self.inFlight = inFlight
            self.checks = checks
            self.figures = figures
        }
    }
}

extension ServiceStatus.Result {
    /// How the service is, all in all: it fails when a check does or when it does not serve; a warning is healthy.
    public var verdict: ServiceStatus.Verdict {
        if state != .ready || checks.contains(where: { $0.verdict == .fail }) { return .fail }
        return checks.contains { $0.verdict == .warn } ? .warn : .ok
    }
}

extension ServiceStatus.Check: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, verdict: ServiceStatus.Verdict?, reason: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "verdict": verdict = try json.value()
            case "reason": reason = try json.value()
            default: try json.skip()
            }
        }
        self.init(try json.require(name, "name"), try json.require(verdict, "verdict"), reason: reason)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("verdict", verdict)
            $0.member("reason", ifPresent: reason)
        }
    }
}

extension ServiceStatus.Result: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var service: String?, version: String?, pid: Int32?, state: ServiceStatus.State?, statusLine = ""
        var uptimeMs: Int?, connections = 0, inFlight = 0, checks: [ServiceStatus.Check] = []
        var figures: [String: Double] = [:]
        try json.object { key, json throws(JSONError) in
            switch key {
            case "service": service = try json.string()
            case "version": version = try json.string()
            case "pid": pid = try json.value()
            case "state": state = try json.value()
            case "statusLine": statusLine = try json.string()
            case "uptimeMs": uptimeMs = try json.int()
            case "connections": connections = try json.int()
            case "inFlight": inFlight = try json.int()
            case "checks": checks = try json.value()
            case "figures": figures = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            service: try json.require(service, "service"), version: try json.require(version, "version"),
            pid: try json.require(pid, "pid"), state: try json.require(state, "state"), statusLine: statusLine,
            uptimeMs: try json.require(uptimeMs, "uptimeMs"), connections: connections, inFlight: inFlight,
            checks: checks, figures: figures)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("service", service)
            $0.member("version", version)
            $0.member("pid", pid)
            $0.member("state", state)
            $0.member("statusLine", statusLine)
            $0.member("uptimeMs", uptimeMs)
            $0.member("connections", connections)
            $0.member("inFlight", inFlight)
            $0.member("checks", checks)
            $0.member("figures", figures)
        }
    }
}
