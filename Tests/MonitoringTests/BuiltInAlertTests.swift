import Linux
import Monitoring
import Telemetry
import TestSupport
import Testing

/// The figures of a suite that does its work, minute by minute, and of one in which a thing goes wrong.
final class Day {
    let time = ManualTime(wall: Timestamp("2026-11-21T08:00:00Z")!)
    let runner: Registry
    let worker: Registry
    var collector = Collector()
    var engine: AlertEngine
    /// Whether the workers still publish.
    var isHeard = true
    var now: Duration { time.boot() }

    init() {
        let (catalog, problems) = AlertCatalog.read([packageRoot + "/Units/alerts.d"])
        precondition(problems.isEmpty, "\(problems)")
        engine = AlertEngine(catalog.rules, inhibitions: catalog.inhibitions, options: catalog.options)
        runner = Registry(service: "runner", instance: "r", time: time)
        worker = Registry(service: "backoffice", instance: "w", time: time)
    }

    /// A minute in which all goes as it should, and then what `trouble` does.
    func minute(_ trouble: (Day) throws -> Void = { _ in }) throws {
        for number in 0..<30 {
            sync.record(.seconds(12))
            categorized.record(.microseconds(3000 + number * 50))
            brief.record(.milliseconds(2500 + number * 40))
            commit.record(.microseconds(200))
        }
        planning.record(.seconds(2))
        for kind in ["daily-brief", "sync-schedule"] {
            finished.with(kind).increment(by: 500)
            failed.with(kind).increment(by: 1)
        }
        memory.set(120_000_000)
        queued.set(1)
        free.set(2)
        ready.set(20)
        submitted.increment(by: 100)
        ended.increment(by: 100)
        breaker.set("closed")
        lateness.record(.milliseconds(20))
        check.set("ok")
        period.set(3600)
        lastSuccess.set(Double(time.wall().milliseconds / 1000 - 1800))
        runPeriod.set(86_400)
        lastRun.set(Double(time.wall().milliseconds / 1000 - 80_000))
        busy.set(1)
        readers.set(4)
        try trouble(self)
        let (first, second) = (runner.snapshot(), worker.snapshot())
        for _ in 0..<2 {
            time.advance(by: .seconds(30))
            _ = try collector.publish(first, now: now)
            if isHeard { _ = try collector.publish(second, now: now) }
            _ = collector.advance(now: now)
            _ = engine.tick(collector.families(now: now), now: now, wall: WallReading(time.wall()))
        }
    }

    var firing: Set<String> {
        Set(engine.alerts.filter { $0.state == .firing }.map(\.key.rule)).subtracting(["heartbeat"])
    }

    var sync: Histogram { worker.histogram("sync_duration_seconds", "Syncs.", bounds: Bounds.long) }
    var categorized: Histogram {
        worker.histogram("millrace_categorization_duration_seconds", "Categorized.", bounds: Bounds.requests)
    }
    var wrong: Counter { worker.counter("millrace_categorization_errors", "Not categorized.") }
    var brief: Histogram {
        runner.histograms("millrace_job_duration_seconds", "Jobs.", labels: ["kind"], bounds: Bounds.long)
            .with("daily-brief")
    }
    var planning: Histogram {
        runner.histograms("millrace_job_duration_seconds", "Jobs.", labels: ["kind"], bounds: Bounds.long)
            .with("plan-daily-briefs")
    }
    var check: StateSet {
        runner.stateSets("millrace_check", "Checks.", states: ["ok", "warn", "fail"], labels: ["check"]).with("store")
    }
    var memory: Gauge { worker.gauge("process_memory_bytes", "Memory.", unit: "bytes", merging: .each) }
    var queued: Gauge { worker.gauge("sync_queue_queued", "Queued.") }
    var free: Gauge { worker.gauge("browser_pool_available", "Free.") }
    var finished: Family<Counter> { runner.counters("millrace_jobs_finished", "Over.", labels: ["kind"]) }
    var failed: Family<Counter> { runner.counters("millrace_jobs_failed", "Failed.", labels: ["kind"]) }
    var ready: Gauge { runner.gauges("millrace_queue_ready", "Ready.", labels: ["queue"]).with("default") }
    var submitted: Counter { runner.counters("millrace_queue_submitted", "In.", labels: ["queue"]).with("default") }
    var ended: Counter { runner.counters("millrace_queue_finished", "Out.", labels: ["queue"]).with("default") }
    var breaker: StateSet {
        runner.stateSets(
            "millrace_breaker_state", "Breakers.", states: ["closed", "open", "half_open"], labels: ["name"]
        )
        .with("chat")
    }
    var lateness: Histogram {
        runner.histogram("millrace_schedule_lateness_seconds", "Late.", bounds: Bounds.lateness)
    }
    var lastSuccess: Gauge {
        runner.gauges("millrace_last_success_timestamp_seconds", "Done.", unit: "seconds", labels: ["task"]).with(
            "backup")
    }
    var period: Gauge {
        runner.gauges("millrace_period_seconds", "Period.", unit: "seconds", labels: ["task"]).with("backup")
    }
    var missed: Counter {
        runner.counters("millrace_scheduler_runs", "Runs.", labels: ["outcome"]).with("missed")
    }
    var lastRun: Gauge { scheduled("last_run_timestamp") }
    var runPeriod: Gauge { scheduled("period") }
    private func scheduled(_ name: String) -> Gauge {
        runner.gauges("millrace_scheduler_\(name)_seconds", "Runs.", unit: "seconds", labels: ["schedule"]).with(
            "nightly")
    }
    var commit: Histogram {
        runner.histogram("millrace_store_commit_duration_seconds", "Commits.", bounds: Bounds.requests)
    }
    var failures: Counter { runner.counter("millrace_store_failures", "Failures.") }
    var busy: Gauge { runner.gauge("millrace_store_readers_busy", "Busy.") }
    var readers: Gauge { runner.gauge("millrace_store_readers", "Readers.") }
}

