import Linux
public import MillraceProtocol
import WebClient

/// Why a message was not sent. Names the server and the step, and nobody.
public enum SMTPError: RPCErrorConvertible, Hashable, Sendable, CustomStringConvertible {
    /// A step of sending, by its command.
    public enum Step: String, Hashable, Sendable {
        case connect = "the connection", hello = "EHLO", tls = "STARTTLS", signIn = "AUTH", from = "MAIL", to = "RCPT"
        case data = "DATA", message = "the message"
    }

    case settings(String)
    case unreachable(String, String)
    case timedOut(String, Step)
    case untrusted(String, String)
    /// The server said no: for now with a code from 400 to 499, else for good.
    case refused(String, Step, code: Int, String)
    /// The server cannot do what is needed.
    case unable(String, String)
    /// What it says makes no sense.
    case confused(String, String)
    /// The connection broke after the whole message had gone, so it may have been taken or not.
    case uncertain(String, String)
    case cancelled

    /// Whether a later try may go through.
    public var isTransient: Bool { rpcError.status?.isTransient ?? false }

    public var rpcError: RPCError {
        let (status, reason): (StatusWord, String) =
            switch self {
            case .settings: (.failedPrecondition, "mail.settings")
            case .unreachable: (.unavailable, "mail.connection")
            case .timedOut: (.deadlineExceeded, "mail.timeout")
            case .untrusted: (.failedPrecondition, "mail.tls")
            case .refused(_, .signIn, let code, _) where code >= 500: (.permissionDenied, "mail.signIn")
            case .refused(_, _, let code, _): (code < 500 ? .unavailable : .failedPrecondition, "mail.refused")
            case .unable: (.failedPrecondition, "mail.unable")
            case .confused: (.unavailable, "mail.protocol")
            case .uncertain: (.failedPrecondition, "mail.uncertain")
            case .cancelled: (.cancelled, RPCError.Reason.cancelled)
            }
        return RPCError(status, description, reason: reason)
    }

    public var description: String {
        switch self {
        case .settings(let why): why
        case .unreachable(let origin, let why): "\(origin): \(why)"
        case .timedOut(let origin, let step): "\(origin) did not answer in time to \(step.rawValue)"
        case .untrusted(let origin, let why): "no trusted connection to \(origin): \(why)"
        case .refused(let origin, let step, let code, let text):
            "\(origin) answered \(code) to \(step.rawValue): \(text)"
        case .unable(let origin, let what): "\(origin) \(what)"
        case .confused(let origin, let why): "\(origin): \(why)"
        case .uncertain(let origin, let why):
            "the message has gone to \(origin), and nothing came back that says whether it was taken: \(why)"
        case .cancelled: "sending was cancelled"
        }
    }

    /// What went wrong underneath.
    init(_ error: any Error, _ origin: String, _ step: Step) {
        if let error = error as? SMTPError {
            self = error
            return
        }
        if let fault = error as? SMTPReplyReader.Fault {
            self = .confused(origin, fault.why)
            return
        }
        switch WebError(error, origin: origin) {
        case .timedOut: self = .timedOut(origin, step)
        case .unreachable(_, let why): self = .unreachable(origin, why)
        case .untrusted(_, let why): self = .untrusted(origin, why)
        case .cancelled: self = .cancelled
        case let other: self = .unreachable(origin, "\(other)")
        }
    }
}
