import JSONCodec
import Linux

/// How bad it is.
public enum AlertSeverity: String, WireWord {
    /// Somebody has to look now.
    case critical
    /// Somebody has to look today.
    case warning
    /// Nobody has to look: a sign of life.
    case `none`
}

/// How far an alert is.
public enum AlertPhase: String, WireWord {
    /// The condition holds, but not yet for long enough.
    case pending
    case firing
    /// The condition holds no more.
    case resolved
}

/// A rule and a set of labels for which its condition holds.
public struct AlertView: Sendable, Hashable, JSONCodable {
    public var rule: String
    public var labels: [String: String]
    public var severity: AlertSeverity
    public var state: AlertPhase
    public var summary: String
    /// The last one for which the condition held.
    public var value: Double
    /// When the condition began to hold.
    public var since: Timestamp
    public var firedAt: Timestamp?
    /// Why nobody is told of it.
    public var mutedBy: String?

    public init(
        rule: String, labels: [String: String], severity: AlertSeverity, state: AlertPhase, summary: String,
        value: Double, since: Timestamp, firedAt: Timestamp? = nil, mutedBy: String? = nil
    ) {
        self.rule = rule
        self.labels = labels
        self.severity = severity
        self.state = state
        self.summary = summary
        self.value = value
        self.since = since
        self.firedAt = firedAt
        self.mutedBy = mutedBy
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var rule: String?, labels: [String: String]?, severity: AlertSeverity?, state: AlertPhase?, summary: String?,
            value: Double?, since: Timestamp?, firedAt: Timestamp?, mutedBy: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "rule": rule = try json.string()
            case "labels": labels = try json.value()
            case "severity": severity = try json.value()
            case "state": state = try json.value()
            case "summary": summary = try json.string()
            case "value": value = try json.double()
            case "since": since = try json.value()
            case "firedAt": firedAt = try json.value()
            case "mutedBy": mutedBy = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            rule: try json.require(rule, "rule"), labels: try json.require(labels, "labels"),
            severity: try json.require(severity, "severity"), state: try json.require(state, "state"),
            summary: try json.require(summary, "summary"), value: try json.require(value, "value"),
            since: try json.require(since, "since"), firedAt: firedAt, mutedBy: mutedBy)
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("rule", rule)
            $0.member("labels", labels)
            $0.member("severity", severity)
            $0.member("state", state)
            $0.member("summary", summary)
            $0.member("value", value)
            $0.member("since", since)
            $0.member("firedAt", ifPresent: firedAt)
            $0.member("mutedBy", ifPresent: mutedBy)
        }
    }
}

/// "Do not tell me of these until then."
public struct SilenceView: Sendable, Hashable, JSONCodable {
    public var id: Int
    /// Of alerts of all rules when absent.
    public var rule: String?
    /// Those an alert has to have.
    public var labels: [String: String]
    public var until: Timestamp
    public var by: String
    public var comment: String

    public init(id: Int, rule: String? = nil, labels: [String: String], until: Timestamp, by: String, comment: String) {
        self.id = id
        self.rule = rule
        self.labels = labels
        self.until = until
        self.by = by
        self.comment = comment
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var id: Int?, rule: String?, labels: [String: String]?, until: Timestamp?, by: String?, comment: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "id": id = try json.int()
            case "rule": rule = try json.string()
            case "labels": labels = try json.value()
            case "until": until = try json.value()
            case "by": by = try json.string()
            case "comment": comment = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            id: try json.require(id, "id"), rule: rule, labels: try json.require(labels, "labels"),
            until: try json.require(until, "until"), by: try json.require(by, "by"),
            comment: try json.require(comment, "comment"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("id", id)
            $0.member("rule", ifPresent: rule)
            $0.member("labels", labels)
            $0.member("until", until)
            $0.member("by", by)
            $0.member("comment", comment)
        }
    }
}

/// What was told of an alert.
public struct AlertEventView: Sendable, Hashable, JSONCodable {
    public var time: Timestamp
    public var rule: String
    public var labels: [String: String]
    public var severity: AlertSeverity
    public var state: AlertPhase
    public var value: Double
    public var summary: String

    public init(
        time: Timestamp, rule: String, labels: [String: String], severity: AlertSeverity, state: AlertPhase,
        value: Double, summary: String
    ) {
        self.time = time
        self.rule = rule
        self.labels = labels
        self.severity = severity
        self.state = state
        self.value = value
        self.summary = summary
    }

    public init(from json: inout JSONReader) throws(JSONError) {
        var time: Timestamp?, rule: String?, labels: [String: String]?, severity: AlertSeverity?, state: AlertPhase?,
            value: Double?, summary: String?
        try json.object { key, json throws(JSONError) in
            switch key {
            case "time": time = try json.value()
            case "rule": rule = try json.string()
            case "labels": labels = try json.value()
            case "severity": severity = try json.value()
            case "state": state = try json.value()
            case "value": value = try json.double()
            case "summary": summary = try json.string()
            default: try json.skip()
            }
        }
        self.init(
            time: try json.require(time, "time"), rule: try json.require(rule, "rule"),
            labels: try json.require(labels, "labels"), severity: try json.require(severity, "severity"),
            state: try json.require(state, "state"), value: try json.require(value, "value"),
            summary: try json.require(summary, "summary"))
    }

    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("time", time)
            $0.member("rule", rule)
            $0.member("labels", labels)
            $0.member("severity", severity)
            $0.member("state", state)
            $0.member("value", value)
            $0.member("summary", summary)
        }
    }
}
