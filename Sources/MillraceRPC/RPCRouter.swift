import JSONCodec
import MillraceProtocol

/// What a service answers: its methods and their handlers.
public struct RPCRouter: Sendable {
    private var entries: [String: MethodEntry] = [:]

    public init() {}

    /// Answers `method` by an async handler, which is cancelled when nobody waits for it any more.
    ///
    /// An error becomes what ``RPCErrorConvertible`` says it is, `CANCELLED` if it is a `CancellationError`, and
    /// `INTERNAL` otherwise; what lies behind that is logged, not sent.
    public mutating func on<M: RPCMethod>(
        _ method: M.Type, _ handler: @escaping @Sendable (M.Params, RPCContext) async throws -> M.Result
    ) {
        add(TaskEntry<M>(handler))
    }

    /// Answers `method` by a handler that never suspends: an inline one costs no task. Otherwise as above.
    public mutating func on<M: RPCMethod>(
        _ method: M.Type, _ handler: @escaping @Sendable (M.Params, RPCContext) throws -> M.Result
    ) {
        add(PlainEntry<M>(handler))
    }

    /// Answers `method` by a handler that is called on the connection's thread, makes no task and gives its answer
    /// whenever it has one. For hot paths; it must not block. Errors it throws are answered as those of the others.
    public mutating func onReply<M: RPCMethod>(
        _ method: M.Type, _ handler: @escaping @Sendable (M.Params, RPCContext, RPCReply<M>) throws -> Void
    ) {
        add(ReplyEntry<M>(handler))
    }

    /// Answers `rpc.discover` with an OpenRPC document.
    public mutating func discover(_ document: [UInt8]) {
        let document = JSONRaw(unchecked: document)
        onReply(Discover.self) { _, _, reply in reply.succeed(document) }
    }

    /// By name.
    public var methods: [MethodDescription] {
        entries.values.map(\.description).sorted { $0.name < $1.name }
    }

    func entry(_ method: String) -> MethodEntry? { entries[method] }

    private mutating func add(_ entry: MethodEntry) {
        let name = entry.description.name
        precondition(entries.updateValue(entry, forKey: name) == nil, "\(name) has two handlers")
    }
}

/// What can be said of a method without calling it.
public struct MethodDescription: Hashable, Sendable {
    public var name: String
    public var access: AccessClass
    public var execution: Execution
    public var isKeyed: Bool
    public var interruptible: Bool
}

/// Gives the service's OpenRPC document.
public enum Discover: RPCMethod {
    public static let name = "rpc.discover"
    public static let access = AccessClass.read
    public typealias Params = Empty
    public typealias Result = JSONRaw
}
