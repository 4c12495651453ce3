public import Linux

/// Why there is no such zone.
public enum ZoneError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No zone bears the name; `hint` is empty or names one that was probably meant.
    case unknown(name: String, hint: String)
    /// The file is no TZif file that calendars can use; `reason` says why.
    case unusable(path: String, reason: String)
    /// The text is no rule of POSIX TZ.
    case rule(ExpressionError)
    case unreadable(SystemError)

    public var description: String {
        switch self {
        case .unknown(let name, let hint): "there is no time zone “\(name)”\(hint)"
        case .unusable(let path, let reason): "\(path): \(reason)"
        case .rule(let error): "time zone rule “\(error.expression)”: \(error)"
        case .unreadable(let error): "\(error)"
        }
    }
}
