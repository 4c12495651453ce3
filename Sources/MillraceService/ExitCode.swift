import Glibc
public import Linux
import MillraceProtocol

public typealias ExitCode = Linux.ExitCode

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
