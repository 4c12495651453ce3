import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import Samples

/// The server under test: the real library with all its limits, and handlers that do next to nothing.
@main
enum Main {
    static func main() async throws {
        guard CommandLine.arguments.count == 2 else { fatalError("usage: echo-server SOCKET") }
        var router = RPCRouter()
        router.on(BenchEcho.self) { params, _ in params }
        router.on(BenchPing.self) { _, _ in BenchPing.Result(service: "bench", pid: 1, uptimeMs: 1000) }
        router.on(BenchSubmit.self) { params, _ in
            BenchSubmit.Result(id: Int64(params.payload.entries), state: "ready", duplicate: false)
        }
        let server = RPCServer(router: router, log: Logger(label: "bench"))
        try await server.serve(listening: try UnixSocket.listen(path: CommandLine.arguments[1]))
        try await Task.sleep(for: .seconds(86_400))
    }
}
