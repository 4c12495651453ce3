import BackOffice
import Glibc
import JSONCodec
import Linux
import MillraceProtocol

/// Why a command did not do what it was asked: what is said on standard error, and the exit code.
struct Failure: Error, Hashable, Sendable {
    var exit: Exit
    /// Lower case, names the thing, says what is wrong and what to do.
    var message: String
    /// More that belongs to it, a line each: the last lines of a log, the mistakes in a file.
    var lines: [String] = []
    /// The answer of a service, when it was that.
    var answer: RPCError?
    /// For programs: what was found, when that is more than lines.
    var report: JSONRaw?

    init(_ exit: Exit, _ message: String) {
        self.exit = exit
        self.message = message
    }

    init(_ exit: Exit, _ message: String, lines: [String]) {
        self.init(exit, message)
        self.lines = lines
    }

    /// A service's answer in a person's words; a failure of the service itself says where to look.
    init(_ error: RPCError) {
        // The fixed words of the protocol say less than the detail beside them.
        var message = error.detail ?? error.message
        if let field = error.field, error.status == .invalidArgument, !field.isEmpty, !message.contains(field) {
            message = "\(field): \(message)"
        }
        if let reason = error.reason { message += " (\(reason))" }
        if let pause = error.retryAfterMs { message += ", try again in \(Duration.milliseconds(pause).short)" }
        self.init(Exit(error), message)
        answer = error
        if exit == .software, let id = error.correlationId {
            lines = ["look into the log: millctl logs --correlation \(id)"]
        }
    }

    /// A system call on something the person named.
    init(_ error: SystemError) {
        let exit: Exit =
            switch error.number {
            case ENOENT, ENOTDIR: .noInput
            case EACCES, EPERM: .noPermission
            case EIO, ENOSPC, EDQUOT: .ioError
            default: .osError
            }
        self.init(exit, "\(error)")
    }
}

extension Failure: JSONEncodable {
    /// `{"error": {"message": …}, "exitCode": 69}`; the answer of a service stands there as it came.
    func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("error") { json in
                if let answer {
                    answer.encode(to: &json)
                } else {
                    json.object { json in
                        json.member("message", message)
                        if let report {
                            json.member("report", report)
                        } else if !lines.isEmpty {
                            json.member("lines", lines)
                        }
                    }
                }
            }
            json.member("exitCode", Int(exit.rawValue))
        }
    }
}

extension Failure {
    /// For people: the message after the program's name, then the lines that belong to it, indented.
    func text(for terminal: Terminal) -> String {
        let head = terminal.paint("millctl:", .bad) + " " + Self.harmless(message)
        return ([head] + lines.map { "  " + Self.harmless($0) }).joined(separator: "\n")
    }

    private static func harmless(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { DisplayText.harmless(String($0)) }
            .joined(separator: "\n")
    }
}

extension Failure {
    /// What a command threw; nil for the words of the argument parser.
    init?(any error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as SystemError: self.init(error)
        case let error as any RPCErrorConvertible: self.init(error.rpcError)
        case let error as BriefZoneError:
            self.init(RPCError(.unavailable, "\(error)", reason: "zone.unreadable", retryAfterMs: 1000))
        case let error as JSONError: self.init(.software, "an answer that cannot be read: \(error)")
        case is CancellationError: self.init(.interrupted, "interrupted")
        default: return nil
        }
    }

    /// A command line that is wrong: the parser's message in our manner, and its usage line.
    init(parsing message: String, usage: String) {
        let head = message.prefix(1).lowercased() + message.dropFirst()
        let lines = usage.split(separator: "\n").drop { !$0.hasPrefix("Usage:") }
        self.init(.usage, Self.harmless(head.hasSuffix("\n") ? String(head.dropLast()) : head))
        self.lines = lines.map { line in
            var line = Substring(line)
            while line.first == " " { line.removeFirst() }
            return String(line)
        }
    }
}
