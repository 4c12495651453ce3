import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import TestSupport

@testable import MillraceService
@testable import RunnerService

/// A runner in this process, behind a socket.
struct HostedRunner: Answering {
    let runner: Runner
    let server: RPCServer
    let socket: String

    init(_ folder: TemporaryDirectory, kinds: String, time: any TimeSource = SystemTime()) async throws {
        try Files.makeDirectory(folder.file("kinds.d"))
        folder.write(kinds, to: "kinds.d/test.yaml")
        let log = Logger(label: "hosted") { _ in SwiftLogNoOpLogHandler() }
        let context = HostContext(
            log: log, time: time, stateDirectory: folder.path, runtimeDirectory: folder.path, state: nil,
            instance: "hosted", events: { _ in })
        var configuration = RunnerConfiguration()
        configuration.kinds = folder.file("kinds.d")
        configuration.workerCommands = []
        runner = try await Runner(configuration, host: context)
        var router = RPCRouter()
        runner.register(on: &router)
        server = RPCServer(router: router, log: log)
        try await runner.start(server: server)
        socket = folder.file("runner.sock")
        try await server.serve(listening: try UnixSocket.listen(path: socket))
        try await runner.serving()
    }

    /// As the host does it.
    func drain(within limit: Duration) async {
        server.beginDrain()
        await runner.drain(within: limit)
        await server.drain(within: .milliseconds(500))
        await runner.close()
    }
}
