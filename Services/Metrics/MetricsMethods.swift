import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC
import Monitoring
import Telemetry

/// The wire side of the metrics service.
extension Metrics {
    func register(on router: inout RPCRouter) {
        router.onReply(MetricsPublish.self) { [self] params, _, reply in try publish(params, reply) }
        router.on(MetricsRead.self) { [self] params, _ in try await read(params) }
        router.on(MetricsQuery.self) { [self] params, _ in try query(params) }
        router.on(MetricsList.self) { [self] _, _ in
            MetricsList.Result(families: familyViews(), history: try await history.names())
        }
        router.on(AlertList.self) { [self] params, _ in try await list(params) }
        router.on(AlertSilence.self) { [self] params, context in
            try await silence(params, by: context.peer)
        }
        router.on(AlertUnsilence.self) { [self] params, _ in
            AlertUnsilence.Result(ended: try await alerts.endSilence(Int64(params.id)))
        }
        router.on(AlertTest.self) { [self] _, _ in AlertTest.Result(deliveries: await alerts.test()) }
    }

    private func publish(_ params: MetricsPublish.Params, _ reply: RPCReply<MetricsPublish>) throws {
        let snapshot: Snapshot
        do throws(JSONError) {
            snapshot = try params.snapshot.decode(Snapshot.self)
        } catch {
            throw MetricsError.invalid(
                field: "snapshot", "this is no snapshot: \(error)", reason: RPCError.Reason.params)
        }
        guard (1...100).contains(snapshot.source.service.utf8.count),
            (1...100).contains(snapshot.source.instance.utf8.count)
        else {
            throw MetricsError.invalid(
                field: "snapshot", "service and instance have 1 to 100 bytes", reason: RPCError.Reason.params)
        }
        intake.take(snapshot, isLast: params.last) { outcome in
            reply.resolve(outcome.map { MetricsPublish.Result(acceptance: $0) })
        }
    }

    private func read(_ params: MetricsRead.Params) async throws -> MetricsRead.Result {
        let now = time.wall()
        let end = params.to ?? now
        let start = params.from ?? end - .seconds(3600)
        guard start < end else {
            throw MetricsError.invalid(field: "to", "the end lies before the beginning", reason: "metrics.range")
        }
        let limit = params.limit ?? 500
        guard (1...5000).contains(limit) else {
            throw MetricsError.invalid(field: "limit", "the limit is 1 to 5000", reason: RPCError.Reason.params)
        }
        let name = Selector(params.name).name
        let (step, ranges) = try await history.read(
            name, params.labels ?? [:], from: start, to: end, now: now, limit: limit)
        return MetricsRead.Result(stepSeconds: Int(step), series: ranges.map(MetricRange.init))
    }

    private func query(_ params: MetricsQuery.Params) throws -> MetricsQuery.Result {
        let expression: Monitoring.Expression
        do {
            expression = try ExpressionParser.parse(params.expression)
        } catch {
            throw MetricsError.invalid(field: "expression", "\(error)", reason: "metrics.expression")
        }
        let values: [[String: String]: Double]
        if expression.needs.allSatisfy({ $0.value == .zero }) {
            var readings = Readings(expression.needs)
            readings.add(families(), now: time.boot(), wall: time.wall())
            values = readings.evaluate(expression)
        } else if let known = alerts.evaluate(expression) {
            values = known
        } else {
            throw MetricsError.invalid(
                field: "expression", "no alert looks so far back at that; metrics.read has the course of a series",
                reason: "metrics.window")
        }
        let sorted = values.sorted { Self.text($0.key) < Self.text($1.key) }
        return MetricsQuery.Result(values: sorted.prefix(1000).map { MetricValue(labels: $0.key, value: $0.value) })
    }

    private static func text(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    private func familyViews() -> [MetricFamily] {
        families().map { family in
            let description = family.description
            return MetricFamily(
                name: description.name, type: description.kind.rawValue,
                unit: description.unit.isEmpty ? nil : description.unit, help: description.help,
                labels: description.labels, series: family.series.count)
        }.sorted { $0.name < $1.name }
    }

    // MARK: Alerts

    private func list(_ params: AlertList.Params) async throws -> AlertList.Result {
        let count = params.events ?? 0
        guard (0...1000).contains(count) else {
            throw MetricsError.invalid(field: "events", "0 to 1000 events", reason: RPCError.Reason.params)
        }
        let limit = params.limit ?? 100
        guard AlertList.page.contains(limit) else {
            throw MetricsError.invalid(
                field: "limit", "limit is \(AlertList.page.lowerBound) to \(AlertList.page.upperBound), not \(limit)",
                reason: RPCError.Reason.params)
        }
        let events = count > 0 ? try await alerts.events(count) : []
        let silences = alerts.silences(after: Int64(params.silencesAfter ?? 0), limit: limit)
        return AlertList.Result(
            alerts: alerts.alerts.map(AlertView.init), silences: silences.page.map(SilenceView.init),
            nextSilencesAfter: silences.isLast ? nil : silences.page.last.map { Int($0.id) },
            events: events.map(AlertEventView.init), rules: alerts.rules)
    }

    private func silence(_ params: AlertSilence.Params, by peer: Peer) async throws -> SilenceView {
        if let rule = params.rule, !alerts.rules.contains(rule) {
            throw MetricsError.invalid(
                field: "rule", "no alert \(rule.prefix(100)) is declared\(NearMiss.hint(rule, among: alerts.rules))",
                reason: "alert.unknown")
        }
        guard (60_000...30 * 86_400_000).contains(params.forMs) else {
            throw MetricsError.invalid(
                field: "forMs", "a silence lasts 1 minute to 30 days", reason: "alert.span")
        }
        let labels = params.labels ?? [:]
        let bytes = labels.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard bytes <= AlertSilence.labelBytes else {
            throw MetricsError.invalid(
                field: "labels", "labels have at most \(AlertSilence.labelBytes) bytes together, not \(bytes)",
                reason: RPCError.Reason.params)
        }
        guard AlertSilence.comment.contains(params.comment.unicodeScalars.count) else {
            throw MetricsError.invalid(
                field: "comment",
                "say why, in \(AlertSilence.comment.lowerBound) to \(AlertSilence.comment.upperBound) characters",
                reason: RPCError.Reason.params)
        }
        let author = peer.credentials.map { SystemUser.with(id: $0.uid)?.name ?? "\($0.uid)" } ?? "unknown"
        let silence = try await alerts.silence(
            rule: params.rule, labels: labels, until: time.wall() + .milliseconds(params.forMs),
            by: author,
            comment: params.comment)
        log.notice(
            "silence \(silence.id) begins", metadata: ["alert": "\(params.rule ?? "all")", "by": "\(author)"])
        return SilenceView(silence)
    }
}

extension MetricRange {
    init(_ range: SeriesRange) {
        self.init(
            labels: range.labels, course: range.kind == .growth ? .growth : .level,
            points: range.points.map { MetricPoint(time: $0.time, value: $0.value, low: $0.low, high: $0.high) })
    }
}
