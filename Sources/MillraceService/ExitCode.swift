import Glibc
public import Linux
import MillraceProtocol

/// How a program ends, as sysexits.h numbers it. Scripts and units rely on these.
public enum ExitCode: Int32, Sendable, CaseIterable {
    case ok = 0
    /// The work was done and its result is a failure.
    case failure = 1
    /// EX_USAGE: the command line is wrong.
    case usage = 64
    /// EX_DATAERR: the input is wrong.
    case dataError = 65
    /// EX_NOINPUT: an input file cannot be read.
    case noInput = 66
    /// EX_NOUSER
    case noUser = 67
    /// EX_NOHOST
    case noHost = 68
    /// EX_UNAVAILABLE: a service that is needed does not answer.
    case unavailable = 69
    /// EX_SOFTWARE: a fault of the program.
    case software = 70
    /// EX_OSERR: the system refused what it should not.
    case osError = 71
    /// EX_OSFILE: a file of the system is missing or wrong.
    case osFile = 72
    /// EX_CANTCREAT: an output cannot be created.
    case cannotCreate = 73
    /// EX_IOERR: reading or writing failed.
    case ioError = 74
    /// EX_TEMPFAIL: try again later.
    case temporaryFailure = 75
    /// EX_PROTOCOL: the other side does not keep the protocol.
    case protocolError = 76
    /// EX_NOPERM
    case noPermission = 77
    /// EX_CONFIG: a setting is wrong.
    case configuration = 78

    /// Ends the process at once, with what was printed written out. Other threads get no chance to end in order.
    public func exit() -> Never {
        fflush(nil)
        _exit(rawValue)
    }
}

/// An error that knows with which code a program should end because of it.
public protocol ExitCodeConvertible: Error {
    var exitCode: ExitCode { get }
}

extension SystemError: ExitCodeConvertible {
    public var exitCode: ExitCode {
        switch number {
        case EACCES, EPERM: .noPermission
        case EADDRINUSE, ECONNREFUSED, EHOSTUNREACH: .unavailable
        case ENOENT, ENOTDIR, EEXIST, EISDIR, EROFS: .cannotCreate
        case EIO, ENOSPC, EDQUOT, EFBIG: .ioError
        case EAGAIN, ENOMEM, EMFILE, ENFILE: .temporaryFailure
        default: .osError
        }
    }
}

extension RPCError: ExitCodeConvertible {
    public var exitCode: ExitCode {
        switch status {
        case .unavailable?: .unavailable
        case .invalidArgument?: .usage
        case .permissionDenied?: .noPermission
        case .notFound?: .noInput
        case .resourceExhausted?, .aborted?, .deadlineExceeded?: .temporaryFailure
        case .dataLoss?: .ioError
        case .unimplemented?: .protocolError
        case .internal?: .software
        default: .failure
        }
    }
}

extension ExitCode {
    /// The code for an error of any kind: its own, or ``software``.
    public init(_ error: any Error) {
        self = (error as? any ExitCodeConvertible)?.exitCode ?? .software
    }
}
