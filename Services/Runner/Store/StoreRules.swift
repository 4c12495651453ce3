import KindFiles
import Linux
import MillraceProtocol

/// How many jobs of one kind may share a key.
struct KeyLimit: Hashable, Sendable {
    /// Admitted at once: standing in a lane or running. 1 when ``ordered``.
    var running = 2
    /// Waiting behind those, 0…1,000,000. Jobs whose time has not come, that wait for others or are buried do not count;
    /// they join the line without being refused, and so do those of hooks.
    var waiting = 10
    /// Whether they run strictly one after the other, in the order of submission.
    var ordered = false

    /// How many may be admitted at once.
    var places: Int { ordered ? 1 : max(1, running) }
}

/// What the store has to know of settings and declarations.
struct StoreRules: Sendable {
    /// As they are declared.
    var kinds: [String: KindDefinition] = [:]
    /// By kind.
    var keyLimits: [String: KeyLimit] = [:]
    var defaultKeyLimit = KeyLimit()
    /// How much longer a job has to wait to overtake one of a priority that is higher by one.
    var ageing = Duration.seconds(60)
    /// How long a job is kept after its end, by how it ended.
    var retention: [JobState: Duration] = [
        .succeeded: .seconds(7 * 86400), .partial: .seconds(30 * 86400), .failed: .seconds(30 * 86400),
        .cancelled: .seconds(7 * 86400),
    ]
    /// By kind, before ``retention``.
    var kindRetention: [String: [JobState: Duration]] = [:]
    /// What kinds declare to happen when one of their jobs ends.
    var hooks: [String: [KindHook]] = [:]

    func keyLimit(of kind: String) -> KeyLimit { keyLimits[kind] ?? defaultKeyLimit }

    func retention(of kind: String, _ state: JobState) -> Duration {
        kindRetention[kind]?[state] ?? retention[state] ?? .seconds(7 * 86400)
    }

    /// What a specification does not say is said by its kind.
    func complete(_ specification: JobSpecification) -> JobSpecification {
        guard let kind = kinds[specification.kind] else { return specification }
        var complete = specification
        complete.queue = specification.queue ?? kind.queue
        if specification.key == nil, let member = kind.key.member {
            complete.key = Rules.key(specification.params, at: member)
        }
        complete.timeoutMs = specification.timeoutMs ?? kind.timeout.map { Int($0.milliseconds) }
        complete.itemTimeoutMs = specification.itemTimeoutMs ?? kind.itemTimeout.map { Int($0.milliseconds) }
        complete.maxAttempts = specification.maxAttempts ?? kind.retry.attempts
        complete.backoffMs = specification.backoffMs ?? Int(kind.retry.backoff.milliseconds)
        return complete
    }

    /// Where a job that becomes ready at that time stands in its lane: the lowest is first.
    func rank(at time: Timestamp, priority: Int) -> Int64 {
        time.milliseconds - Int64(priority) * ageing.milliseconds
    }
}
