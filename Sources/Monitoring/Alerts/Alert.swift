public import Linux

/// A rule and a set of labels for which its condition holds, or held.
public struct Alert: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// The condition holds, but not yet for long enough.
        case pending
        case firing
        /// The condition holds no more. Told once, then forgotten.
        case resolved
    }

    /// What tells alerts apart.
    public struct Key: Sendable, Hashable {
        public var rule: String
        public var labels: [String: String]

        public init(rule: String, labels: [String: String]) {
            self.rule = rule
            self.labels = labels
        }
    }

    public var key: Key
    public var severity: AlertRule.Severity
    public var summary: String
    public var state: State
    /// The last one for which the condition held.
    public var value: Double
    /// When it began to hold.
    public var since: Timestamp
    /// When it fired first; nil while it is pending.
    public var fired: Timestamp?
    /// Why nobody is told of it: a silence's number or another alert. Nil when people are told, of the end of what they were told
    /// of always.
    public var muted: String?

    public init(
        key: Key, severity: AlertRule.Severity, summary: String, state: State, value: Double, since: Timestamp,
        fired: Timestamp? = nil
    ) {
        self.key = key
        self.severity = severity
        self.summary = summary
        self.state = state
        self.value = value
        self.since = since
        self.fired = fired
    }
}

/// An alert that people were told fires, and not yet that it is over: what has to be known again after a restart.
public struct ToldAlert: Sendable, Hashable {
    public var alert: Alert
    /// When they were told last.
    public var told: Timestamp

    public init(alert: Alert, told: Timestamp) {
        self.alert = alert
        self.told = told
    }
}

/// "Do not tell me of these until then." That one is over of which somebody was told before is told all the same.
public struct Silence: Sendable, Hashable {
    public var id: Int64
    /// Nil for alerts of all rules.
    public var rule: String?
    /// Labels that an alert has to have.
    public var labels: [String: String]
    public var until: Timestamp
    public var by: String
    public var comment: String

    public init(
        id: Int64, rule: String?, labels: [String: String] = [:], until: Timestamp, by: String, comment: String
    ) {
        self.id = id
        self.rule = rule
        self.labels = labels
        self.until = until
        self.by = by
        self.comment = comment
    }

    public func covers(_ key: Alert.Key, now: Timestamp) -> Bool {
        now < until && (rule ?? key.rule) == key.rule && labels.allSatisfy { key.labels[$0.key] == $0.value }
    }
}

/// While one alert fires, others say nothing new; that they are over, as with a ``Silence``.
public struct Inhibition: Sendable, Hashable {
    /// The rule that fires.
    public var source: String
    /// The rules that are muted by it.
    public var targets: [String]
    /// Labels that both have to have with the same value.
    public var same: [String]

    public init(source: String, targets: [String], same: [String] = []) {
        self.source = source
        self.targets = targets
        self.same = same
    }
}

/// What people or programs are told at once: the alerts of one group.
public struct AlertNotice: Sendable, Hashable {
    /// The labels the group is made by.
    public var group: [String: String]
    public var firing: [Alert]
    public var resolved: [Alert]

    public init(group: [String: String], firing: [Alert], resolved: [Alert]) {
        self.group = group
        self.firing = firing
        self.resolved = resolved
    }
}

/// A notice on its way to one sink.
public struct AlertDispatch: Sendable, Hashable {
    /// The same at every try.
    public var key: String
    public var sink: String
    /// Notices of one topic come one after the other.
    public var topic: String
    /// Whether it is a sign of life and nothing else: the next one takes its place.
    public var isSign: Bool
    /// As the sink gets it.
    public var notice: String

    public init(key: String, sink: String, topic: String, isSign: Bool, notice: String) {
        self.key = key
        self.sink = sink
        self.topic = topic
        self.isSign = isSign
        self.notice = notice
    }
}
