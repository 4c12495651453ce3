import Exposition
import ExpositionReading
import Linux
import Monitoring
import Telemetry
import TestSupport
import Testing

/// An instance that counts and publishes.
struct Publisher {
    let registry: Registry
    let done: Counter
    let depth: Gauge
    let memory: Gauge
    let waits: Histogram

    init(_ service: String = "runner", _ instance: String, isSingle: Bool = true, time: ManualTime = ManualTime()) {
        registry = Registry(service: service, instance: instance, isSingle: isSingle, time: time)
        done = registry.counter("millrace_done", "Done.")
        depth = registry.gauge("millrace_depth", "Depth.")
        memory = registry.gauge("process_memory_bytes", "Memory.", unit: "bytes", merging: .each)
        waits = registry.histogram("millrace_wait_seconds", "Waits.", bounds: [1])
    }
}

extension Collector {
    /// By labels behind `name`.
    func value(_ name: String, _ labels: String..., now: Duration = .zero) -> SeriesValue? {
        families(now: now).first { $0.description.name == name }?.series.first { $0.labels == labels }?.value
    }

    func number(_ name: String, _ labels: String..., now: Duration = .zero) -> Double? {
        families(now: now).first { $0.description.name == name }?.series.first { $0.labels == labels }?.value.number
    }
}

struct CollectorTests {
    @Test func lostSnapshotLosesNothingAndTheSameOneCountsOnce() throws {
        var collector = Collector()
        let one = Publisher("runner", "a")
        one.done.increment(by: 3)
        let first = one.registry.snapshot()
        one.done.increment(by: 4)
        _ = one.registry.snapshot()
        one.done.increment(by: 5)
        let third = one.registry.snapshot()

        #expect(try collector.publish(first, now: .zero).acceptance == .new)
        #expect(try collector.publish(third, now: .zero).acceptance == .newer)
        #expect(try collector.publish(third, now: .zero).acceptance == .old)
        let late = try collector.publish(first, now: .zero)
        #expect(late.acceptance == .old)
        #expect(late.changes.isEmpty)
        #expect(collector.number("millrace_done", "runner") == 12)
    }

    @Test func restartIsSeenAndTheTotalsGoOn() throws {
        var collector = Collector()
        let before = Publisher("runner", "a")
        before.done.increment(by: 10)
        before.depth.set(7)
        before.waits.record(.milliseconds(1))
        _ = try collector.publish(before.registry.snapshot(), now: .zero)
        let after = Publisher("runner", "b")
        after.done.increment(by: 2)
        after.depth.set(1)
        after.waits.record(.seconds(5))

        #expect(try collector.publish(after.registry.snapshot(), now: .zero).acceptance == .restart)
        #expect(collector.number("millrace_done", "runner") == 12)
        #expect(collector.number("millrace_depth", "runner") == 1)
        #expect(collector.value("millrace_wait_seconds", "runner")?.histogram?.counts == [1, 1])
        #expect(collector.number("millrace_service_restarts", "runner") == 1)
        // The last words of the first, after those of its successor.
        before.done.increment(by: 5)
        #expect(try collector.publish(before.registry.snapshot(), now: .zero).acceptance == .newer)
        #expect(collector.number("millrace_done", "runner") == 17)
        #expect(collector.number("millrace_depth", "runner") == 1)
        #expect(collector.sources(now: .zero).map(\.source.instance) == ["b"])
    }

    @Test func workersSideBySideAddUpAndKeepTheirOwnMemory() throws {
        var collector = Collector()
        for (index, name) in ["a", "b", "c"].enumerated() {
            let worker = Publisher("backoffice", name, isSingle: false)
            worker.done.increment(by: 10)
            worker.depth.set(2)
            worker.memory.set(index)
            #expect(try collector.publish(worker.registry.snapshot(), now: .zero).acceptance == .new)
        }
        #expect(collector.number("millrace_done", "backoffice") == 30)
        #expect(collector.number("millrace_depth", "backoffice") == 6)
        #expect(collector.number("process_memory_bytes", "backoffice", "1") == 1)
        _ = collector.leave(service: "backoffice", instance: "b")
        #expect(collector.number("millrace_done", "backoffice") == 30)
        #expect(collector.number("millrace_depth", "backoffice") == 4)
        #expect(collector.number("process_memory_bytes", "backoffice", "1") == nil)
        let next = Publisher("backoffice", "d", isSingle: false)
        #expect(try collector.publish(next.registry.snapshot(), now: .zero).acceptance == .new)
        #expect(collector.sources(now: .zero).map(\.slot) == [0, 1, 2])
    }

