import MillraceProtocol

/// What a caller says about a call beside its parameters.
public struct CallOptions: Hashable, Sendable {
    /// How long the answer is waited for; the other side stops the work then. Nil waits for ever.
    public var timeout: Duration?
    /// Makes a call that changes something safe to repeat: two with the same key are one.
    public var idempotencyKey: String?
    public var correlationId: String?
    public var traceparent: String?

    public init(
        timeout: Duration? = nil, idempotencyKey: String? = nil, correlationId: String? = nil,
        traceparent: String? = nil
    ) {
        self.timeout = timeout
        self.idempotencyKey = idempotencyKey
        self.correlationId = correlationId
        self.traceparent = traceparent
    }

    var meta: Meta {
        Meta(
            correlationId: correlationId, timeoutMs: timeout.map { max(1, Int($0.milliseconds)) },
            traceparent: traceparent, idempotencyKey: idempotencyKey)
    }
}

extension RPCContext {
    /// Options for calls made on behalf of this request: its correlation id, its trace and what is left of its time.
    public var options: CallOptions {
        CallOptions(
            timeout: deadline.map { max(.milliseconds(1), $0 - call.session.time.boot()) },
            correlationId: correlationId, traceparent: meta.traceparent)
    }
}
