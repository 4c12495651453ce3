import JSONCodec
import Linux

/// Whether calls to something that may fail are let through.
public enum BreakerState: String, WireWord {
    case closed
    /// After too many failures in a row: nothing passes until the pause is over.
    case open
    /// The pause is over and one trial is under way.
    case halfOpen
    /// By hand, until `breaker.reset`.
    case forcedOpen, forcedClosed
}

/// The circuit breaker of one resource.
public struct BreakerView: Sendable, Hashable {
    /// The resource it guards, as `permit.acquire` names it.
    public var name: String
    public var state: BreakerState
    /// In a row, so far.
    public var failures: Int
    /// Failures in a row that open it.
    public var threshold: Int
    /// How long it stays open.
    public var pauseMs: Int
    /// When the next trial is let through, while it is open.
    public var until: Timestamp?

    public init(
        name: String, state: BreakerState, failures: Int = 0, threshold: Int, pauseMs: Int, until: Timestamp? = nil
    ) {
        self.name = name
        self.state = state
        self.failures = failures
        self.threshold = threshold
        self.pauseMs = pauseMs
        self.until = until
    }
}

extension BreakerView: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?, state: BreakerState?, failures: Int = 0, threshold: Int?, pauseMs: Int?, until: Timestamp?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            case "state": state = try json.value()
            case "failures": failures = try json.int()
            case "threshold": threshold = try json.int()
            case "pauseMs": pauseMs = try json.int()
            case "until": until = try json.value()
            default: try json.skip()
            }
        }
        self.init(
            name: try json.require(name, "name"), state: try json.require(state, "state"), failures: failures,
            threshold: try json.require(threshold, "threshold"), pauseMs: try json.require(pauseMs, "pauseMs"),
            until: until)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("name", name)
            $0.member("state", state)
            $0.member("failures", failures)
            $0.member("threshold", threshold)
            $0.member("pauseMs", pauseMs)
            $0.member("until", ifPresent: until)
        }
    }
}

/// Lists the breakers.
public enum BreakerList: RPCMethod {
    public static let name = "breaker.list"
    public static let access = AccessClass.read
    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        /// By name.
        public var breakers: [BreakerView]

        public init(breakers: [BreakerView]) {
            self.breakers = breakers
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var breakers: [BreakerView]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "breakers": breakers = try json.value()
                default: try json.skip()
                }
            }
            self.init(breakers: try json.require(breakers, "breakers"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object { $0.member("breakers", breakers) }
        }
    }
}

/// Names one breaker.
public struct BreakerReference: Sendable, Hashable {
    public var name: String

    public init(name: String) {
        self.name = name
    }
}

extension BreakerReference: JSONCodable {
    public init(from json: inout JSONReader) throws(JSONError) {
        var name: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "name": name = try json.string()
            default: try json.unknownMember(key)
            }
        }
        self.init(name: try json.require(name, "name"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object { $0.member("name", name) }
    }
}

/// Holds a breaker open, whatever happens, until `breaker.reset`. Survives restarts.
public enum BreakerOpen: RPCMethod {
    public static let name = "breaker.open"
    public static let access = AccessClass.admin
    public static let repeatable = true
    public typealias Params = BreakerReference
    public typealias Result = BreakerView
}

/// Holds a breaker closed, whatever happens, until `breaker.reset`. Survives restarts.
public enum BreakerClose: RPCMethod {
    public static let name = "breaker.close"
    public static let access = AccessClass.admin
    public static let repeatable = true
    public typealias Params = BreakerReference
    public typealias Result = BreakerView
}

/// Closes a breaker, forgets its failures and leaves it to itself again.
public enum BreakerReset: RPCMethod {
    public static let name = "breaker.reset"
    public static let access = AccessClass.admin
    public static let repeatable = true
    public typealias Params = BreakerReference
    public typealias Result = BreakerView
}
