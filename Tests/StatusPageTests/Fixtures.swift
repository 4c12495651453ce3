import Linux
import Plots
import StatusPage

/// A suite in the middle of its day: one service down, one that warns, alerts, a queue that grows.
func busySuite(jobs: Int = 12) -> PageState {
    let now = Timestamp("2026-11-21T12:00:00Z")!
    var state = PageState(now: now)
    func hour(_ base: Double, _ swing: Double) -> [Double?] {
        (0..<60).map { minute in base + swing * Double((minute * 7919) % 13) / 13 + (minute > 40 ? swing : 0) }
    }
    var runner = PageState.Service("runner", .warn, "7 running, 42 waiting, 12 in work at 3 workers")
    runner.checks = [.init("store", .ok), .init("breakers", .warn, reason: "open: chat")]
    runner.uptime = .seconds(93_600)
    runner.memory = 31_200_000
    runner.requests = hour(40, 30)
    var preloader = PageState.Service("preloader", .ok, "4 datasets, 98 % from memory")
    preloader.uptime = .seconds(93_500)
    preloader.memory = 18_400_000
    preloader.requests = hour(5, 2)
    var scheduler = PageState.Service("scheduler", .silent, "silent for 2 min")
    scheduler.checks = [.init("publishing", .silent, reason: "nothing since 11:58")]
    scheduler.restarts = 3
    var categorizer = PageState.Service("categorizer", .fail, "store cannot be written")
    categorizer.checks = [.init("store", .fail, reason: "the last write failed: disk <full> & \"quoted\"")]
    categorizer.uptime = .seconds(40)
    state.services = [runner, preloader, scheduler, categorizer]
    state.alerts = [
        .init(
            "service-silent", "scheduler (instance 0) publishes no figures; it hangs or was killed.",
            severity: "critical",
            state: "firing", since: now - .seconds(90)),
        .init(
            "brief-slow", "A brief takes 12.4 seconds (p95 of 30 minutes).", severity: "warning", state: "firing",
            since: now - .seconds(1500), muted: "silence 4"),
        .init(
            "breaker-open", "The breaker chat has been open for a while.", severity: "warning", state: "pending",
            since: now - .seconds(30)),
    ]
    var mail = PageState.Queue("default", ready: 40, running: 6)
    mail.depth = hour(10, 20)
    var clinics = PageState.Queue("clinics", ready: 2, running: 1)
    clinics.depth = hour(1, 1)
    clinics.isPaused = true
    state.queues = [mail, clinics]
    state.jobsInAll = jobs
    state.jobs = (0..<min(jobs, 100)).map { number in
        number < 7
            ? .init(
                id: "\(4100 + number)", kind: number % 2 == 0 ? "sync-task-order-logs" : "daily-brief",
                state: "running",
                done: number * 13, total: 100, since: now - .seconds(number * 37 + 5))
            : .init(
                id: "\(4100 + number)", kind: "create-contractor-payouts", state: "ready", done: 0, total: 0,
                since: now - .seconds(number * 20), why: "its key has 2 jobs running, which is its limit")
    }
    state.kinds = [
        .init("sync-schedule", finished: 312, failed: 4, median: 31, p95: 44),
        .init("daily-brief", finished: 1200, failed: 0, median: 3.1, p95: 12.4),
        .init("categorize-expenses", finished: 90, failed: 0, median: 0.0042, p95: 0.0091),
    ]
    state.resources = [
        .init("chat", breaker: "open", tokens: nil, waiting: 14),
        .init("notion", breaker: "closed", tokens: (2.4, 3), waiting: 5),
        .init("clinic", breaker: "half open", tokens: (10, 10), waiting: 0),
    ]
    state.schedules = [
        .init("briefs", kind: "daily-brief", next: now + .seconds(3600), zone: "Asia/Ho_Chi_Minh"),
        .init("month", kind: "sync-task-order-logs", next: now + .seconds(40_000), zone: "UTC"),
    ]
    func points(_ base: Double, _ swing: Double) -> [LinePlot.Point] {
        (0..<120).filter { !(50..<56).contains($0) }.map { minute in
            let value = base + swing * Double((minute * 104_729) % 17) / 17 + (minute > 80 ? swing * 2 : 0)
            return .init(
                Double(now.milliseconds) / 1000 - Double(119 - minute) * 60, value, range: value * 0.8...value * 1.2)
        }
    }
    var throughput = LinePlot("Jobs a minute", [.init("finished", points(30, 20)), .init("failed", points(1, 2))])
    throughput.height = 200
    var briefs = LinePlot("Brief, p95", [.init("p95", points(3, 2))])
    briefs.unit = .seconds
    briefs.limits = [("alert", 10)]
    briefs.height = 200
    state.plots = [throughput, briefs]
    return state
}

func busyJob() -> JobPage {
    let now = Timestamp("2026-11-21T12:00:00Z")!
    var state = JobPage(
        now: now,
        job: .init(id: "4103", kind: "daily-brief", state: "running", done: 2, total: 300, since: now - .seconds(40)),
        correlation: "9f2c1e0d4b5a69788796a5b4c3d2e1f0", queue: "default")
    state.items = [
        .init(key: "u-1", state: "succeeded", attempts: 1),
        .init(key: "u-2 <script>alert(1)</script>", state: "failed", attempts: 3, cause: "timeout after 30 s"),
        .init(key: "u-3", state: "running", attempts: 1),
    ]
    state.itemsInAll = 300
    state.attempts = [
        .init(
            item: "u-2", worker: "backoffice-1", started: now - .seconds(30), ended: now - .seconds(1),
            outcome: "timeout"),
        .init(item: "u-3", worker: "backoffice-2", started: now - .seconds(4), ended: nil, outcome: "running"),
    ]
    state.log = [.init(time: now - .seconds(30), service: "runner", level: "info", text: "attempt begins & goes on")]
    return state
}
