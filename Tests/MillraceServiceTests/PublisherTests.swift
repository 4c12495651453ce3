import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import Telemetry
import TestSupport
import Testing

@testable import MillraceService

struct PublisherTests {
    private static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A service that takes publications, at a socket in a folder of its own.
    private func withTaker(
        _ body: (String, Watched<[(snapshot: Snapshot, isLast: Bool)]>) async throws -> Void
    ) async throws {
        let taken = Watched<[(snapshot: Snapshot, isLast: Bool)]>([])
        var router = RPCRouter()
        router.onReply(MetricsPublish.self) { params, _, reply in
            let snapshot = try params.snapshot.decode(Snapshot.self)
            taken.update { $0.append((snapshot, params.last)) }
            reply.succeed(.init(acceptance: .newer))
        }
        let server = RPCServer(router: router, log: Self.log)
        let folder = TemporaryDirectory()
        try await server.serve(listening: UnixSocket.listen(path: folder.file("metrics.sock")))
        try await body(folder.file("metrics.sock"), taken)
        await server.drain(within: .zero)
    }

    @Test func publishesAtOnceAndOnceMoreAtTheEnd() async throws {
        try await withTaker { socket, taken in
            let registry = Registry(service: "shop", instance: "a", time: SystemTime())
            let orders = registry.counter("shop_orders", "Orders.")
            orders.increment(by: 2)
            let known = KnownNumbers(since: .epoch)
            let publisher = MetricsPublisher(
                socket: socket, every: .seconds(3600), log: Self.log, time: SystemTime()
            ) {
                registry.snapshot(with: [
                    known.counters("shop_open", "Open.", label: "town", [("Hue", 7)]),
                    known.counter("shop_orders", "Another of the name.", 100),
                ])
            }
            let running = Task { await publisher.run() }
            try await taken.wait(within: .seconds(60), for: "the first") { $0.count == 1 }
            orders.increment()
            running.cancel()
            await running.value
            await publisher.finish()
            let all = taken.value
            #expect(all.map(\.isLast) == [false, true])
            #expect(all.map(\.snapshot.sequence) == [1, 2])
            func value(_ name: String) -> [SeriesValue] {
                all[1].snapshot.families.first { $0.description.name == name }?.series.map(\.value) ?? []
            }
            #expect(value("shop_orders") == [.counter(CounterValue(3))])
            #expect(value("shop_open") == [.counter(CounterValue(7))])
        }
    }

    @Test func whereNobodyTakesItNothingIsWaitedFor() async throws {
        let folder = TemporaryDirectory()
        let registry = Registry(service: "shop", instance: "a", time: SystemTime())
        let publisher = MetricsPublisher(socket: folder.file("none"), log: Self.log, time: SystemTime()) {
            registry.snapshot()
        }
        try await within(.seconds(30), "the end") { await publisher.finish() }
    }
}