    @Test func silentInstanceIsStaleThenGoneAndMayComeBack() throws {
        var collector = Collector()
        let one = Publisher("runner", "a")
        one.done.increment()
        one.depth.set(3)
        _ = try collector.publish(one.registry.snapshot(), now: .zero)

        #expect(collector.advance(now: .seconds(44)).isEmpty)
        #expect(collector.number("millrace_service_up", "runner", "0") == 1)
        #expect(collector.advance(now: .seconds(45)).isEmpty)
        #expect(collector.number("millrace_service_up", "runner", "0") == 0)
        #expect(collector.number("millrace_depth", "runner") == 3)
        #expect(collector.number("millrace_service_silence_seconds", "runner", "0", now: .seconds(45)) == 45)
        #expect(collector.advance(now: .seconds(300)).count == 1)
        #expect(collector.number("millrace_depth", "runner") == nil)
        #expect(collector.number("millrace_done", "runner") == 1)

        one.done.increment()
        #expect(try collector.publish(one.registry.snapshot(), now: .seconds(400)).acceptance == .newer)
        #expect(collector.number("millrace_done", "runner") == 2)
        #expect(collector.number("millrace_depth", "runner") == 3)
        #expect(collector.number("millrace_service_up", "runner", "0") == 1)
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func totalsAreThoseOfAllInstancesEverAndSurviveARestartOfTheCollector(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var options = Collector.Options()
        options.remembered = 3
        var collector = Collector(options)
        // What is on disk.
        var members: [String: Collector.Member] = [:]
        var sums: [String: [FamilySnapshot]] = [:]
        func save(_ changes: [Collector.Change]) {
            for change in changes {
                switch change {
                case .save(let member): members[member.snapshot.source.instance] = member
                case .fold(let service, let families, let instance):
                    sums[service] = families
                    members[instance] = nil
                }
            }
        }
        var workers: [Publisher] = []
        var total = 0
        for step in 0..<300 {
            let now = Duration.seconds(step)
            if workers.isEmpty || Int.random(in: 0..<8, using: &random) == 0 {
                workers.append(Publisher("w", "i\(step)", isSingle: false))
            }
            let index = Int.random(in: 0..<workers.count, using: &random)
            workers[index].done.increment()
            workers[index].waits.record(.seconds(2))
            total += 1
            save(try collector.publish(workers[index].registry.snapshot(), now: now).changes)
            if Int.random(in: 0..<12, using: &random) == 0 {
                save(collector.leave(service: "w", instance: "\(workers.remove(at: index).registry.source.instance)"))
            }
            save(collector.advance(now: now))
            if Int.random(in: 0..<10, using: &random) == 0 {
                collector = Collector(options, members: Array(members.values), sums: sums, now: now)
            }
            #expect(collector.number("millrace_done", "w") == Double(total))
            #expect(collector.value("millrace_wait_seconds", "w")?.histogram?.counts == [0, UInt64(total)])
        }
    }

    @Test func guardAndConflictAreTold() throws {
        var collector = Collector()
        let one = Publisher("runner", "a")
        let family = one.registry.counters("millrace_calls", "Calls.", labels: ["user"], limit: 2)
        for user in 0..<5 { family.with("u\(user)").increment() }
        _ = try collector.publish(one.registry.snapshot(), now: .zero)
        let other = Registry(service: "scheduler", instance: "b", time: ManualTime())
        other.gauge("millrace_done", "Another thing of that name.").set(1)
        other.gauge("millrace_service_up", "A name of the collector's own.").set(1)
        _ = try collector.publish(other.snapshot(), now: .zero)

        #expect(collector.number("millrace_metrics_conflicts", "millrace_service_up") == 1)
        let text = ExpositionWriter.bytes(collector.families(now: .zero), .openMetrics)
        #expect(ExpositionReader.read(text, .openMetrics).problems.isEmpty)
        #expect(collector.number("millrace_metrics_series", "runner", "millrace_calls") == 2)
        #expect(collector.number("millrace_metrics_overflow", "runner", "millrace_calls", "user") == 3)
        #expect(collector.number("millrace_metrics_conflicts", "millrace_done") == 1)
        #expect(collector.number("millrace_done", "runner") == 0)
    }

    @Test func tooMuchIsRefusedByName() throws {
        var options = Collector.Options()
        options.instances = 1
        options.series = 10
        var collector = Collector(options)
        _ = try collector.publish(Publisher("runner", "a").registry.snapshot(), now: .zero)
        #expect(throws: Collector.Refusal.instances(limit: 1)) {
            try collector.publish(Publisher("scheduler", "b").registry.snapshot(), now: .zero)
        }
        let wide = Registry(service: "runner", instance: "a", time: ManualTime())
        let family = wide.gauges("x", "X.", labels: ["n"])
        for number in 0..<11 { family.with("\(number)").set(1) }
        #expect(throws: Collector.Refusal.series(limit: 10)) { try collector.publish(wide.snapshot(), now: .zero) }
    }

    @Test(arguments: ExpositionFormat.allCases)
    func whatIsCollectedIsWrittenWithoutProblems(_ format: ExpositionFormat) throws {
        var collector = Collector()
        for (service, isSingle) in [("runner", true), ("backoffice", false), ("scheduler", true)] {
            for instance in isSingle ? ["a"] : ["a", "b"] {
                let one = Publisher(service, instance, isSingle: isSingle)
                one.registry.info("millrace_build", "Build.", ["version": "1"])
                one.registry.counters("millrace_calls", "Calls.", labels: ["user"], limit: 1).with("x").increment()
                _ = try collector.publish(one.registry.snapshot(), now: .zero)
            }
        }
        let bytes = ExpositionWriter.bytes(collector.families(now: .seconds(1)), format)
        #expect(ExpositionReader.read(bytes, format).problems.isEmpty)
    }
}
