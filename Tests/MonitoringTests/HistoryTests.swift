import JSONCodec
import Linux
import MillraceStore
import Monitoring
import Schemas
import Telemetry
import TestSupport
import Testing

extension Database {
    static func metrics(in folder: TemporaryDirectory, versions: Int = .max) throws -> Database {
        let migrations = Schemas.metricsMigrations.prefix(versions).map {
            Migration(version: $0.version, name: $0.name, sql: $0.sql)
        }
        return try open(folder.file("metrics.sqlite"), migrations: migrations, durability: .crash)
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
        try await history.tidy(now: WallReading(start + .seconds(3600)))
        try await history.tidy(now: WallReading(later))
        let (step, ranges) = try await history.read("depth", from: start, to: start + .seconds(3600), now: later)
        #expect(step == 600)
        #expect(ranges[0].points.map(\.value) == Array(repeating: 4.5, count: 6))
        #expect(ranges[0].points.allSatisfy { $0.low == 0 && $0.high == 9 })
        let done = try await history.read("done", from: start, to: start + .seconds(3600), now: later).ranges
        #expect(done[0].points.map(\.value) == Array(repeating: 20, count: 6))
        let year = start + .seconds(30 * 86_400)
        try await history.tidy(now: WallReading(year))
        let hours = try await history.read("done", from: start, to: start + .seconds(7200), now: year).ranges
        #expect(hours[0].points.map(\.value) == [120])
        try await history.tidy(now: WallReading(start + .seconds(400 * 86_400)))
        #expect(try await history.names().isEmpty)
    }

