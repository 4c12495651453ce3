/// What kind of failure an error is, as one of the canonical status words (`data.status`). Words this version does not
/// know survive a round trip.
public struct StatusWord: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public static let cancelled = StatusWord(rawValue: "CANCELLED")
    public static let invalidArgument = StatusWord(rawValue: "INVALID_ARGUMENT")
    public static let deadlineExceeded = StatusWord(rawValue: "DEADLINE_EXCEEDED")
    public static let notFound = StatusWord(rawValue: "NOT_FOUND")
    public static let alreadyExists = StatusWord(rawValue: "ALREADY_EXISTS")
    public static let permissionDenied = StatusWord(rawValue: "PERMISSION_DENIED")
    public static let resourceExhausted = StatusWord(rawValue: "RESOURCE_EXHAUSTED")
    public static let failedPrecondition = StatusWord(rawValue: "FAILED_PRECONDITION")
    public static let aborted = StatusWord(rawValue: "ABORTED")
    public static let unimplemented = StatusWord(rawValue: "UNIMPLEMENTED")
    public static let `internal` = StatusWord(rawValue: "INTERNAL")
    public static let unavailable = StatusWord(rawValue: "UNAVAILABLE")
    public static let dataLoss = StatusWord(rawValue: "DATA_LOSS")

    public var description: String { rawValue }

    /// Whether the same request may succeed later without being changed.
    public var isTransient: Bool {
        switch self {
        case .unavailable, .resourceExhausted, .aborted, .deadlineExceeded: true
        default: false
        }
    }

    /// The JSON-RPC `code` an error of this status bears.
    ///
    /// Two have codes of JSON-RPC's own; the others are −32000 minus the canonical number of the word, inside the range
    /// JSON-RPC leaves to servers. A word that is not listed counts as unknown.
    ///
    /// | word | code | word | code |
    /// | --- | --- | --- | --- |
    /// | `INVALID_ARGUMENT` | −32602 | `FAILED_PRECONDITION` | −32009 |
    /// | `INTERNAL` | −32603 | `ABORTED` | −32010 |
    /// | `CANCELLED` | −32001 | `UNIMPLEMENTED` | −32012 |
    /// | any other | −32002 | `UNAVAILABLE` | −32014 |
    /// | `DEADLINE_EXCEEDED` | −32004 | `DATA_LOSS` | −32015 |
    /// | `NOT_FOUND` | −32005 | | |
    /// | `ALREADY_EXISTS` | −32006 | | |
    /// | `PERMISSION_DENIED` | −32007 | | |
    /// | `RESOURCE_EXHAUSTED` | −32008 | | |
    ///
    /// The protocol's own failures keep the codes of JSON-RPC whatever their status: −32700 not JSON, −32600 not a
    /// request, −32601 no such method.
    public var code: Int {
        switch self {
        case .invalidArgument: RPCError.Code.invalidParams
        case .internal: RPCError.Code.internalError
        case .cancelled: -32001
        case .deadlineExceeded: -32004
        case .notFound: -32005
        case .alreadyExists: -32006
        case .permissionDenied: -32007
        case .resourceExhausted: -32008
        case .failedPrecondition: -32009
        case .aborted: -32010
        case .unimplemented: -32012
        case .unavailable: -32014
        case .dataLoss: -32015
        default: -32002
        }
    }
}
