import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import Monitoring
import Telemetry
import WebClient

/// The ways in which people and programs are told of alerts.
final class AlertSinks: Sendable {
    /// What a sink may take.
    static let patience = Duration.seconds(10)

    private let web: WebDoor
    private let runner: RPCClient
    private let log: Logger
    private let time: any TimeSource
    private let deliveries: Family<Counter>

    init(web: WebDoor, runner: RPCClient, log: Logger, time: any TimeSource, registry: Registry) {
        self.web = web
        self.runner = runner
        self.log = log
        self.time = time
        deliveries = registry.counters(
            "millrace_alert_deliveries",
            "Attempts to tell of alerts, by sink and outcome; lost are notices that will never be told.",
            labels: ["sink", "outcome"])
    }

    /// Tells a notice once and says who took it.
    func deliver(_ notice: AlertNotice, to sinks: [AlertSink]) async -> [AlertDelivery] {
        journal(notice)
        var all = [AlertDelivery(sink: "journal", delivered: true)]
        let text = JSONRaw(notice).text
        for sink in sinks {
            let trouble = await attempt(text, key: Identifier.random(), sink)
            all.append(AlertDelivery(sink: sink.name, delivered: trouble == nil, reason: trouble))
        }
        return all
    }

    /// Tells a notice once. Nil when it was taken, else why not.
    ///
    /// - Parameters:
    ///   - notice: in JSON.
    ///   - key: of this notice for this sink; a sink that gets the same one again has had it.
    func attempt(_ notice: String, key: String, _ sink: AlertSink) async -> String? {
        do {
            let body = JSONRaw(unchecked: Array(notice.utf8))
            let key = "alert/\(key)"
            switch sink {
            case .command(let words):
                _ = try await ProgramAnswer.output(of: words, input: body.bytes, within: Self.patience, time: time)
            case .job(let kind):
                let job = JobSpecification(kind: kind, params: body)
                let options = CallOptions(timeout: Self.patience, idempotencyKey: key)
                _ = try await runner.call(JobSubmit.self, job, options: options)
            case .hook(let url): try await HookSink.send(body.bytes, key: key, to: url, web, within: Self.patience)
            }
            deliveries.with(sink.kind, "delivered").increment()
            return nil
        } catch {
            deliveries.with(sink.kind, "failed").increment()
            return (error as? any RPCErrorConvertible)?.rpcError.message ?? "\(error)"
        }
    }

    /// Counts a notice that will never be told to a sink of that name.
    func countLost(_ sink: String) {
        deliveries.with(String(sink.prefix { $0 != " " }), "lost").increment()
    }

    /// Puts a notice into the journal, signs of life left out.
    func journal(_ notice: AlertNotice) {
        for alert in notice.firing + notice.resolved where alert.severity != .none {
            var fields: Logger.Metadata = [
                "alert": "\(alert.key.rule)", "alert-state": "\(alert.state.rawValue)",
                "severity": "\(alert.severity.rawValue)",
            ]
            for (label, value) in alert.key.labels { fields["alert-\(label)"] = "\(value)" }
            let level: Logger.Level =
                alert.state == .resolved ? .notice : alert.severity == .critical ? .critical : .warning
            log.log(level: level, "alert \(alert.state.rawValue): \(alert.summary)", metadata: fields)
        }
    }
}

extension AlertSink {
    var kind: String {
        switch self {
        case .command: "command"
        case .job: "job"
        case .hook: "hook"
        }
    }

    var name: String {
        switch self {
        case .command(let words): "command \(words.joined(separator: " "))"
        case .job(let kind): "job \(kind)"
        // What a URL bears beside its place may be a secret.
        case .hook(let url): "hook \(url.prefix { $0 != "?" })"
        }
    }
}
