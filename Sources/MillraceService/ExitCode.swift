public import Linux
import MillraceProtocol

public typealias ExitCode = Linux.ExitCode
public typealias ExitCodeConvertible = Linux.ExitCodeConvertible

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
