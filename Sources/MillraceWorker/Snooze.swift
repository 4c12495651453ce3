import Linux
import MillraceProtocol

/// Thrown by `process` when there is nothing wrong but it is too early: the item is tried again later, and the attempt
/// is not counted.
///
///     throw Snooze(for: .seconds(60), because: "the export is not there yet")
public struct Snooze: RPCErrorConvertible, Hashable {
    /// The stable reason by which the runner tells it from an attempt that failed.
    public static let reason = "job.snoozed"

    /// How long the item rests; whole milliseconds, at least one.
    public var pause: Duration
    /// For people, who see it in `job.why` and in the list of attempts.
    public var why: String

    public init(for pause: Duration, because why: String) {
        self.pause = pause
        self.why = why
    }

    public var rpcError: RPCError {
        RPCError(.aborted, why, reason: Self.reason, retryAfterMs: max(1, Int(pause.milliseconds)))
    }
}
