import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC

/// An answer as it came and as it is understood.
struct Answer<Value: Sendable>: Sendable {
    /// For `--json`: members this version does not know are still there.
    var raw: JSONRaw
    var value: Value
}

/// Calls one service on behalf of a command.
final class Caller: Sendable {
    /// Long enough for a service that is just being started again.
    static let patience = Duration.seconds(30)

    private let client: RPCClient

    /// Fails at once, in a person's words, where nobody answers; later losses of the connection are bridged.
    init(service: String, at place: Place) throws(Failure) {
        let path = place.socket(of: service)
        do {
            _ = try UnixSocket.connect(path: path)
        } catch {
            throw Self.unreachable(service, place, error)
        }
        client = RPCClient(socket: path)
    }

    /// A timeout of nil waits for ever.
    func call<M: RPCMethod>(
        _ method: M.Type, _ params: M.Params, timeout: Duration? = patience, idempotencyKey: String? = nil,
        progress: (@Sendable (JSONRaw) -> Void)? = nil
    ) async throws -> Answer<M.Result> {
        let options = CallOptions(timeout: timeout, idempotencyKey: idempotencyKey)
        let raw = try await client.callRaw(
            M.name, JSONRaw(params), options: options, repeatable: M.repeatable, progress: progress)
        return Answer(raw: raw, value: try raw.decode(M.Result.self))
    }

    func call(
        _ method: String, _ params: JSONRaw, timeout: Duration? = patience,
        progress: (@Sendable (JSONRaw) -> Void)? = nil
    ) async throws -> JSONRaw {
        try await client.callRaw(method, params, options: CallOptions(timeout: timeout), progress: progress)
    }

    func close() { client.close() }

    static func unreachable(_ service: String, _ place: Place, _ error: SystemError) -> Failure {
        let path = place.socket(of: service)
        switch error.number {
        case ENOENT, ECONNREFUSED, ENOTDIR:
            return Failure(.unavailable, "no \(service) at \(path): not started? try `\(place.startCommand)`")
        case EACCES, EPERM:
            return Failure(
                .noPermission,
                "not allowed to use \(path): be root or a member of its group (millrace), then log in anew")
        default:
            return Failure(.unavailable, "no \(service) at \(path): \(error)")
        }
    }
}
