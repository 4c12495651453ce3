import Linux
public import MillraceProtocol
import WebClient

/// Why a clinic's calendar gave no answer.
public enum ClinicCalendarError: RPCErrorConvertible, Hashable, Sendable, CustomStringConvertible {
    /// The credential is not of the form `user:password`.
    case credential
    /// Who it is did not let us in, or let us in without a sign of it.
    case login(String, String)
    /// No connection, no answer in time.
    case unanswered(WebError)
    case refused(WebFailure)
    /// What it answered does not read.
    case answer(String, String)
    /// There is no browser, or it has ended.
    case browser(String)

    public var rpcError: RPCError {
        switch self {
        case .credential, .login: RPCError(.permissionDenied, description, reason: "clinic.login")
        case .unanswered(let error): error.rpcError
        case .refused(let failure): failure.rpcError
        case .answer: RPCError(.failedPrecondition, description, reason: "clinic.answer")
        case .browser: RPCError(.failedPrecondition, description, reason: "clinic.browser")
        }
    }

    public var description: String {
        switch self {
        case .credential: "the credential of a clinic has to be user:password on one line"
        case .login(let origin, let why): "\(origin) did not let us in: \(why)"
        case .unanswered(let error): error.description
        case .refused(let failure): failure.description
        case .answer(let origin, let why): "\(origin): the answer does not read: \(why)"
        case .browser(let why): "the browser that reads the calendar's pages: \(why)"
        }
    }

    /// Whether another try may help: the network, a timeout, 429, 502, 503 and 504; anything else fails at once.
    public var isTransient: Bool {
        switch self {
        case .credential, .login, .answer, .browser: false
        case .unanswered(let error):
            switch error {
            case .timedOut, .unreachable: true
            default: false
            }
        case .refused(let failure): [429, 502, 503, 504].contains(failure.status)
        }
    }

    /// When the calendar said to come again.
    var retryAfter: Duration? { if case .refused(let failure) = self { failure.retryAfter } else { nil } }
}
