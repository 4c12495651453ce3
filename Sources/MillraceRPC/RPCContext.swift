import JSONCodec
import Linux
import Logging
import MillraceProtocol

/// What a handler knows about the request it answers, beside the parameters.
public struct RPCContext: Sendable {
    let call: IncomingCall

    public var peer: Peer { call.session.peer }
    /// The request's own, or a new one; the answer bears it, and everything the request causes should.
    public var correlationId: String { call.correlationId }
    public var meta: Meta { call.meta }
    public var method: String { call.method }
    /// When the caller stops waiting, on the boot clock; the handler is cancelled then.
    public var deadline: Duration? { call.deadline }
    /// The connection, for calls in the other direction.
    public var session: RPCSession { call.session }

    /// The service's log with this request's correlation id.
    public var log: Logger {
        var log = call.session.log
        log[metadataKey: "correlation-id"] = "\(call.correlationId)"
        return log
    }

    /// Sends `$/progress` with the request's id as token. Never waits: to a peer who does not read, only the latest
    /// value is kept, and after the answer nothing is sent.
    public func progress(_ value: some JSONEncodable) {
        call.session.sendProgress(call, value)
    }

    /// Runs `body` once when the request is cancelled, at the latest now if it already is; for handlers that have no
    /// task. A later call replaces the body.
    public func onCancel(_ body: @escaping @Sendable () -> Void) {
        call.session.onCancel(call, body)
    }
}
