import JSONCodec

/// Lists the alerts that hold now, the silences, and what was told lately.
public enum AlertList: RPCMethod {
    public static let name = "alert.list"
    public static let access = AccessClass.read

    /// Silences in one answer.
    public static let page = 1...1000

    public struct Params: Sendable, Hashable, JSONCodable {
        /// How many of the last events: 0–1,000, none when left out.
        public var events: Int?
        /// Only silences with a greater number.
        public var silencesAfter: Int?
        /// Silences at most: 1–1,000, 100 when left out.
        public var limit: Int?

        public init(events: Int? = nil, silencesAfter: Int? = nil, limit: Int? = nil) {
            self.events = events
            self.silencesAfter = silencesAfter
            self.limit = limit
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var events: Int?, silencesAfter: Int?, limit: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "events": events = try json.int()
                case "silencesAfter": silencesAfter = try json.int()
                case "limit": limit = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(events: events, silencesAfter: silencesAfter, limit: limit)
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("events", ifPresent: events)
                $0.member("silencesAfter", ifPresent: silencesAfter)
                $0.member("limit", ifPresent: limit)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// The most severe first.
        public var alerts: [AlertView]
        /// By their numbers.
        public var silences: [SilenceView]
        /// Give this as `silencesAfter` for the next page; absent on the last.
        public var nextSilencesAfter: Int?
        /// The newest first.
        public var events: [AlertEventView]
        /// The names of all rules in force.
        public var rules: [String]

        public init(
            alerts: [AlertView], silences: [SilenceView], nextSilencesAfter: Int? = nil, events: [AlertEventView],
            rules: [String]
        ) {
            self.alerts = alerts
            self.silences = silences
            self.nextSilencesAfter = nextSilencesAfter
            self.events = events
            self.rules = rules
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var alerts: [AlertView]?, silences: [SilenceView]?, next: Int?, events: [AlertEventView]?,
                rules: [String]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "alerts": alerts = try json.value()
                case "silences": silences = try json.value()
                case "nextSilencesAfter": next = try json.int()
                case "events": events = try json.value()
                case "rules": rules = try json.value()
                default: try json.skip()
                }
            }
            self.init(
                alerts: try json.require(alerts, "alerts"), silences: try json.require(silences, "silences"),
                nextSilencesAfter: next, events: try json.require(events, "events"),
                rules: try json.require(rules, "rules"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("alerts", alerts)
                $0.member("silences", silences)
                $0.member("nextSilencesAfter", ifPresent: nextSilencesAfter)
                $0.member("events", events)
                $0.member("rules", rules)
            }
        }
    }
}

/// Has nobody told of some alerts for a while.
public enum AlertSilence: RPCMethod {
    public static let name = "alert.silence"
    public static let access = AccessClass.write

    /// Characters of a comment, as Unicode counts them.
    public static let comment = 1...500
    /// Bytes of all names and values of labels together. With what a comment may have, a whole page of silences fits a frame.
    public static let labelBytes = 1000

    public struct Params: Sendable, Hashable, JSONCodable {
        /// Alerts of all rules when left out.
        public var rule: String?
        /// Those an alert has to have: names and values of at most 1,000 bytes together.
        public var labels: [String: String]?
        /// 1 minute to 30 days.
        public var forMs: Int
        /// Why: 1–500 characters.
        public var comment: String

        public init(rule: String? = nil, labels: [String: String]? = nil, forMs: Int, comment: String) {
            self.rule = rule
            self.labels = labels
            self.forMs = forMs
            self.comment = comment
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var rule: String?, labels: [String: String]?, forMs: Int?, comment: String?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "rule": rule = try json.string()
                case "labels": labels = try json.value()
                case "forMs": forMs = try json.int()
                case "comment": comment = try json.string()
                default: try json.unknownMember(key)
                }
            }
            self.init(
                rule: rule, labels: labels, forMs: try json.require(forMs, "forMs"),
                comment: try json.require(comment, "comment"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("rule", ifPresent: rule)
                $0.member("labels", ifPresent: labels)
                $0.member("forMs", forMs)
                $0.member("comment", comment)
            }
        }
    }

    public typealias Result = SilenceView
}

/// Ends a silence before its time.
public enum AlertUnsilence: RPCMethod {
    public static let name = "alert.unsilence"
    public static let access = AccessClass.write
    public static let repeatable = true

    public struct Params: Sendable, Hashable, JSONCodable {
        public var id: Int

        public init(id: Int) {
            self.id = id
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var id: Int?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "id": id = try json.int()
                default: try json.unknownMember(key)
                }
            }
            self.init(id: try json.require(id, "id"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("id", id)
            }
        }
    }

    public struct Result: Sendable, Hashable, JSONCodable {
        /// Whether there was one.
        public var ended: Bool

        public init(ended: Bool) {
            self.ended = ended
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var ended: Bool?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "ended": ended = try json.bool()
                default: try json.skip()
                }
            }
            self.init(ended: try json.require(ended, "ended"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("ended", ended)
            }
        }
    }
}

/// Whether a sink took a notice.
public struct AlertDelivery: Sendable, Hashable, JSONCodable {
    /// "journal", "command /usr/local/bin/page", "job page-somebody", "hook https://example.org/alerts"
    public var sink: String
    public var delivered: Bool
    /// Why it was not.
    public var reason: String?

    public init(sink: String, delivered: Bool, reason: String? = nil) {
        self.sink = sink
        self.delivered = delivered
        self.reason = reason
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var sink: String?, delivered: Bool?, reason: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "sink": sink = try json.string()
            case "delivered": delivered = try json.bool()
            case "reason": reason = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            sink: try json.require(sink, "sink"), delivered: try json.require(delivered, "delivered"), reason: reason)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("sink", sink)
            $0.member("delivered", delivered)
            $0.member("reason", ifPresent: reason)
        }
    }
}

/// Sends a test notice to every sink and says which took it.
public enum AlertTest: RPCMethod {
    public static let name = "alert.test"
    public static let access = AccessClass.write

    public typealias Params = Empty

    public struct Result: Sendable, Hashable, JSONCodable {
        public var deliveries: [AlertDelivery]

        public init(deliveries: [AlertDelivery]) {
            self.deliveries = deliveries
        }

        public init(from json: inout JSONReader) throws(JSONError) {
            var deliveries: [AlertDelivery]?
            try json.object { key, json throws(JSONError) in
                switch key {
                case "deliveries": deliveries = try json.value()
                default: try json.skip()
                }
            }
            self.init(deliveries: try json.require(deliveries, "deliveries"))
        }

        public func encode(to json: inout JSONWriter) {
            json.object {
                $0.member("deliveries", deliveries)
            }
        }
    }
}
