public import MillraceProtocol

extension StoreError: RPCErrorConvertible {
    /// What a caller of a service is told of a failure of its store.
    public var rpcError: RPCError {
        switch kind {
        case .busy:
            RPCError(.unavailable, "too much waits to be written", reason: "store.busy", retryAfterMs: 100)
        case .full:
            RPCError(
                .resourceExhausted, "the disk is full; nothing was changed", reason: "store.full", retryAfterMs: 5000)
        case .closed:
            RPCError(
                .unavailable, "the service is stopping", reason: RPCError.Reason.stopping, retryAfterMs: 1000)
        default: RPCError(.internal, "the store failed: \(message)", reason: "store.failed")
        }
    }
}
