import JSONCodec
import MillraceProtocol

/// A kind of job in four functions: plan → preload → process → summarize.
///
/// The runner keeps everything else: durability, bounded concurrency, retries, progress, cancellation, a checkpoint per
/// item. Each function may be called again for the same job, by this process or another, after an error or a crash;
/// `process` has to be safe to repeat for an item that was already done.
///
/// An error says by its ``RPCError/status`` whether another try may help (``StatusWord/isTransient``).
public protocol Workload: Sendable {
    /// What the job was submitted with. A value that does not decode fails the job with `INVALID_ARGUMENT`.
    associatedtype Params: JSONDecodable & Sendable
    /// What `process` needs to know of an item; kept on disk with it.
    associatedtype Item: JSONCodable & Sendable
    /// What `preload` read; kept in memory until the job needs it no more.
    associatedtype Context: Sendable
    /// What an item amounts to; kept on disk as its checkpoint.
    associatedtype Output: JSONCodable & Sendable
    /// The job's result.
    associatedtype Summary: JSONEncodable & Sendable

    /// The name jobs are submitted under.
    static var kind: String { get }
    /// One line for people.
    static var summary: String { get }

    /// Names the items of the job.
    func plan(_ params: Params, _ run: JobRun) async throws -> Plan<Item>

    /// Reads in bulk what the unfinished items need; once per job and process, before its first item.
    func preload(_ params: Params, _ items: [PlannedItem<Item>], _ run: JobRun) async throws -> Context

    /// Does one item. Cancellation of the job is cancellation of the surrounding task.
    func process(_ item: PlannedItem<Item>, _ params: Params, _ context: Context, _ run: JobRun) async throws -> Output

    /// Makes the job's result of what became of its items, in the order of the plan.
    ///
    /// Called for a cancelled job too; then items may be missing or ``ItemState/cancelled``.
    func summarize(_ outcomes: [Outcome<Output>], _ params: Params, _ run: JobRun) async throws -> Summary
}

/// An item of a job.
public struct PlannedItem<Input: Sendable>: Sendable {
    /// Unique within the job; what people see.
    public var key: String
    public var input: Input

    public init(key: String, input: Input) {
        self.key = key
        self.input = input
    }
}

/// What a job consists of.
public struct Plan<Item: Sendable>: Sendable {
    public var items: [PlannedItem<Item>]
    /// How many items may run at once, 1–20; what is beyond counts as the nearest of these.
    public var slots: Int

    public init(items: [PlannedItem<Item>], slots: Int = 5) {
        self.items = items
        self.slots = slots
    }
}

/// What became of an item.
public struct Outcome<Output: Sendable>: Sendable {
    public var key: String
    public var state: ItemState
    /// Of an item that succeeded.
    public var output: Output?
    /// Of an item that failed.
    public var error: RPCError?

    public init(key: String, state: ItemState, output: Output? = nil, error: RPCError? = nil) {
        self.key = key
        self.state = state
        self.output = output
        self.error = error
    }
}
