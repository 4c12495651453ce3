import Glibc
import TestSupport
import Testing

/// The watchdog beats after real work went through, and only then.
@Suite(.serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"))
struct WatchdogTests {
    private let folder = TemporaryDirectory()
    private let listener: NotifyListener

    init() throws { listener = try NotifyListener(folder.file("notify")) }

    private var environment: [String: String?] { ["NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "200000"] }

    @Test func itBeatsWithEveryLimitReachedAndEveryQueuePaused() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        let kinds = """
            kinds:
              - { name: held, command: [/bin/sh, -c, "read -r line <\(gate.path)"] }
            """
        let settings = "[Pool]\nJobs=1\nCalls=1\nCommandSlots=1\n[Queue]\nBacklog=2\n"
        try await RunningRunner.run(kinds: kinds, settings: settings, environment: environment) { runner in
            try await listener.beats(more: 2)
            let running = try await runner.submit("held")
            try await runner.reached("running", running)
            let waiting = try await runner.submit("held")
            let refused = try await runner.request("job.submit", "{\"kind\":\"held\"}")
            #expect(refused["error"]["data"]["status"].string == "RESOURCE_EXHAUSTED")
            for queue in ["default", "millrace"] {
                _ = try await runner.request("queue.pause", "{\"queue\":\"\(queue)\"}")
            }
            try await listener.beats(more: 5)
            // The canaries leave nothing behind and are nobody's jobs.
            #expect(try await runner.call("job.list")["jobs"].elements.count == 2)
            #expect(!(try await runner.check("queue", "list")).contains("canary"))
            try await runner.check("queue", "resume", "default")
            gate.release(2)
            for job in [running, waiting] { try await runner.finished(job) }
        }
    }

    @Test(.enabled(if: SmallDisk.hindrance == nil, "no small disk: \(SmallDisk.hindrance ?? "")"))
    func itDoesNotBeatWhileNothingCanBeWrittenAndBeatsAgainAfterwards() async throws {
        let disk = try SmallDisk(megabytes: 4)
        let runner = RunningRunner(state: disk.path, environment: environment)
        try await runner.use { runner in
            try await listener.beats(more: 2)
            try disk.fill()
            func failures() -> Int { runner.log.ranges(of: "the canary did not come through").count }
            // What the log of the database still holds may carry a canary or two.
            try await eventually("a canary that does not come through") { failures() > 0 }
            let (before, seen) = (listener.beats, failures())
            try await eventually("three more") { failures() >= seen + 3 }
            #expect(listener.beats == before)
            disk.free()
            try await listener.beats(more: 2)
        }
    }
}
