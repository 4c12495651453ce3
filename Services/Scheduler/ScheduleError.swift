import Linux
import MillraceProtocol
import MillraceService
import MillraceStore
import Schedules

/// What the scheduler refuses.
enum ScheduleError: RPCErrorConvertible, Hashable {
    case unknown(String, hint: String)
    case invalid(field: String, String)
    case full(limit: Int)
    /// A file declares it.
    case declared(String, file: String)

    init(_ fault: ScheduleFault, at path: String) { self = .invalid(field: path + fault.field, fault.message) }

    var rpcError: RPCError {
        switch self {
        case .unknown(let name, let hint):
            RPCError(
                .notFound, "there is no schedule \"\(name.prefix(100))\"\(hint)", reason: "schedule.unknown",
                field: "name")
        case .invalid(let field, let message):
            RPCError(.invalidArgument, message, reason: RPCError.Reason.params, field: field)
        case .full(let limit):
            RPCError(
                .resourceExhausted, "there are \(limit) schedules, as many as may be; remove some or raise Limit",
                reason: "schedule.full")
        case .declared(let name, let file):
            RPCError(
                .failedPrecondition, "\(name) is declared in \(file); change that file and reload",
                reason: "schedule.declared", field: "name")
        }
    }
}

extension StoreError: RPCErrorConvertible {
    /// What a caller is told of a failure of the store.
    public var rpcError: RPCError {
        switch kind {
        case .busy: RPCError(.unavailable, "too much waits to be written", reason: "store.busy", retryAfterMs: 100)
        case .full:
            RPCError(
                .resourceExhausted, "the disk is full; nothing was changed", reason: "store.full", retryAfterMs: 5000)
        case .closed:
            RPCError(
                .unavailable, "the scheduler is stopping", reason: RPCError.Reason.stopping, retryAfterMs: 1000)
        default: RPCError(.internal, "the store failed: \(message)", reason: "store.failed")
        }
    }
}

extension StoreError: ExitCodeConvertible {}
