/// A service under test that listens on a socket file.
public protocol Answering: Sendable {
    var socket: String { get }
}

extension Answering {
    /// Calls a method on a connection of its own and returns its result.
    @discardableResult
    public func call(_ method: String, _ params: String = "{}", meta: String? = nil) async throws -> Tree {
        let socket = socket
        return try await onThread { try WireClient(socket).call(method, params, meta: meta) }
    }

    /// The same with the whole answer, error or result.
    public func request(_ method: String, _ params: String = "{}", meta: String? = nil) async throws -> Tree {
        let socket = socket
        return try await onThread { try WireClient(socket).request(method, params, meta: meta) }
    }
}
