import JSONCodec
import Linux
import MillraceProtocol
import Monitoring

extension AlertView {
    init(_ alert: Alert) {
        self.init(
            rule: alert.key.rule, labels: alert.key.labels, severity: AlertSeverity(alert.severity),
            state: AlertPhase(alert.state), summary: alert.summary, value: alert.value, since: alert.since,
            firedAt: alert.fired, mutedBy: alert.muted)
    }
}

extension AlertSeverity {
    init(_ severity: AlertRule.Severity) {
        self =
            switch severity {
            case .critical: .critical
            case .warning: .warning
            case .none: .none
            }
    }
}

extension AlertPhase {
    init(_ state: Alert.State) {
        self =
            switch state {
            case .pending: .pending
            case .firing: .firing
            case .resolved: .resolved
            }
    }
}

extension SilenceView {
    init(_ silence: Silence) {
        self.init(
            id: Int(silence.id), rule: silence.rule, labels: silence.labels, until: silence.until, by: silence.by,
            comment: silence.comment)
    }
}

extension AlertEventView {
    init(_ event: AlertStore.Event) {
        self.init(
            time: event.time, rule: event.key.rule, labels: event.key.labels,
            severity: AlertSeverity(rawValue: event.severity) ?? .warning, state: AlertPhase(event.state),
            value: event.value, summary: event.summary)
    }
}

/// What sinks get: `{"version":1,"group":{…},"firing":[…],"resolved":[…]}`, alerts as `alert.list` tells them.
extension AlertNotice: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("version", 1)
            $0.member("group", group)
            $0.member("firing", firing.map(AlertView.init))
            $0.member("resolved", resolved.map(AlertView.init))
        }
    }
}
