import JSONCodec
import Linux
import Logging
import MillraceProtocol
import TestSupport

@testable import MillraceRPC

/// A server in a temporary folder; drained at the end of `with`.
final class TestServer: Sendable {
    let server: RPCServer
    let folder = TemporaryDirectory()
    var path: String { folder.file("test.sock") }

    init(
        _ router: RPCRouter, limits: RPCLimits = RPCLimits(), access: AccessPolicy = .sameUser,
        time: any TimeSource = SystemTime()
    ) {
        server = RPCServer(router: router, limits: limits, access: access, log: .silent, time: time)
    }

    static func with<R>(
        _ router: RPCRouter, limits: RPCLimits = RPCLimits(), access: AccessPolicy = .sameUser,
        _ body: (TestServer) async throws -> R
    ) async throws -> R {
        let test = TestServer(router, limits: limits, access: access)
        try await test.server.serve(listening: UnixSocket.listen(path: test.path))
        do {
            let result = try await body(test)
            await test.server.drain(within: .zero)
            return result
        } catch {
            await test.server.drain(within: .zero)
            throw error
        }
    }

    func peer(reading: Bool = true) throws -> RawPeer { try RawPeer(path: path, reading: reading) }

    func client(patience: Duration = patience) -> RPCClient {
        RPCClient(socket: path, log: .silent, patience: patience)
    }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension JSONValue {
    var errorReason: String? { self["error"]?["data"]?["reason"]?.stringValue }
    var errorStatus: String? { self["error"]?["data"]?["status"]?.stringValue }
    var errorCode: Int? { self["error"]?["code"]?.intValue }
}

extension RPCError {
    /// What `body` throws.
    static func thrown(by body: () async throws -> Void) async throws -> RPCError {
        do {
            try await body()
        } catch let error as RPCError {
            return error
        }
        throw TestFailure("nothing was thrown")
    }
}

extension JSONRaw {
    init(text: String) { self.init(unchecked: Array(text.utf8)) }
}

/// How long a test waits for what must come: long enough for a busy machine under the thread sanitizer.
let patience = Duration.seconds(90)

/// Waits for what no event tells of.
func soon(_ what: String, _ condition: () async throws -> Bool) async throws {
    try await eventually(what, within: patience, condition)
}
