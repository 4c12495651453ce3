public import MillraceProtocol

/// What came of a call to Notion that gave no result.
public enum NotionError: RPCErrorConvertible, Hashable, Sendable, CustomStringConvertible {
    /// Notion answered with an error, as often as it was asked.
    case refused(NotionRefusal)
    /// There was no answer, or none that can be used; nothing was written.
    case unanswered(call: String, why: String)
    /// A write that was sent and has no answer: it may have been carried out. Look before writing again.
    case unknownOutcome(call: String, why: String)
    /// A query has more rows than Notion gives for one; so many came.
    case incomplete(source: NotionID, rows: Int)
    /// A request that Notion would refuse for its size, which was not sent.
    case tooLarge(String)
    /// A filter that Notion does not take.
    case badFilter(String)
    /// A database with several data sources, by their ids, or with none.
    case severalSources(database: NotionID, [NotionID])
    /// A page lacks a property, or it is of another type than the one wanted.
    case badProperty(page: NotionID, name: String, why: String)

    public var rpcError: RPCError {
        let (status, reason): (StatusWord, String) =
            switch self {
            case .refused(let refusal): (refusal.word, "notion.\(refusal.code)")
            case .unanswered: (.unavailable, "notion.unanswered")
            case .unknownOutcome: (.unavailable, "notion.unknownOutcome")
            case .incomplete: (.failedPrecondition, "notion.incomplete")
            case .tooLarge: (.invalidArgument, "notion.tooLarge")
            case .badFilter: (.invalidArgument, "notion.filter")
            case .severalSources: (.failedPrecondition, "notion.sources")
            case .badProperty: (.failedPrecondition, "notion.property")
            }
        var error = RPCError(status, "notion: \(description)", reason: reason)
        if case .refused(let refusal) = self { error.retryAfterMs = refusal.retryAfter.map { Int($0.milliseconds) } }
        return error
    }

    public var description: String {
        switch self {
        case .refused(let refusal): refusal.description
        case .unanswered(let call, let why): "\(call): \(why)"
        case .unknownOutcome(let call, let why): "\(call): \(why); whether it was carried out is not known"
        case .incomplete(let source, let rows):
            "a query of \(source) has more rows than Notion gives (\(rows) came); narrow its filter"
        case .tooLarge(let what): what
        case .badFilter(let why): "the filter cannot be sent: \(why)"
        case .severalSources(let database, let sources) where sources.isEmpty: "database \(database) has no data source"
        case .severalSources(let database, let sources):
            "database \(database) has several data sources, name one of them instead: "
                + sources.map(\.description).joined(separator: ", ")
        case .badProperty(let page, let name, let why): "property \(name) of page \(page) \(why)"
        }
    }
}

/// An error that Notion answered.
public struct NotionRefusal: Hashable, Sendable, CustomStringConvertible {
    /// What was called: `POST pages`.
    public var call: String
    public var status: Int
    /// Notion's word: `rate_limited`, `object_not_found`.
    public var code: String
    public var message: String
    public var retryAfter: Duration?

    public init(call: String, status: Int, code: String, message: String, retryAfter: Duration? = nil) {
        self.call = call
        self.status = status
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    public var isNotFound: Bool { status == 404 }
    /// Somebody wrote at the same time: read again, then write again.
    public var isConflict: Bool { status == 409 }

    public var word: StatusWord {
        switch status {
        case 400: .invalidArgument
        case 401, 403: .permissionDenied
        case 404: .notFound
        case 409: .aborted
        case 429: .resourceExhausted
        case 504: .deadlineExceeded
        case 500...599: .unavailable
        default: .failedPrecondition
        }
    }

    public var description: String { "\(call) was answered \(status) \(code): \(message)" }
}
