import Linux

/// What the variables `QUEUE_…` say of the jobs that make briefs; held within their bounds.
struct BriefQueueSettings: Sendable, Hashable {
    /// Tries of a brief in all, with a minute before the second and two before the third.
    var attempts = 3
    /// A step that takes longer is stalled: it is taken back and counts as a try.
    var stalled = Duration.seconds(300)
    /// For the whole job.
    var timeout = Duration.seconds(600)
    /// Whether the books are told how far a brief is.
    var tracksProgress = true
    /// Further tries to tell them.
    var progressRetries = 3
    /// Before the first of these; doubled after each.
    var retryBase = Duration.milliseconds(1000)
    var warnings: [String] = []

    static let backoff = Duration.seconds(60)

    init() {}

    init(environment: (String) -> String?) {
        attempts = max(1, number("QUEUE_MAX_RETRIES", 3, 0...10, environment))
        stalled = .milliseconds(number("QUEUE_STALLED_TIMEOUT", 300_000, 30_000...86_400_000, environment))
        timeout = .milliseconds(number("QUEUE_WORKER_TIMEOUT", 600_000, 10_000...86_400_000, environment))
        tracksProgress = environment("QUEUE_ENABLE_PROGRESS_TRACKING") != "false"
        progressRetries = number("QUEUE_PROGRESS_UPDATE_RETRIES", 3, 0...10, environment)
        retryBase = .milliseconds(number("QUEUE_RETRY_BACKOFF_BASE", 1000, 100...60_000, environment))
        for (name, instead) in Self.idle where environment(name).map({ !$0.isEmpty }) == true {
            warnings.append("\(name) has no effect: \(instead)")
        }
    }

    /// Variables for which there is nothing to set here.
    private static let idle = [
        ("QUEUE_POLL_INTERVAL", "nothing polls, a job begins when it is due"),
        ("QUEUE_BATCH_SIZE", "how many jobs of a kind run at once stands in kinds.d"),
        ("QUEUE_STATS_UPDATE_INTERVAL", "figures are those of the moment"),
        ("QUEUE_ENABLE_HEALTH_CHECKS", "the runner always checks its workers"),
        ("QUEUE_ENABLE_CONCURRENT_PROCESSING", "how many jobs of a kind run at once stands in kinds.d"),
    ]

    private mutating func number(
        _ name: String, _ usual: Int, _ bounds: ClosedRange<Int>, _ environment: (String) -> String?
    ) -> Int {
        guard let said = environment(name), !said.isEmpty else { return usual }
        let value = min(max(Int(said) ?? usual, bounds.lowerBound), bounds.upperBound)
        if Int(said) != value {
            warnings.append(
                "\(name)=\(said) is not a number from \(bounds.lowerBound) to \(bounds.upperBound); \(value) is used")
        }
        return value
    }
}
