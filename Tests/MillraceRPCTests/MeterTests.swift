import JSONCodec
import Linux
import MillraceProtocol
import Telemetry
import TestSupport
import Testing

@testable import MillraceRPC

/// Rate, errors and duration of each method.
struct MeterTests {
    private func counted(_ registry: Registry, _ name: String) -> [[String]: SeriesValue] {
        let family = registry.snapshot().families.first { $0.description.name == name }
        return Dictionary(uniqueKeysWithValues: (family?.series ?? []).map { ($0.labels, $0.value) })
    }

    @Test func requestsAreCountedByMethodAndErrorsByStatus() async throws {
        let registry = Registry(service: "test", instance: "a", time: SystemTime())
        var router = RPCRouter()
        router.onReply(Echo.self) { params, _, reply in reply.succeed(params) }
        router.on(Change.self) { (_, _) throws -> Int in
            throw RPCError(.resourceExhausted, "no room", reason: "test.full")
        }
        let server = RPCServer(router: router, log: .silent, meters: RPCMeters(registry))
        let folder = TemporaryDirectory()
        try await server.serve(listening: UnixSocket.listen(path: folder.file("test.sock")))
        let client = RPCClient(socket: folder.file("test.sock"), log: .silent, patience: patience)
        for _ in 0..<5 { _ = try await client.call(Echo.self, JSONRaw(text: "{}")) }
        for _ in 0..<2 { _ = try await RPCError.thrown { _ = try await client.call(Change.self, Empty()) } }
        await server.drain(within: .seconds(5))

        let durations = counted(registry, "millrace_rpc_duration_seconds")
        #expect(durations[["test.echo"]]?.histogram?.count == 5)
        #expect(durations[["test.change"]]?.histogram?.count == 2)
        guard
            case .counter(let errors)? = counted(registry, "millrace_rpc_errors")[["test.change", "RESOURCE_EXHAUSTED"]]
        else { throw TestFailure("no errors are counted") }
        #expect(errors.value == 2)
        #expect(errors.exemplar?.correlation.isEmpty == false)
        // Nobody has asked for it, so it has no series.
        #expect(durations.count == 2)
    }

    @Test func whatIsSlowLeadsToItsLogByItsCorrelationId() async throws {
        let time = ManualTime()
        let registry = Registry(service: "test", instance: "a", time: time)
        var router = RPCRouter()
        router.onReply(Echo.self) { params, _, reply in
            time.advance(by: .milliseconds(30))
            reply.succeed(params)
        }
        let server = RPCServer(router: router, log: .silent, time: time, meters: RPCMeters(registry))
        let folder = TemporaryDirectory()
        try await server.serve(listening: UnixSocket.listen(path: folder.file("test.sock")))
        let client = RPCClient(socket: folder.file("test.sock"), log: .silent, patience: patience)
        _ = try await client.call(Echo.self, JSONRaw(text: "{}"), options: CallOptions(correlationId: "slow-one"))
        await server.drain(within: .seconds(5))
        let value = counted(registry, "millrace_rpc_duration_seconds")[["test.echo"]]?.histogram
        #expect(value?.exemplars.values.map(\.correlation) == ["slow-one"])
        #expect(abs((value?.sum ?? 0) - 0.03) < 1e-9)
    }
}
