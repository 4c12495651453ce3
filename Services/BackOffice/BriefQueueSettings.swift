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

    init(environment: @escaping (String) -> String?) {
        var reader = VariableReader(environment)
        attempts = max(1, reader.number(Self.tries))
        stalled = .milliseconds(reader.number(Self.stalledAfter))
        timeout = .milliseconds(reader.number(Self.wholeBrief))
        tracksProgress = reader.truth(Self.progress)
        progressRetries = reader.number(Self.progressTries)
        retryBase = .milliseconds(reader.number(Self.progressPause))
        for (name, why) in Self.idle { reader.idle(name, why) }
        warnings = reader.warnings
    }

    private static let tries = NumberVariable(
        "QUEUE_MAX_RETRIES", 3, 0...10, "Tries of a brief in all, of which there is at least one")
    private static let stalledAfter = NumberVariable(
        "QUEUE_STALLED_TIMEOUT", 300_000, 30_000...86_400_000, "Milliseconds for a step of a brief")
    private static let wholeBrief = NumberVariable(
        "QUEUE_WORKER_TIMEOUT", 600_000, 10_000...86_400_000, "Milliseconds for a brief")
    private static let progress = TruthVariable(
        "QUEUE_ENABLE_PROGRESS_TRACKING", true, "false: the books are not told how far a brief is.")
    private static let progressTries = NumberVariable(
        "QUEUE_PROGRESS_UPDATE_RETRIES", 3, 0...10, "Further tries to tell them")
    private static let progressPause = NumberVariable(
        "QUEUE_RETRY_BACKOFF_BASE", 1000, 100...60_000, "Milliseconds before the first of these")

    /// Variables for which there is nothing to set here, and why.
    private static let idle = [
        ("QUEUE_POLL_INTERVAL", "nothing polls, a job begins when it is due"),
        ("QUEUE_BATCH_SIZE", "how many jobs of a kind run at once stands in kinds.d"),
        ("QUEUE_STATS_UPDATE_INTERVAL", "figures are those of the moment"),
        ("QUEUE_ENABLE_HEALTH_CHECKS", "the runner always checks its workers"),
        ("QUEUE_ENABLE_CONCURRENT_PROCESSING", "how many jobs of a kind run at once stands in kinds.d"),
    ]

    /// All that is read.
    static let variables =
        [
            tries.reference, stalledAfter.reference, wholeBrief.reference, progress.reference,
            progressTries.reference, progressPause.reference,
        ] + idle.map { VariableReference($0.0, "No effect: \($0.1).") }
}
