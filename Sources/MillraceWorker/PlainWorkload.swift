import JSONCodec
import MillraceProtocol

/// A kind of job in one function. Such a job is its own single item: it is done, tried again, or failed as a whole.
///
/// The runner keeps everything else: durability, retries, timeouts, cancellation. `process` may be called again for the
/// same job, by this process or another, after an error or a crash, and has to be safe to repeat.
///
/// An error says by its ``RPCError/status`` whether another try may help (``StatusWord/isTransient``), and by
/// ``RPCError/retryAfterMs`` when.
public protocol PlainWorkload: Sendable {
    /// What the job was submitted with. A value that does not decode fails the job with `INVALID_ARGUMENT`.
    associatedtype Params: JSONDecodable & Sendable
    /// What the job amounts to; kept on disk.
    associatedtype Output: JSONEncodable & Sendable

    /// The name jobs are submitted under.
    static var kind: String { get }
    /// One line for people.
    static var summary: String { get }

    /// Does the job. Cancellation of the job is cancellation of the surrounding task.
    func process(_ params: Params, _ run: JobRun) async throws -> Output
}
