/// An error that may know when another attempt can succeed.
public protocol RetryAfterError: Error {
    /// From now; nil when it is not known.
    var retryAfter: Duration? { get }
}
