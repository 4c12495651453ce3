import Glibc
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import Control

struct TopTests {
    private static func sample(
        at seconds: Int = 10, jobs: Int = 3, queues: Int = 2, workers: Int = 2, counted: Double = 0, pid: Int32 = 4711
    ) -> TopSample {
        let now = Timestamp(milliseconds: 100_000)
        return TopSample(
            at: .seconds(seconds), wall: now,
            status: .init(
                service: "runner", version: "0.1.0", pid: pid, state: .ready,
                statusLine: "3 running, 14 ready, 1 scheduled, 5 in work at 2 workers", uptimeMs: 125_000,
                connections: 3, inFlight: 1, checks: [.init("store", .ok)], figures: [:]),
            metrics: [
                .init("millrace_queue_submitted_total", .counter, counted / 2, labels: ["queue": "a"]),
                .init("millrace_queue_submitted_total", .counter, counted / 2, labels: ["queue": "b"]),
                .init("millrace_jobs_finished_total", .counter, counted * 3 / 4, labels: ["kind": "a"]),
                .init("millrace_jobs_failed_total", .counter, counted / 4, labels: ["kind": "a"]),
            ],
            queues: (0..<queues).map { GateView(name: "q\($0)", state: $0 == 1 ? .paused : .open, ready: 10 * $0) },
            jobs: (0..<jobs).map { index in
                var job = JobView.example(succeeded: index % 21, failed: index == 1 ? 2 : 0)
                job.id = JobID(Int64(100 + index))
                job.kind = "kind-\(jobs - index)"
                job.startedAt = Timestamp(milliseconds: 90_000 + Int64(index) * 1000)
                return job
            },
            workers: (0..<workers).map {
                WorkerView(
                    id: $0, name: "w\($0)", pid: 4000, kinds: ["a"], capacity: 4, running: 1, since: now)
            })
    }

    private static func frame(
        _ sample: TopSample, view: TopView = TopView(), width: Int = 80, footer: String? = nil
    ) -> TopFrame {
        TopFrame(
            sample: sample, rates: TopRates(from: nil, to: sample), view: view, terminal: .plain(width: width),
            footer: footer)
    }

    @Test(arguments: [(80, 24), (40, 10), (20, 6), (120, 50), (200, 12)], [(0, 0, 0), (3, 2, 2), (300, 30, 20)])
    func aPictureFillsTheScreenExactly(size: (width: Int, height: Int), counts: (jobs: Int, queues: Int, workers: Int))
    {
        let sample = Self.sample(jobs: counts.jobs, queues: counts.queues, workers: counts.workers)
        let lines = Self.frame(sample, width: size.width).lines(height: size.height)
        #expect(lines.count == size.height)
        // Numbers are never cut: a table that cannot be narrower stands over the edge, where the screen cuts it.
        if size.width >= 80 { #expect(lines.allSatisfy { DisplayText.width($0) <= size.width }, "\(lines)") }
        #expect(lines[0].hasPrefix("runner 0.1.0  ready"))
        #expect(lines.last?.hasPrefix("q quit") == true || size.width < 40)
    }

    @Test func whatDoesNotFitIsCounted() {
        let lines = Self.frame(Self.sample(jobs: 300, queues: 30, workers: 20)).lines(height: 24)
        #expect(lines.contains("and 26 more of 30 queues"), "\(lines)")
        #expect(lines.contains { $0.hasSuffix("more of 300 running jobs") })
        #expect(lines.contains("and 18 more of 20 workers"), "\(lines)")
    }

    @Test func onASmallScreenJobsComeFirst() {
        let lines = Self.frame(Self.sample(jobs: 300, queues: 30, workers: 20)).lines(height: 12)
        #expect(lines.contains { $0.hasPrefix("100  ") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("Queue") } && !lines.contains { $0.hasPrefix("Worker") })
        #expect(Self.frame(Self.sample(jobs: 300)).lines(height: 8).contains { $0.hasPrefix("100  ") })
    }

    @Test func noCharacterOfAFullLineIsLost() {
        #expect(LiveScreen.frame(["ab", "cd"]) == "\u{1B}[H\u{1B}[Kab\r\n\u{1B}[Kcd")
    }

    @Test func aRunningJobHasItsBar() {
        let lines = Self.frame(Self.sample()).lines(height: 24)
        #expect(lines.contains { $0.contains("101") && $0.contains("█░░░░░░░░░") && $0.contains("3/20") })
    }

    @Test func ratesAreDifferencesOverTime() {
        let rates = TopRates(from: Self.sample(at: 10, counted: 100), to: Self.sample(at: 12, counted: 340)).rates
        #expect(rates.map(\.name) == ["submitted", "over", "failed"])
        #expect(rates.map(\.perSecond) == [120, 90, 30])
        #expect(TopRates(from: nil, to: Self.sample()).rates.isEmpty)
        let restarted = TopRates(from: Self.sample(at: 10, counted: 100), to: Self.sample(at: 12, counted: 340, pid: 1))
        #expect(restarted.rates.isEmpty, "the counters of another process say nothing")
    }

    @Test(arguments: [(0.0, "0"), (3.4, "3.4"), (12, "12"), (99.96, "100"), (120.4, "120"), (8123.6, "8124")])
    func aRateHasADecimalWhileItIsSmall(rate: Double, text: String) {
        #expect(TopRates.text(rate) == text)
    }

    @Test func jobsAreSortedByTheColumnThatIsChosen() {
        let sample = Self.sample()
        var view = TopView()
        func ids() -> [Int64] { view.sorted(sample.jobs, now: sample.wall).map(\.id.rawValue) }
        #expect(view.sort == .time && ids() == [100, 101, 102], "the longest first")
        func press(_ keys: Key...) -> Bool { keys.allSatisfy { view.press($0) } }
        #expect(press(.right))
        #expect(view.sort == .id && ids() == [102, 101, 100])
        #expect(press(.character("r")))
        #expect(ids() == [100, 101, 102])
        #expect(press(.character(">")))
        #expect(view.sort == .kind && ids() == [102, 101, 100], "kind-1 to kind-3")
        #expect(press(.left, .left, .left))
        #expect(view.sort == .failed && ids().first == 101)
        #expect(!press(.character("x")))
        #expect(press(.character("p")))
        #expect(view.isPaused)
    }

    @Test func theSortedColumnIsMarked() {
        let lines = Self.frame(Self.sample()).lines(height: 24)
        #expect(lines.contains { $0.contains("Time▼") })
        var view = TopView()
        view.isReversed = true
        #expect(Self.frame(Self.sample(), view: view).lines(height: 24).contains { $0.contains("Time▲") })
    }

    @Test func whatARunnerSaysCannotSteerTheTerminal() {
        var sample = Self.sample()
        sample.status.statusLine = "\u{1B}[2J"
        sample.queues[0].name = "\u{1B}[31m"
        #expect(!Self.frame(sample).lines(height: 24).joined().contains("\u{1B}"))
    }
}

struct KeyTests {
    @Test(arguments: [
        ("q", [Key.character("q")]), ("\u{1B}[C", [.right]), ("\u{1B}OD", [.left]),
        ("\u{1B}[1;5Ap", [.up, .character("p")]),
        ("\u{1B}", [.escape]), ("\u{1B}q", [.escape, .character("q")]), ("\u{1B}[", []),
        ("\u{1B}[15~r", [.character("r")]),
        ("\r\n\t\u{7F}", []), ("ü", []),
    ])
    func bytesOfATerminalAreKeys(bytes: String, keys: [Key]) {
        #expect(Key.all(in: bytes.utf8) == keys)
    }
}

@Suite(.heavy, .enabled(if: Binary.exist("millctl"), "millctl is not built"))
struct TopOnATerminalTests {
    private func top(_ runner: ExampleRunner, _ terminal: TestTerminal) throws -> RunningProcess {
        try terminal.start(
            "\(Binary.path("millctl")) top --interval 100ms",
            environment: ["MILLRACE_STATE": runner.folder.path, "TERM": "xterm", "LANG": "C.UTF-8"])
    }