struct BuiltInAlertTests {
    struct Trouble: Sendable, CustomTestStringConvertible {
        /// The alerts that it causes.
        let alerts: Set<String>
        let minutes: Int
        let make: @Sendable (Day) throws -> Void

        init(_ alerts: Set<String>, minutes: Int = 12, _ make: @escaping @Sendable (Day) throws -> Void) {
            self.alerts = alerts
            self.minutes = minutes
            self.make = make
        }

        var testDescription: String { alerts.sorted().joined(separator: ", ") }
    }

    static let troubles = [
        Trouble(["sync-slow"]) { day in for _ in 0..<10 { day.sync.record(.seconds(400)) } },
        Trouble(["memory"]) { $0.memory.set(600_000_000) },
        Trouble(["sync-backlog"]) { $0.queued.set(6) },
        Trouble(["pool-exhausted"]) { $0.free.set(0) },
        Trouble(["categorization-slow"]) { day in for _ in 0..<100 { day.categorized.record(.milliseconds(12)) } },
        // The lesser of the two is muted by the greater, but fires too.
        Trouble(["categorization-slow", "categorization-very-slow"]) { day in
            for _ in 0..<100 { day.categorized.record(.milliseconds(20)) }
        },
        Trouble(["categorization-failing"]) { $0.wrong.increment(by: 5) },
        Trouble(["check-failing"]) { $0.check.set("fail") },
        Trouble(["brief-slow"]) { day in for _ in 0..<30 { day.brief.record(.seconds(13)) } },
        Trouble(["planning-slow"]) { $0.planning.record(.seconds(45)) },
        Trouble(["job-failures", "job-budget-fast", "job-budget-slow"], minutes: 30) { day in
            day.failed.with("sync-schedule").increment(by: 150)
        },
        Trouble(["backlog"]) { day in
            day.submitted.increment(by: 900)
            day.ready.set(5000)
        },
        Trouble(["breaker-open"]) { $0.breaker.set("open") },
        Trouble(["schedule-late"]) { $0.lateness.record(.seconds(300)) },
        Trouble(["periodic-missing"]) { $0.lastSuccess.set(Double($0.time.wall().milliseconds / 1000 - 8000)) },
        Trouble(["schedule-missed"]) { $0.missed.increment() },
        Trouble(["schedule-missing"]) { $0.lastRun.set(Double($0.time.wall().milliseconds / 1000 - 180_000)) },
        Trouble(["store-slow"]) { day in for _ in 0..<5 { day.commit.record(.milliseconds(400)) } },
        Trouble(["store-failing"]) { $0.failures.increment() },
        Trouble(["store-readers"]) { $0.busy.set(4) },
        Trouble(["series-overflow"]) { day in
            let family = day.worker.counters("millrace_things", "Things.", labels: ["user"], limit: 2)
            for user in 0..<10 { family.with("\(user)").increment() }
        },
        Trouble(["service-silent"], minutes: 3) { $0.isHeard = false },
        // Each instance dies at once, so it is silent too.
        Trouble(["service-restarts", "service-silent"]) { day in
            let again = Registry(service: "preloader", instance: "\(day.now)", time: day.time)
            again.gauge("millrace_depth", "Depth.").set(1)
            _ = try day.collector.publish(again.snapshot(), now: day.now)
        },
    ]

    @Test func everyRuleHasItsTrouble() {
        let rules = Set(Day().engine.rules.map(\.name)).subtracting(["heartbeat"])
        #expect(Set(Self.troubles.flatMap(\.alerts)) == rules)
    }

    @Test func nothingFiresInQuietHours() throws {
        let day = Day()
        for _ in 0..<70 {
            try day.minute()
            #expect(day.firing.isEmpty)
        }
    }

    @Test(arguments: troubles)
    func firesOnItsTroubleAloneAndClears(_ trouble: Trouble) throws {
        let day = Day()
        for _ in 0..<40 { try day.minute() }
        #expect(day.firing.isEmpty)
        for _ in 0..<trouble.minutes { try day.minute(trouble.make) }
        #expect(day.firing == trouble.alerts)
        day.isHeard = true
        var rest = 450
        while !day.firing.isEmpty, rest > 0 {
            try day.minute()
            rest -= 1
        }
        #expect(day.firing.isEmpty)
    }
}
