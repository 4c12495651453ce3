public import Linux
import MillraceProtocol
import Systemd

public typealias ExitCode = Linux.ExitCode
public typealias ExitCodeConvertible = Linux.ExitCodeConvertible

extension ExitCode {
    /// Ends the process with this code when the journal has taken in what was logged, after two seconds at most.
    public func exitWhenHeard() -> Never {
        Journal.settle()
        exit()
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
