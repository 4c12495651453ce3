import CLinux
import Glibc

/// A failed system call: what was called, on what, and the error number.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    public let number: Int32
    /// The call and its object: "connect /run/millrace/runner.sock".
    public let call: String

    public init(number: Int32, call: String) {
        self.number = number
        self.call = call
    }

    /// The error that `errno` holds now; take it before anything else can change it.
    public init(errno call: String) {
        self.init(number: errno, call: call)
    }

    /// "ENOENT", or "errno 4711" where the system knows no name.
    public var name: String {
        millrace_error_name(number).map { String(cString: $0) } ?? "errno \(number)"
    }

    /// "connect /x: No such file or directory (ENOENT)"
    public var description: String {
        let text = millrace_error_text(number).map { String(cString: $0) } ?? "unknown error"
        return "\(call): \(text) (\(name))"
    }
}

/// Repeats `call` while it is interrupted by a signal; throws what `errno` says when it answers -1.
@discardableResult
public func retrying<Number: SignedInteger>(
    _ name: @autoclosure () -> String, _ call: () -> Number
) throws(SystemError) -> Number {
    while true {
        let result = call()
        if result != -1 { return result }
        let number = errno
        if number != EINTR { throw SystemError(number: number, call: name()) }
    }
}
