import Glibc

/// How a program ends, as sysexits.h numbers it. Scripts and units rely on these.
public struct ExitCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    public static let ok = ExitCode(rawValue: EX_OK)
    /// The work was done and its result is a failure.
    public static let failure = ExitCode(rawValue: 1)
    /// The command line is wrong.
    public static let usage = ExitCode(rawValue: EX_USAGE)
    /// The input is wrong.
    public static let dataError = ExitCode(rawValue: EX_DATAERR)
    /// An input cannot be found or read.
    public static let noInput = ExitCode(rawValue: EX_NOINPUT)
    /// A service that is needed does not answer.
    public static let unavailable = ExitCode(rawValue: EX_UNAVAILABLE)
    /// A fault of the program.
    public static let software = ExitCode(rawValue: EX_SOFTWARE)
    /// The system refused what it should not.
    public static let osError = ExitCode(rawValue: EX_OSERR)
    /// An output cannot be created.
    public static let cannotCreate = ExitCode(rawValue: EX_CANTCREAT)
    /// Reading or writing failed.
    public static let ioError = ExitCode(rawValue: EX_IOERR)
    /// Try again later.
    public static let temporaryFailure = ExitCode(rawValue: EX_TEMPFAIL)
    /// The other side does not keep the protocol.
    public static let protocolError = ExitCode(rawValue: EX_PROTOCOL)
    public static let noPermission = ExitCode(rawValue: EX_NOPERM)
    /// A setting is wrong.
    public static let configuration = ExitCode(rawValue: EX_CONFIG)

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

extension ExitCode {
    /// The code for an error of any kind: its own, or ``software``.
    public init(_ error: any Error) {
        self = (error as? any ExitCodeConvertible)?.exitCode ?? .software
    }
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
