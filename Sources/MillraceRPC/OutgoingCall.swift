import JSONCodec
import MillraceProtocol

/// A request of ours that waits for its answer.
struct OutgoingCall: Sendable {
    var completion: @Sendable (Answer) -> Void
    var progress: (@Sendable (JSONRaw) -> Void)?
    /// On the boot clock.
    var deadline: Duration?

    /// Lives only while the completion runs.
    enum Answer: ~Escapable {
        case result(Span<UInt8>)
        case error(RPCError)
    }
}

/// A call made with a completion, for calling it off.
public struct CallHandle: Sendable {
    let session: RPCSession
    let id: Int64

    /// Tells the peer to stop and completes the call with `CANCELLED`, if it is not complete already.
    public func cancel() {
        session.cancelOutgoing(id)
    }

    /// Asks the peer to stop but goes on waiting for its answer, which says what became of the call.
    public func requestCancellation() {
        session.notify("$/cancelRequest", CancelRequest(id: .number(id)))
    }
}
