import Linux
import MillraceProtocol
import MillraceRPC

/// A worker of our own that does nothing, on a connection of its own, as any outside worker has one.
final class BenchWorker: Sendable {
    static let kind = "millctl-bench"

    private let session: RPCSession

    /// Registers with the runner.
    init(at place: Place) async throws {
        var router = RPCRouter()
        // Answered on the connection's thread: what is measured is the runner.
        router.onReply(WorkloadProcess.self) { _, _, reply in reply.succeed(.init(output: nil)) }
        router.onReply(WorkloadRelease.self) { _, _, reply in reply.succeed(Done()) }
        router.onReply(WorkerPing.self) { _, _, reply in reply.succeed(Done()) }
        let path = place.socket(of: KnownService.runner.name)
        do throws(SystemError) {
            session = try RPCClient.session(over: UnixSocket.connect(path: path), router: router)
        } catch {
            throw Caller.unreachable(KnownService.runner.name, place, error)
        }
        let kind = KindDeclaration(name: Self.kind, summary: "does nothing, for millctl bench", stages: [.process])
        _ = try await session.call(
            WorkerRegister.self, .init(name: "millctl-bench", kinds: [kind], capacity: 64),
            options: CallOptions(timeout: .seconds(10)))
    }

    func close() { session.close() }
}
