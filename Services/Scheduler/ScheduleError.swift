import Linux
import MillraceProtocol
import MillraceService
import Schedules

/// What the scheduler refuses.
enum ScheduleError: RPCErrorConvertible, Hashable {
    case unknown(String, hint: String)
    case invalid(field: String, String)
    /// A file of the system that its times depend on; nothing is wrong with the schedule.
    case zoneUnreadable(String)
    case full(limit: Int)
    /// A file declares it.
    case declared(String, file: String, field: String)

    init(_ fault: ScheduleFault, at path: String) {
        self = fault.mayPass ? .zoneUnreadable(fault.message) : .invalid(field: path + fault.field, fault.message)
    }

    var rpcError: RPCError {
        switch self {
        case .unknown(let name, let hint):
            RPCError(
                .notFound, "there is no schedule \"\(name.prefix(100))\"\(hint)", reason: "schedule.unknown",
                field: "name")
        case .invalid(let field, let message):
            RPCError(.invalidArgument, message, reason: RPCError.Reason.params, field: field)
        case .zoneUnreadable(let why):
            RPCError(
                .unavailable, "the time zone cannot be read now: \(why)", reason: "zone.unreadable", retryAfterMs: 1000)
        case .full(let limit):
            RPCError(
                .resourceExhausted, "there are \(limit) schedules, as many as may be; remove some or raise Limit",
                reason: "schedule.full")
        case .declared(let name, let file, let field):
            RPCError(
                .failedPrecondition, "\(name) is declared in \(file); change that file and reload",
                reason: "schedule.declared", field: field)
        }
    }
}
