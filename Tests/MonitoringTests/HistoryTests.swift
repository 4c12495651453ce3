import Linux
import MillraceStore
import Monitoring
import Telemetry
import TestSupport
import Testing

extension Database {
    static func metrics(in folder: TemporaryDirectory) throws -> Database {
        let sql = try #require(text(of: packageRoot + "/Schemas/migrations/metrics-001-history.sql"))
        return try open(
            folder.file("metrics.sqlite"), migrations: [Migration(version: 1, name: "history", sql: sql)],
            durability: .crash)
    }
}

struct HistoryTests {
    let folder = TemporaryDirectory()
    let start = Timestamp("2026-11-21T00:00:00Z")!

    func sample(_ name: String, _ value: Double, _ kind: Sample.Kind = .level, _ labels: [String: String] = [:])
        -> Sample
    {
        Sample(name: name, labels: labels, kind: kind, value: value)
    }

    @Test func readsBackWhatWasWritten() async throws {
        let history = History(try .metrics(in: folder))
        for minute in 0..<10 {
            let time = start + .seconds(minute * 60 + 7)
            try await history.write(
                [
                    sample("depth", Double(minute), .level, ["queue": "a"]),
                    sample("depth", 100, .level, ["queue": "b"]),
                    sample("done", 3, .growth), sample("ratio", .nan),
                ], at: time)
        }
        let now = start + .seconds(600)
        let (step, ranges) = try await history.read("depth", ["queue": "a"], from: start, to: now, now: now)
        #expect(step == 60)
        #expect(ranges.map(\.points.count) == [10])
        #expect(ranges[0].points.map(\.value) == (0..<10).map(Double.init))
        #expect(ranges[0].points[3].time == start + .seconds(180))
        #expect(
            try await history.read("depth", from: start, to: now, now: now).ranges.map(\.labels) == [
                ["queue": "a"], ["queue": "b"],
            ])
        let coarse = try await history.read("done", from: start, to: now, now: now, limit: 5)
        #expect(coarse.step == 120)
        #expect(coarse.ranges.first?.points.map(\.value) == [6, 6, 6, 6, 6])
        #expect(try await history.names() == ["depth", "done"])
    }

    @Test func olderPointsAreFewerAndKeepSumsLeastAndGreatest() async throws {
        let history = History(try .metrics(in: folder))
        for minute in 0..<60 {
            try await history.write(
                [sample("depth", Double(minute % 10)), sample("done", 2, .growth)], at: start + .seconds(minute * 60))
        }
        let later = start + .seconds(2 * 86_400)
        try await history.tidy(now: start + .seconds(3600))
        try await history.tidy(now: later)
        let (step, ranges) = try await history.read("depth", from: start, to: start + .seconds(3600), now: later)
        #expect(step == 600)
        #expect(ranges[0].points.map(\.value) == Array(repeating: 4.5, count: 6))
        #expect(ranges[0].points.allSatisfy { $0.low == 0 && $0.high == 9 })
        let done = try await history.read("done", from: start, to: start + .seconds(3600), now: later).ranges
        #expect(done[0].points.map(\.value) == Array(repeating: 20, count: 6))
        let year = start + .seconds(30 * 86_400)
        try await history.tidy(now: year)
        let hours = try await history.read("done", from: start, to: start + .seconds(7200), now: year).ranges
        #expect(hours[0].points.map(\.value) == [120])
        try await history.tidy(now: start + .seconds(400 * 86_400))
        #expect(try await history.names().isEmpty)
    }

    @Test func rollingTwiceChangesNothing() async throws {
        let history = History(try .metrics(in: folder))
        for minute in 0..<30 {
            try await history.write([sample("done", 1, .growth)], at: start + .seconds(minute * 60))
        }
        for minute in [15, 20, 20, 35, 36] { try await history.tidy(now: start + .seconds(minute * 60)) }
        let later = start + .seconds(3 * 86_400)
        let points = try await history.read("done", from: start, to: start + .seconds(3600), now: later).ranges.first?
            .points
        #expect(points?.map(\.value) == [10, 10, 10])
    }

    @Test func sizeIsBoundedByDroppingTheOldest() async throws {
        var options = History.Options()
        options.bytes = 1 << 20
        let history = History(try .metrics(in: folder), options)
        for hour in 0..<20 {
            for minute in 0..<60 {
                let samples = (0..<60).map { sample("depth", Double(minute), .level, ["n": "\($0)"]) }
                try await history.write(samples, at: start + .seconds(hour * 3600 + minute * 60))
            }
            try await history.tidy(now: start + .seconds((hour + 1) * 3600))
            #expect(try await history.size() <= 1 << 20)
        }
        let end = start + .seconds(20 * 3600)
        let recent = try await history.read("depth", ["n": "3"], from: end - .seconds(1800), to: end, now: end).ranges
        #expect(recent.first?.points.count == 30)
        #expect(try history.database.integrityCheck().isEmpty)
    }

    @Test func samplerTellsGrowthAndPercentilesOfTheStepOnly() {
        var sampler = Sampler()
        let registry = Registry(service: "s", instance: "i", time: ManualTime())
        let counter = registry.counter("c", "C.")
        let waits = registry.distribution("d_seconds", "D.")
        registry.stateSets("b", "B.", states: ["closed", "open"], labels: []).with([]).set("open")
        counter.increment(by: 10)
        for _ in 0..<100 { waits.record(.seconds(1)) }
        #expect(sampler.samples(registry.snapshot().families).map(\.name) == ["b", "b"])
        counter.increment(by: 4)
        for _ in 0..<10 { waits.record(.seconds(3)) }
        let samples = sampler.samples(registry.snapshot().families)
        #expect(samples.first { $0.name == "c" }?.value == 4)
        #expect(samples.first { $0.name == "d_seconds_count" }?.value == 10)
        #expect(samples.first { $0.labels["quantile"] == "0.5" }.map { abs($0.value - 3) < 0.05 } == true)
        #expect(samples.first { $0.labels["b"] == "open" }?.value == 1)
        var narrow = Sampler(limit: 2)
        _ = narrow.samples(registry.snapshot().families)
        #expect(narrow.passedOver == 1)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func collectorComesBackFromItsStoreAsItWas(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var options = Collector.Options()
        options.remembered = 2
        let store = SourceStore(try .metrics(in: folder))
        var collector = Collector(options)
        var total = 0.0
        var workers: [Publisher] = []
        for step in 0..<60 {
            if workers.isEmpty || Int.random(in: 0..<4, using: &random) == 0 {
                workers.append(Publisher("w", "i\(step)", isSingle: false))
            }
            let index = Int.random(in: 0..<workers.count, using: &random)
            workers[index].done.increment()
            total += 1
            try await store.save(try collector.publish(workers[index].registry.snapshot(), now: .zero).changes)
            if Int.random(in: 0..<5, using: &random) == 0 {
                try await store.save(
                    collector.leave(service: "w", instance: workers.remove(at: index).registry.source.instance))
            }
            if step % 7 == 0 {
                let saved = try await store.load()
                collector = Collector(options, members: saved.members, sums: saved.sums, now: .zero)
            }
            #expect(collector.number("millrace_done", "w") == total)
        }
    }
}
