import JSONCodec

/// What a caller must be allowed to do; each class includes those before it.
public enum AccessClass: Int, Hashable, Comparable, Sendable, CaseIterable, CustomStringConvertible {
    case read, write, admin

    public static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }

    public var description: String {
        switch self {
        case .read: "read"
        case .write: "write"
        case .admin: "admin"
        }
    }
}

/// Where a method's handler starts.
public enum Execution: Hashable, Sendable {
    /// On the thread that read the request. A handler that does not suspend is answered within the same read; one that
    /// suspends goes on elsewhere. It must not block or compute for long before its first suspension.
    case inline
    /// On the concurrent pool, for handlers that compute.
    case offloaded
}

/// One method of the protocol: its name, what it takes and what it gives.
public protocol RPCMethod: SendableMetatype {
    /// `noun.verb`
    static var name: String { get }
    static var access: AccessClass { get }
    static var execution: Execution { get }
    /// Whether a client may send the request again when the connection broke before the answer, without an idempotency
    /// key. Methods that only read are.
    static var repeatable: Bool { get }
    /// Whether the handler makes one of two requests that bear the same idempotency key. A method that changes something and has
    /// none refuses a request with a key: it would be repeated after a lost connection.
    static var isKeyed: Bool { get }
    /// Whether the method only waits and watches: a service that stops answers it `UNAVAILABLE` at once instead of
    /// waiting for its end.
    static var interruptible: Bool { get }

    /// Written as an object or, for positional parameters, an array: JSON-RPC has no other.
    associatedtype Params: JSONCodable & Sendable
    associatedtype Result: JSONCodable & Sendable
}

extension RPCMethod {
    public static var execution: Execution { .inline }
    public static var repeatable: Bool { access == .read }
    public static var isKeyed: Bool { false }
    public static var interruptible: Bool { false }
}
