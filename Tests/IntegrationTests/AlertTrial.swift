import Foundation
import Linux
import Logging
import MillraceService
import Telemetry
import TestSupport

/// What goes wrong in a suite, one thing after the other, and which alerts that fires.
final class AlertTrial: Sendable {
    struct Fired: Sendable {
        var cause: String
        var after: Duration
        var lasted: Duration?
        var began: ContinuousClock.Instant
    }

    let suite: RunningSuite
    /// By rule, the first time it fired.
    let course = Watched<[String: Fired]>([:])
    private let calendar: String
    private let slowChat: Watched<Bool>
    private let slowCalendar: Watched<Bool>
    private let cause = Watched(("", ContinuousClock.now))
    private var broken: String { suite.folder.file("broken") }
    /// Those that hang, hang here.
    private let gate: HoldingPipe

    init(_ suite: RunningSuite, calendar: String, slowChat: Watched<Bool>, slowCalendar: Watched<Bool>) throws {
        self.suite = suite
        self.calendar = calendar
        self.slowCalendar = slowCalendar
        gate = try HoldingPipe(suite.folder.file("gate"))
        self.slowChat = slowChat
    }

    // MARK: - Ordinary work

    /// Declares kinds and a schedule, and lays in what the work needs.
    func prepare(runnerOn disk: SmallDisk? = nil) async throws {
        if let disk {
            try await suite.down()
            // Its database alone is there.
            let move = "mv \"$1\"/data/runner.sqlite* \"$2\"/ && ln -s \"$2\"/runner.sqlite \"$1\"/data/runner.sqlite"
            try await check(["sh", "-c", move, "sh", suite.state, disk.path])
            try await suite.up()
        }
        try await eventually("all services answer", within: .seconds(60), every: .milliseconds(100)) {
            for name in ["preloader", "categorizer", "scheduler", "metrics"] {
                guard (try? await self.call(name, "service.ping")) != nil else { return false }
            }
            return true
        }
        suite.credential("openrouter-api-key", "the-key")
        for folder in ["etc", "etc/kinds.d"] { mkdir(suite.state + "/" + folder, 0o755) }
        suite.folder.write(
            """
            kinds:
              - { name: work, command: [/bin/sh, -c, "test ! -e \(broken)"], attempts: 1 }
              - { name: slow, command: [/bin/sh, -c, "read -r line <\(gate.path)"], concurrency: 1 }
            resources:
              - { name: bank, breaker: { failures: 3, pause: 10s } }
            """, to: "state/etc/kinds.d/trial.yaml")
        _ = try await suite.call("service.reload")
        _ = try await call(
            "scheduler", "schedule.put",
            #"{"schedule":{"name":"often","job":{"kind":"work"},"cronSeconds":["*/2 * * * * *"],"zone":"UTC"}}"#)
        _ = try await call("categorizer", "category.put", #"{"name":"Food"}"#)
        let rows = (0..<3000).map { #"{"line":2,"expense":{"id":"e-\#($0)","merchant_name":"Starbucks"}}"# }
        _ = try await call("categorizer", "expense.import", #"{"rows":[\#(rows.joined(separator: ","))]}"#)
        let records = """
            {"users": [{"id": "ada", "email": "ada@example.com"}],
             "preferences": [{"user_id": "ada", "is_active": true, "timezone": "Europe/Berlin"}],
             "projects": [{"id": "p1", "user_id": "ada", "name": "Mill", "status": "active", "order": 1}],
             "tasks": [{"id": "t1", "project_id": "p1", "title": "Grind", "status": "open", "priority": "high",
                        "start_date": "2026-11-21T09:00:00Z", "updated_at": "2026-11-20T00:00:00Z"}]}
            """
        try await suite.check("brief", "import", suite.folder.write(records, to: "records.json"))
    }

    /// A little of everything, as on a day like others.
    func work() async throws {
        for _ in 0..<3 { _ = try await suite.call("job.submit", #"{"kind":"work"}"#) }
        _ = try await suite.call("job.submit", #"{"kind":"plan-daily-briefs","params":{"dryRun":true}}"#)
        try await suite.check("brief", "make", "ada", "2026-11-21")
        for number in 0..<20 {
            _ = try await call(
                "categorizer", "expense.suggest", #"{"expense":{"id":"x-\#(number)","merchant_name":"Starbucks"}}"#)
        }
        try await pause(.milliseconds(500))
    }

    // MARK: - Asking

    func call(_ service: String, _ method: String, _ params: String = "{}") async throws -> Tree {
        let socket = suite.state + "/run/\(service).sock"
        return try await onThread { try WireClient(socket).call(method, params) }
    }

    func metrics(_ method: String, _ params: String = "{}") async throws -> Tree {
        try await call("metrics", method, params)
    }

    func firing() async throws -> Set<String> {
        let alerts = try await metrics("alert.list")["alerts"].elements
        let firing = alerts.filter { $0["state"].string == "firing" && isReal($0) }
        return Set(firing.compactMap { $0["rule"].string })
    }

    /// Not so are the sign of life, and a commit of the metrics service itself that takes sixty times as long by its own clock.
    func isReal(_ alert: Tree) -> Bool {
        let rule = alert["rule"].string
        return rule != "heartbeat" && (rule != "store-slow" || alert["labels"]["service"].string != "metrics")
    }

    /// Writes down what fires and clears, until it is cancelled.
    func watch() async throws {
        while !Task.isCancelled {
            let firing = try await firing(), now = ContinuousClock.now
            let (cause, began) = cause.value
            course.update { course in
                for rule in firing where course[rule] == nil {
                    course[rule] = Fired(cause: cause, after: now - began, began: now)
                }
                for (rule, fired) in course where !firing.contains(rule) && fired.lasted == nil {
                    course[rule]?.lasted = now - fired.began
                }
            }
            try await pause(.milliseconds(200))
        }
    }

    private func begin(_ text: String) { cause.update { $0 = (text, ContinuousClock.now) } }

    /// Does something again and again until all these have fired.
    private func until(_ rules: String..., within limit: Duration = .seconds(120), _ body: () async throws -> Void = {})
        async throws
    {
        try await eventually("\(rules) fire", within: limit, every: .milliseconds(300)) {
            try await body()
            return rules.allSatisfy { course.value[$0] != nil }
        }
    }

    private func pause(_ time: Duration) async throws {
        // Nobody sets it: the wait is for the time alone.
        _ = try? await Watched(false).wait(within: time, for: "a moment") { $0 }
        try Task.checkCancellation()
    }

    private func pid(_ service: String) async throws -> pid_t {
        guard let pid = try await call(service, "service.ping")["pid"].int else { throw TestFailure("no pid") }
        return pid_t(pid)
    }

    /// Holds each of a process's system calls of one name up for a while.
    private func slowed(_ pid: pid_t, _ call: String, seconds: Double, _ body: () async throws -> Void) async throws {
        let brake = try await Tracer(
            pid,
            options: ["-e", "trace=\(call)", "-e", "inject=\(call):delay_enter=\(Int(seconds * 1_000_000))"])
        do {
            try await body()
        } catch {
            try? await brake.letGo()
            throw error
        }
        try await brake.letGo()
    }

    // MARK: - Trouble

    func calendarsCrawl() async throws {
        begin("a clinic's calendar takes twenty seconds for an answer, and nine syncs of it are wanted")
        slowCalendar.update { $0 = true }
        try await suite.check("clinic", "add", "vet", "--url", calendar, "--zone", "UTC")
        for _ in 0..<9 { try await suite.check("clinic", "sync", "vet", "--days", "7", "--detach") }
        try await until("sync-backlog", "pool-exhausted")
    }

    func calendarsAreBack() async throws {
        try await until("sync-slow", within: .seconds(240))
        slowCalendar.update { $0 = false }
    }

    func jobsFail() async throws {
        begin("a command begins to fail")
        suite.folder.write("", to: "broken")
        try await until("job-failures", "job-budget-fast", "job-budget-slow") {
            for _ in 0..<3 { _ = try await suite.call("job.submit", #"{"kind":"work"}"#) }
        }
        unlink(broken)
    }

    func jobsPileUp() async throws {
        begin("jobs come by the hundred, and one that hangs has their only place")
        let many = Array(repeating: #"{"kind":"slow"}"#, count: 150).joined(separator: ",")
        let few = Array(repeating: #"{"kind":"slow"}"#, count: 5).joined(separator: ",")
        for _ in 0..<8 { _ = try await suite.call("job.submitBatch", "{\"jobs\":[\(many)]}") }
        try await until("backlog") {
            _ = try await suite.call("job.submitBatch", "{\"jobs\":[\(few)]}")
        }
        gate.release(4000)
    }

    func breakerOpens() async throws {
        begin("a dependency fails three times in a row")
        let socket = suite.socket
        func report(_ succeeded: Bool) async throws {
            try await onThread {
                let client = try WireClient(socket)
                guard let permit = try client.request("permit.acquire", #"{"resource":"bank"}"#)["result"]["permit"].int
                else { throw TestFailure("no permit") }
                _ = try client.call("permit.report", "{\"permit\":\(permit),\"succeeded\":\(succeeded)}")
            }
        }
        for _ in 0..<3 { try await report(false) }
        try await until("breaker-open")
        try await eventually("the trial goes well", within: .seconds(60), every: .milliseconds(200)) {
            (try? await report(true)) != nil
        }
    }

    func labelsGrow() async throws {
        begin("jobs go to more queues than a family has series")
        for number in 0..<250 {
            _ = try await suite.call("job.submit", "{\"kind\":\"work\",\"queue\":\"queue-\(number)\"}")
        }
        try await until("series-overflow")
    }

    func readersAreBusy() async throws {
        begin("two dozen callers read the list of jobs without a pause")
        let socket = suite.socket
        let isOver = Watched(false)
        try await withThrowingTaskGroup { group in
            for _ in 0..<24 {
                group.addTask {
                    // Unread, for reading a thousand jobs takes longer than writing them.
                    try await onThread {
                        let client = try WireClient(socket)
                        while !isOver.value {
                            try client.send(
                                #"{"jsonrpc":"2.0","id":1,"method":"job.list","params":{"limit":1000}}"#)
                            try client.receiveBytes()
                        }
                    }
                }
            }
            defer { isOver.update { $0 = true } }
            try await until("store-readers")
            isOver.update { $0 = true }
            try await group.waitForAll()
        }
    }

    func briefsAreSlow() async throws {
        begin("the chat service takes twelve seconds")
        slowChat.update { $0 = true }
        try await withThrowingTaskGroup { group in
            for day in 22..<26 {
                group.addTask { [suite] in try await suite.check("brief", "make", "ada", "2026-11-\(day)") }
            }
            try await group.waitForAll()
        }
        try await until("brief-slow")
        slowChat.update { $0 = false }
    }

    func planningIsSlow() async throws {
        begin("each lock of the books' file takes the planner nine seconds")
        let workers = try await suite.call("worker.list")["workers"].elements
        let planner = workers.first { "\($0)".contains("plan-daily-briefs") }
        guard let pid = planner?["pid"].int else { throw TestFailure("no worker: \(workers)") }
        try await slowed(pid_t(pid), "fcntl", seconds: 9) {
            _ = try await suite.call("job.submit", #"{"kind":"plan-daily-briefs","params":{"dryRun":true}}"#)
            try await until("planning-slow", within: .seconds(180))
        }
    }

    func diskCrawls() async throws {
        begin("each sync of the runner's file takes 0.4 seconds")
        try await slowed(try await pid("runner"), "fdatasync", seconds: 0.4) {
            try await until("store-slow") {
                for _ in 0..<3 { _ = try await suite.call("job.submit", #"{"kind":"work"}"#) }
            }
        }
    }

    func categorizerCrawls() async throws {
        begin("each lock of the categorizer's file takes it 20 ms")
        let number = Watched(2999)
        // It is to know none of them.
        kill(try await pid("categorizer"), SIGKILL)
        try await isBack("categorizer")
        try await slowed(try await pid("categorizer"), "fcntl", seconds: 0.02) {
            try await until("categorization-slow", "categorization-very-slow") {
                // Each of them is read from the file once.
                for _ in 0..<20 {
                    let id = number.value
                    number.update { $0 -= 1 }
                    _ = try await call("categorizer", "expense.categorize", #"{"id":"e-\#(id)"}"#)
                }
            }
        }
    }

    func categorizerFails() async throws {
        begin("callers name expenses that nobody took in")
        try await until("categorization-failing") {
            for number in 0..<20 {
                _ = try await call("categorizer", "expense.categorize", #"{"id":"unknown-\#(number)"}"#)
            }
        }
    }

    func servicesDie() async throws {
        begin("the preloader is killed four times")
        for _ in 0..<4 {
            kill(try await pid("preloader"), SIGKILL)
            try await isBack("preloader")
            // One that was never heard of is not missed.
            try await pause(.milliseconds(1200))
        }
        try await until("service-restarts")
    }

    private func isBack(_ service: String) async throws {
        try await eventually("\(service) is back", within: .seconds(30), every: .milliseconds(50)) {
            (try? await self.call(service, "service.ping")) != nil
        }
    }

    /// A process of ours that publishes as every worker does, and takes 600 MB.
    func memoryGrows() async throws {
        begin("a process takes 600 MB")
        let registry = Registry(service: "trial", instance: "\(getpid())", time: SystemTime())
        let (began, created) = (SystemTime().boot(), registry.source.started)
        registry.read { ProcessFamilies.all(since: began, created: created, time: SystemTime()) }
        let publisher = MetricsPublisher(
            socket: suite.state + "/run/metrics.sock", every: .seconds(1), log: Logger(label: "trial"),
            time: SystemTime(), snapshot: { registry.snapshot() })
        let publishing = Task { await publisher.run() }
        let size = 600 << 20
        guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED
        else { throw TestFailure("no memory") }
        memset(memory, 1, size)
        do {
            try await until("memory")
        } catch {
            munmap(memory, size)
            publishing.cancel()
            throw error
        }
        munmap(memory, size)
        try await eventually("it has cleared", within: .seconds(60), every: .milliseconds(200)) {
            try await !firing().contains("memory")
        }
        publishing.cancel()
        await publishing.value
        await publisher.finish()
    }

    func diskIsFull(_ disk: SmallDisk) async throws {
        begin("the runner's disk is full")
        try disk.fill()
        // Also what is due is refused, so the schedule does not run.
        try await until("store-failing", "check-failing", "schedule-missing", within: .seconds(240)) {
            _ = try await suite.request("job.submit", #"{"kind":"work"}"#)
        }
        disk.free()
    }

    func servicesHang() async throws {
        begin("the scheduler is stopped for longer than a minute")
        let scheduler = try await pid("scheduler")
        kill(scheduler, SIGSTOP)
        defer { kill(scheduler, SIGCONT) }
        try await until("service-silent")
        try await pause(.seconds(70))
        kill(scheduler, SIGCONT)
        try await until("schedule-missed")
        // A runner that stands still is reached late.
        begin("the runner hangs for more than a minute")
        let runner = try await pid("runner")
        kill(runner, SIGSTOP)
        defer { kill(runner, SIGCONT) }
        try await until("periodic-missing", within: .seconds(240))
        kill(runner, SIGCONT)
        try await until("schedule-late")
    }

    func write(to path: String) throws {
        func seconds(_ duration: Duration) -> String { "\(Int((duration / .seconds(1)).rounded())) s" }
        let rows = course.value.sorted { $0.key < $1.key }.map { rule, fired in
            "| `\(rule)` | \(fired.cause) | \(seconds(fired.after)) | \(fired.lasted.map(seconds) ?? "–") |"
        }
        let text = """
            # Built-in alerts on their real failures

            Made by `make alerts`; do not edit. The metrics service's time passed sixty times as fast as that of all others: a minute of
            a rule is a second here.

            | alert | what was made to happen before | it fired after | it lasted |
            | --- | --- | ---: | ---: |
            \(rows.joined(separator: "\n"))

            An alert may rest on an earlier trouble than the one it stands beside: they go on while the next begins.

            """
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
}
