import JSONCodec

/// Sets a limit, at once and beyond restarts; what is left out stays as it is. With `clear` the limit is again what the
/// files or the defaults say.
public enum LimitSet: RPCMethod {
    public static let name = "limit.set"
    public static let access = AccessClass.admin
    public static let repeatable = true

    public struct Params: Sendable, Hashable, JSONCodable {
        public var scope: LimitScope
        /// Needed for a queue, kind or resource. Without it a limit of users holds for each, one of keys for the keys of
        /// every kind.
        public var name: String?
        /// 1–1,000,000.
        public var running: Int?
        /// 0–1,000,000.
        public var waiting: Int?
        /// 0.001–1,000,000.
        public var ratePerSecond: Double?
        /// 1–1,000,000.
        public var burst: Int?
        /// Alone, without other values.
        public var clear: Bool?

        public init(
            scope: LimitScope, name: String? = nil, running: Int? = nil, waiting: Int? = nil,
            ratePerSecond: Double? = nil, burst: Int? = nil, clear: Bool? = nil
        ) {
            self.scope = scope
            self.name = name
            self.running = running
            self.waiting = waiting
            self.ratePerSecond = ratePerSecond
            self.burst = burst
            self.clear = clear
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var scope: LimitScope?, name: String?, running: Int?, waiting: Int?, ratePerSecond: Double?, burst: Int?,
                clear: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "scope": scope = try json.value()
                case "name": name = try json.string()
                case "running": running = try json.int()
                case "waiting": waiting = try json.int()
                case "ratePerSecond": ratePerSecond = try json.double()
                case "burst": burst = try json.int()
                case "clear": clear = try json.bool()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                scope: try json.require(scope, "scope"), name: name, running: running, waiting: waiting,
                ratePerSecond: ratePerSecond, burst: burst, clear: clear)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("scope", scope)
                $0.member("name", ifPresent: name)
                $0.member("running", ifPresent: running)
                $0.member("waiting", ifPresent: waiting)
                $0.member("ratePerSecond", ifPresent: ratePerSecond)
                $0.member("burst", ifPresent: burst)
                $0.member("clear", ifPresent: clear)
            }
        }
    }

    public typealias Result = LimitView
}
