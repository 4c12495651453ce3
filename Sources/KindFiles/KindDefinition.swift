/// The rules of one kind of job, as declared.
public struct KindDefinition: Hashable, Sendable {
    /// 1 to 100 of a-z, 0-9, "-", "." and "_".
    public var name: String
    /// One line for people; empty when none was given.
    public var summary = ""
    public var program: Program
    /// The queue of its jobs where a submission names none.
    public var queue: String?
    /// Jobs of the kind that run at once, 1…10,000; nil is no limit of its own.
    public var concurrency: Int?
    /// Jobs of the kind that may wait, 1…1,000,000,000; the next is refused. Nil is no limit of its own.
    public var waiting: Int?
    public var key = KeyLimits()
    /// How long a job may run, 1 ms…7 d, where a submission does not say.
    public var timeout: Duration?
    /// How long one item may run, 1 ms…7 d.
    public var itemTimeout: Duration?
    public var retry = RetryRules()
    /// Every item needs a token of each of these, and their breakers closed. Each is in ``KindCatalog/resources``.
    public var resources: [String] = []
    /// The resource against whose breaker failures count; it has one.
    public var breaker: String?
    /// How long a finished job is kept, by how it ended; a state that is not there follows the runner's setting.
    public var retention: [Outcome: Duration] = [:]
    public var hooks: [HookDefinition] = []

    public init(name: String, program: Program) {
        self.name = name
        self.program = program
    }
}

/// Who does the work of a kind.
public enum Program: Hashable, Sendable {
    /// A process for each item.
    case command(CommandDefinition)
    /// A pooled worker process, by its name in ``KindCatalog/workers``.
    case worker(String)
    /// A worker that connects by itself and registers the kind.
    case outside
}

/// How a job can end.
public enum Outcome: String, Hashable, Sendable, CaseIterable {
    case succeeded, partial, failed, cancelled
}

/// What holds for the jobs of a kind that share a key.
public struct KeyLimits: Hashable, Sendable {
    /// 1…10,000 at once; 1 when ``ordered``.
    public var running = 2
    /// 0…1,000,000 more; the next is refused.
    public var waiting = 10
    /// Whether they run strictly one after the other, in the order of their submission.
    public var ordered = false
    /// The member of the params whose text or number is the key of a job that was submitted without one; nil for none.
    public var member: String?

    public init() {}
}

/// When and how often a failed try is repeated; a submission's own numbers go before these.
public struct RetryRules: Hashable, Sendable {
    /// Tries in all, 1…100.
    public var attempts = 3
    /// The base of the exponential back-off, 0…1 h.
    public var backoff = Duration.seconds(1)
    /// Repetitions for each first try that are allowed in the long run, 0…1; nil is no budget.
    public var budget: Double?

    public init() {}
}
