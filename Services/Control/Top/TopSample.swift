import JSONCodec
import Linux
import MillraceProtocol

/// What the runner says of itself at one moment.
struct TopSample: Sendable {
    /// On the boot clock.
    var at: Duration
    var wall: Timestamp
    var status: ServiceStatus.Result
    var metrics: [ServiceMetrics.Metric]
    var queues: [QueueView]
    /// Jobs that run, the newest first; at most ``jobLimit``.
    var jobs: [JobView]
    var workers: [WorkerView]

    static let jobLimit = 500
    private static let patience = Duration.seconds(5)

    static func take(_ caller: Caller, time: any TimeSource) async throws -> TopSample {
        async let status = caller.call(ServiceStatus.self, Empty(), timeout: patience)
        async let metrics = caller.call(
            ServiceMetrics.self, ServiceMetrics.Params(names: TopRates.names), timeout: patience)
        async let queues = caller.call(QueueList.self, Empty(), timeout: patience)
        async let jobs = caller.call(
            JobList.self, JobList.Params(states: [.running], limit: jobLimit), timeout: patience)
        async let workers = caller.call(WorkerList.self, Empty(), timeout: patience)
        return TopSample(
            at: time.boot(), wall: time.wall(), status: try await status.value,
            metrics: try await metrics.value.metrics,
            queues: try await queues.value.queues, jobs: try await jobs.value.jobs,
            workers: try await workers.value.workers)
    }

    /// The sum of a figure over all its labels; nil when there is none.
    func sum(_ name: String) -> Double? {
        let found = metrics.filter { $0.name == name }
        return found.isEmpty ? nil : found.reduce(0) { $0 + $1.value }
    }
}

/// How much happens in a second, from two samples.
struct TopRates: Sendable {
    struct Rate: Sendable {
        var name: String
        var perSecond: Double
    }

    private(set) var rates: [Rate] = []

    /// What is counted, and under which name it is shown.
    private static let figures: [(title: String, name: String)] = [
        ("submitted", "millrace_queue_submitted_total"),
        ("started", "millrace_jobs_started_total"),
        ("over", "millrace_jobs_finished_total"),
        ("failed", "millrace_jobs_failed_total"),
        ("attempts lost", "millrace_attempts_lost_total"),
        ("writes", "millrace_store_writes_total"),
    ]

    static var names: [String] { figures.map(\.name) }

    /// None without an earlier sample, or when the runner was started again in between.
    init(from earlier: TopSample?, to later: TopSample) {
        guard let earlier, earlier.status.pid == later.status.pid, later.at > earlier.at else { return }
        let seconds = (later.at - earlier.at).seconds
        for figure in Self.figures {
            guard let now = later.sum(figure.name), case let before = earlier.sum(figure.name) ?? 0,
                now >= before
            else { continue }
            rates.append(Rate(name: figure.title, perSecond: (now - before) / seconds))
        }
    }

    /// "120", "3.4", "0"
    static func text(_ rate: Double) -> String {
        let tenths = Int((rate * 10).rounded())
        return tenths >= 1000 || tenths % 10 == 0 ? "\((tenths + 5) / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}

extension TopSample: JSONEncodable {
    func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("at", wall)
            json.member("status", status)
            json.member("metrics", metrics)
            json.member("queues", queues)
            json.member("jobs", jobs)
            json.member("workers", workers)
        }
    }
}