    @Test func itDrawsOnAScreenOfItsOwnAndGoesOnAQ() async throws {
        try await ExampleRunner.with { runner in
            let terminal = try TestTerminal()
            let top = try top(runner, terminal)
            try await terminal.waitFor("q quit")
            #expect(terminal.screen.value.hasPrefix(LiveScreen.enter))
            #expect(!terminal.isAsAShellWantsIt)
            try terminal.press("p")
            try await terminal.waitFor("(paused)")
            try terminal.press("q")
            #expect(try await top.wait() == .exited(0))
            try await terminal.waitFor(LiveScreen.leave)
            #expect(terminal.isAsAShellWantsIt)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
    func aSignalGivesTheTerminalBack(signal: Int32) async throws {
        try await ExampleRunner.with { runner in
            let terminal = try TestTerminal()
            let top = try top(runner, terminal)
            try await terminal.waitFor("q quit")
            // To the whole group, as Ctrl-C does; setsid itself is not in it.
            let pid = try #require(runner.asked.value.isEmpty ? nil : try child(of: top.pid))
            kill(pid, signal)
            #expect(try await top.wait().status == 130)
            try await terminal.waitFor(LiveScreen.leave)
            #expect(terminal.isAsAShellWantsIt)
        }
    }

    @Test func itGoesWhenTheRunnerCannotBeReachedAndLeavesTheTerminalAlone() async throws {
        let terminal = try TestTerminal(), folder = TemporaryDirectory()
        let top = try terminal.start(
            "\(Binary.path("millctl")) top", environment: ["MILLRACE_STATE": folder.path, "TERM": "xterm"])
        #expect(try await top.wait() == .exited(69))
        try await terminal.waitFor("not started?")
        #expect(!terminal.screen.value.contains(LiveScreen.enter))
        #expect(terminal.isAsAShellWantsIt)
    }

    /// `setsid --wait` starts the command in a child of its own when it leads a group already.
    private func child(of pid: pid_t) throws -> pid_t {
        let text = text(of: "/proc/\(pid)/task/\(pid)/children") ?? ""
        return text.split(separator: " ").first.flatMap { pid_t($0) } ?? pid
    }
}
