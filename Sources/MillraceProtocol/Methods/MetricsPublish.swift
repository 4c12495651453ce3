import JSONCodec

/// What became of a snapshot.
public enum SnapshotAcceptance: String, WireWord {
    /// The first of an instance.
    case new
    /// The first of an instance that takes the place of another.
    case restart
    /// Newer than what was there.
    case newer
    /// Not newer than what was there: nothing changed.
    case old
}

/// Takes all that an instance has counted since it began. The values are totals, so a lost call loses nothing and a repeated one
/// counts once. It is answered once the totals survive the death of the metrics service.
public enum MetricsPublish: RPCMethod {
    public static let name = "metrics.publish"
    public static let access = AccessClass.write
    public static let repeatable = true

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Service, instance, start, sequence and families; see `Snapshot` of `Telemetry`.
        public var snapshot: JSONRaw
        /// Whether the instance ends now.
        public var last: Bool

        public init(snapshot: JSONRaw, last: Bool = false) {
            self.snapshot = snapshot
            self.last = last
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var snapshot: JSONRaw?, last: Bool = false
            try json.object { key, json throws(JSONError) in
                switch key {
                case "snapshot": snapshot = try json.value()
                case "last": last = try json.bool()
                default: try json.unknownMember(key)
                }
            }
            self.init(snapshot: try json.require(snapshot, "snapshot"), last: last)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("snapshot", snapshot)
                if last { $0.member("last", true) }
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        public var acceptance: SnapshotAcceptance

        public init(acceptance: SnapshotAcceptance) {
            self.acceptance = acceptance
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var acceptance: SnapshotAcceptance?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "acceptance": acceptance = try json.value()
                default: try json.skip()
                }
            }
            self.init(acceptance: try json.require(acceptance, "acceptance"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("acceptance", acceptance)
            }
        }
    }
}
