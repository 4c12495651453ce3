import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import MillraceStore
import Monitoring
import Telemetry
import TestSupport
import Testing
import WebClient

@testable import MetricsService

struct AlertDeskTests {
    private let folder = TemporaryDirectory()
    private let time = ManualTime()

    private func desk(silenceLimit: Int) throws -> (AlertDesk, AlertStore) {
        let log = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let store = AlertStore(
            try Database.open(folder.file("metrics.sqlite"), migrations: Metrics.migrations, durability: .crash))
        let sinks = AlertSinks(
            web: WebDoor(), runner: RPCClient(socket: folder.file("none.sock"), patience: .zero), log: log, time: time,
            registry: Registry(service: "metrics", instance: "test", time: time))
        let desk = AlertDesk(
            AlertCatalog(), store: store, sinks: sinks, time: time, log: log, silenceLimit: silenceLimit)
        return (desk, store)
    }

    @Test func noMoreSilencesAreTakenThanMayHoldHoweverManyAskAtOnce() async throws {
        let (desk, store) = try desk(silenceLimit: 5)
        let until = time.wall() + .seconds(600)
        let ask: @Sendable () async -> Bool = {
            do {
                _ = try await desk.silence(rule: nil, labels: [:], until: until, by: "ana", comment: "all")
                return true
            } catch {
                return (error as? MetricsError) != .silences(limit: 5)
            }
        }
        let taken = await withTaskGroup(of: Bool.self) { tasks in
            for _ in 0..<100 { tasks.addTask(operation: ask) }
            var taken = 0
            for await isTaken in tasks where isTaken { taken += 1 }
            return taken
        }
        #expect(taken == 5)
        #expect(try await store.silences(now: time.wall()).count == 5)
        #expect(desk.silences(after: 0, limit: 100).page.count == 5)
        #expect(try await desk.endSilence(1))
        #expect(await ask(), "there is room again")
        #expect(await !ask())
        await desk.close()
    }
}
