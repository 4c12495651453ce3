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
    /// Pauses before another try.
    static let pauses: [Duration] = [.seconds(1), .seconds(5)]

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
            "millrace_alert_deliveries", "Notices of alerts that were sent, by sink and outcome.",
            labels: ["sink", "outcome"])
    }

    /// Tells a notice, again and again where a sink does not take it; what is lost in the end is logged.
    func tell(_ notice: AlertNotice, to sinks: [AlertSink]) async {
        journal(notice)
        // Side by side: one that does not answer keeps no other waiting.
        await withTaskGroup(of: Void.self) { tasks in
            for sink in sinks { tasks.addTask { await self.tell(notice, sink) } }
        }
    }

    private func tell(_ notice: AlertNotice, _ sink: AlertSink) async {
        var trouble = await attempt(notice, sink)
        for pause in Self.pauses {
            // Cancelled: the end, without another try.
            guard trouble != nil, (try? await time.sleep(for: pause)) != nil else { break }
            trouble = await attempt(notice, sink)
        }
        if let trouble { log.error("an alert was not told, it stands in the journal: \(sink.name): \(trouble)") }
    }

    /// Tells a notice once and says who took it.
    func deliver(_ notice: AlertNotice, to sinks: [AlertSink]) async -> [AlertDelivery] {
        journal(notice)
        var all = [AlertDelivery(sink: "journal", delivered: true)]
        for sink in sinks {
            let trouble = await attempt(notice, sink)
            all.append(AlertDelivery(sink: sink.name, delivered: trouble == nil, reason: trouble))
        }
        return all
    }

    /// Nil when it was taken.
    private func attempt(_ notice: AlertNotice, _ sink: AlertSink) async -> String? {
        do {
            let body = JSONRaw(notice)
            switch sink {
            case .command(let words):
                _ = try await ProgramAnswer.output(of: words, input: body.bytes, within: Self.patience, time: time)
            case .job(let kind):
                let job = JobSpecification(kind: kind, params: body)
                let options = CallOptions(timeout: Self.patience, idempotencyKey: "alert/\(Identifier.random())")
                _ = try await runner.call(JobSubmit.self, job, options: options)
            case .hook(let url): try await HookSink.send(body.bytes, to: url, web, within: Self.patience)
            }
            deliveries.with(sink.kind, "delivered").increment()
            return nil
        } catch {
            deliveries.with(sink.kind, "failed").increment()
            return (error as? any RPCErrorConvertible)?.rpcError.message ?? "\(error)"
        }
    }

    private func journal(_ notice: AlertNotice) {
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