    @Test func rollingTwiceChangesNothing() async throws {
        let history = History(try .metrics(in: folder))
        for minute in 0..<30 {
            if minute == 15 || minute == 20 {
                for _ in 0..<2 { try await history.tidy(now: WallReading(start + .seconds(minute * 60))) }
            }
            try await history.write([sample("done", 1, .growth)], at: start + .seconds(minute * 60))
        }
        for minute in [35, 36] { try await history.tidy(now: WallReading(start + .seconds(minute * 60))) }
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
            try await history.tidy(now: WallReading(start + .seconds((hour + 1) * 3600)))
            #expect(try await history.size() <= 1 << 20)
        }
        let end = start + .seconds(20 * 3600)
        let recent = try await history.read("depth", ["n": "3"], from: end - .seconds(1800), to: end, now: end).ranges
        #expect(recent.first?.points.count == 30)
        #expect(try DatabaseFile(history.database.path).problems().isEmpty)
    }

    /// Minutes of an hour, one figure each.
    private func fill(_ history: History, from: Timestamp, minutes: Int, _ clock: inout WallClock, boot: inout Duration)
        async throws
    {
        for minute in 0..<minutes {
            let time = from + .seconds(minute * 60)
            boot += .seconds(60)
            _ = clock.read(wall: time, boot: boot)
            try await history.write([sample("done", 1, .growth)], at: time, clock: clock.memory)
        }
    }

    @Test func aClockThatWasWrongForAWhileTakesNothingAndLeavesNothing() async throws {
        let history = History(try .metrics(in: folder))
        var clock = WallClock(), boot = Duration.zero
        try await fill(history, from: start, minutes: 60, &clock, boot: &boot)
        try await history.tidy(now: clock.read(wall: start + .seconds(3600), boot: boot))

        // Nine years ahead, for five minutes in which it is tidied and the service starts anew.
        let wrong = start + .seconds(3600 + 9 * 365 * 86_400)
        try await fill(history, from: wrong, minutes: 5, &clock, boot: &boot)
        try await history.tidy(now: clock.read(wall: wrong + .seconds(300), boot: boot))
        clock = try await history.clock()
        try await history.tidy(now: clock.read(wall: wrong + .seconds(360), boot: boot))
        let hour = try await history.read(
            "done", from: start, to: start + .seconds(3600), now: start + .seconds(3600)
        ).ranges.first?.points
        #expect(hour?.count == 60, "the past is still there")

        try await fill(history, from: start + .seconds(3900), minutes: 55, &clock, boot: &boot)
        try await history.tidy(now: clock.read(wall: start + .seconds(7200), boot: boot))
        let later = start + .seconds(3 * 86_400)
        let points = try await history.read("done", from: start, to: wrong + .seconds(86_400), now: later).ranges
            .first?.points
        #expect(points?.allSatisfy { $0.time < start + .seconds(7200) } == true, "nothing is left in the future")
        #expect(points?.reduce(0) { $0 + $1.value } == 115, "coarser points are made again")
    }

    /// As an earlier release left it: points and a mark in a far future, and no clock.
    @Test func aHistoryThatAWrongClockSpoiledGoesOn() async throws {
        let database = try Database.metrics(in: folder)
        let history = History(database)
        let wrong = start + .seconds(9 * 365 * 86_400)
        try await history.write([sample("done", 1, .growth)], at: wrong)
        try await database.write { db in
            for step: Int64 in [600, 7200] {
                try db.run(
                    "INSERT INTO rolled (step, time) VALUES (?, ?)", .int(step), .int(wrong.milliseconds / 1000))
            }
        }
        var clock = try await history.clock(), boot = Duration.zero
        try await fill(history, from: start, minutes: 30, &clock, boot: &boot)
        try await history.tidy(now: clock.read(wall: start + .seconds(1800), boot: boot))
        let later = start + .seconds(3 * 86_400)
        let points = try await history.read("done", from: start, to: start + .seconds(3600), now: later).ranges.first?
            .points
        #expect(points?.map(\.value) == [10, 10, 10])
        let future = try await history.read("done", from: wrong - .seconds(60), to: wrong + .seconds(60), now: wrong)
        #expect(future.ranges.isEmpty)
    }

    @Test func aClockIsBelievedOnceItHasStoodByIt() {
        var clock = WallClock()
        let before = clock.read(wall: start, boot: .zero)
        #expect(before == WallReading(start))
        let hour = Duration.seconds(3600)
        // A little off is a clock that was set.
        let set = start + hour + WallClock.tolerance
        let little = clock.read(wall: set, boot: hour)
        #expect(little == WallReading(set))
        let far = set + .seconds(400 * 86_400)
        let first = clock.read(wall: far, boot: hour)
        #expect(first.said == far && first.earliest == set && first.latest == far)
        // The time of two runs counts together; that between them is unknown.
        let half = WallClock.patience / 2
        _ = clock.read(wall: far + half, boot: hour + half)
        var next = WallClock(clock.memory)
        let restarted = next.read(wall: far + half + hour, boot: .zero)
        #expect(restarted.earliest == set + half)
        let end = far + half + hour + half
        let stood = next.read(wall: end, boot: half)
        #expect(stood == WallReading(end))
        // Back again is doubted as well.
        let back = next.read(wall: start, boot: half)
        #expect(back.said == start && back.earliest == start && back.latest == end)
    }

    @Test func instancesOfTwoServicesMayHaveOneName() async throws {
        let store = SourceStore(try .metrics(in: folder))
        var options = Collector.Options()
        options.remembered = 0
        var collector = Collector(options)
        let (shop, bakery) = (Publisher("shop", "1"), Publisher("bakery", "1"))
        shop.done.increment(by: 5)
        bakery.done.increment(by: 7)
        for one in [shop, bakery] {
            try await store.save(try collector.publish(one.registry.snapshot(), now: .zero).changes)
        }
        var saved = try await store.load()
        collector = Collector(options, members: saved.members, sums: saved.sums, now: .zero)
        #expect(collector.number("millrace_done", "shop") == 5)
        #expect(collector.number("millrace_done", "bakery") == 7)

        try await store.save(collector.leave(service: "shop", instance: "1"))
        saved = try await store.load()
        #expect(saved.members.map(\.snapshot.source.service) == ["bakery"])
        collector = Collector(options, members: saved.members, sums: saved.sums, now: .zero)
        #expect(collector.number("millrace_done", "shop") == 5)
        #expect(collector.number("millrace_done", "bakery") == 7)
    }

    /// As an earlier release left two instances of one name: the snapshot of one under the service of the other.
    @Test func aRowThatTwoServicesSharedIsThatOfItsSnapshot() async throws {
        let bakery = Publisher("bakery", "1")
        bakery.done.increment(by: 7)
        let snapshot = bakery.registry.snapshot()
        let old = try Database.metrics(in: folder, versions: 1)
        try await old.write { db in
            try db.run(
                "INSERT INTO source (instance, service, slot, gone, changed, snapshot) VALUES ('1', 'shop', 0, 0, 1, ?)",
                .text(JSON.text(snapshot)))
        }
        old.close()
        let store = SourceStore(try .metrics(in: folder))
        var collector = Collector(members: try await store.load().members, sums: [:], now: .zero)
        bakery.done.increment()
        try await store.save(try collector.publish(bakery.registry.snapshot(), now: .zero).changes)
        let saved = try await store.load()
        #expect(saved.members.count == 1)
        collector = Collector(members: saved.members, sums: saved.sums, now: .zero)
        #expect(collector.number("millrace_done", "bakery") == 8)
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
