import MillraceProtocol
import MillraceService
import MillraceStore

extension StoreError: RPCErrorConvertible {
    /// What a caller is told of a failure of the store.
    public var rpcError: RPCError {
        switch kind {
        case .busy:
            RPCError(.unavailable, "too much waits to be written", reason: "store.busy", retryAfterMs: 100)
        case .full:
            RPCError(
                .resourceExhausted, "the disk is full; nothing was taken in", reason: "store.full", retryAfterMs: 5000)
        case .closed:
            RPCError(.unavailable, "the runner is stopping", reason: "service.stopping", retryAfterMs: 1000)
        default:
            RPCError(.internal, "the store failed: \(message)", reason: "store.failed")
        }
    }
}

extension StoreError: ExitCodeConvertible {}
