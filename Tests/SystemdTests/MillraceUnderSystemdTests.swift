import TestSupport
import Testing

/// Millrace as it is installed, under a real systemd.
@Suite(
    .serialized, .heavy, .enabled(if: BootedSystem.hindrance == nil, "no systemd: \(BootedSystem.hindrance ?? "")"),
    .enabled(if: RunningSuite.isBuilt, "the executables are not built"), .bootedSystem, .installed)
struct MillraceUnderSystemdTests {
    let system: BootedSystem
    let service = BootedSystem.service
    let socket = BootedSystem.socket

    init() async throws {
        system = try #require(BootedSystem.current)
        try await system.startOnlySocket()
    }

    @Test func usersAndFoldersAreThere() async throws {
        let owners = try await system.check([
            "stat", "-c", "%n %U:%G %a", "/run/millrace", "/var/lib/millrace", "/etc/millrace", "/etc/millrace/kinds.d",
            "/run/millrace/runner.sock",
        ])
        #expect(owners.contains("/run/millrace root:root 755\n"))
        #expect(owners.contains("/var/lib/millrace millrace:millrace 750\n"))
        #expect(owners.contains("/etc/millrace root:root 755\n"))
        #expect(owners.contains("/etc/millrace/kinds.d root:root 755\n"))
        #expect(owners.contains("/run/millrace/runner.sock millrace:millrace 660\n"))
        try await system.check(["getent", "group", "millrace-admin"])
    }

    @Test func theSocketOfAStoppedRunnerGetsItsAnswerAndTheRunnerIsReady() async throws {
        #expect(try await system.property("ActiveState", of: service) == "inactive")

        let answer = try await system.call("service.ping")

        #expect(answer["service"].string == "runner")
        #expect(try await system.property("ActiveState", of: service) == "active")
        #expect(try await system.property("Type", of: service) == "notify")
        #expect(try await system.property("MainPID", of: service) == "\(answer["pid"].int ?? 0)")
        #expect(try await system.property("User", of: service) == "millrace")
        #expect(try await system.property("StatusText", of: service) != "")
    }

    @Test func theMainJobRunsAndTheJournalKnowsItByItsNumber() async throws {
        try await system.check(["millctl", "books", "sample", "--month", "2026-10", "--output", "/run/sample.csv"])
        try await system.check(["millctl", "books", "import", "timesheets", "/run/sample.csv"])
        let owners = try await system.check(["sh", "-c", "stat -c %U:%G /var/lib/millrace/books.sqlite*"])
        #expect(Set(owners.split(separator: "\n")) == ["millrace:millrace"], "root imported for the services")

        let output = try await system.check([
            "millctl", "job", "submit", "sync-task-order-logs", "--params", "{\"month\":\"2026-10\"}", "--wait",
            "--json",
        ])
        let job = try Tree(output)["job"]
        #expect(job["state"].string == "succeeded")
        #expect(job["result"]["orders_created"].int == 20)
        #expect(job["result"]["line_items_created"].int == 60)

        let id = try #require(job["id"].int)
        // By the unit too: systemd numbers its own jobs in a field of the same name.
        let entries = try await entries("JOB_ID=\(id)", "_SYSTEMD_UNIT=\(service)")
        // A start and an end per contractor, besides what the runner says.
        #expect(entries.count >= 42)
        #expect(entries.contains { $0["JOB_KIND"].string == "sync-task-order-logs" })
        #expect(entries.contains { $0["SYSLOG_IDENTIFIER"].string == "millrace-backoffice" })
        #expect(Set(entries.compactMap { $0["ITEM_KEY"].string }).count == 20)
        let correlations = Set(entries.compactMap { $0["CORRELATION_ID"].string })
        #expect(correlations == [try #require(job["correlationId"].string)])

        let logs = try await system.check(["millctl", "logs", "--job", "\(id)"])
        for entry in entries { #expect(logs.contains(entry["MESSAGE"].string ?? "no message")) }
    }

    private func entries(_ matches: String...) async throws -> [Tree] {
        try await system.check(["journalctl", "--sync"])
        let output = try await system.check(["journalctl", "--no-pager", "-o", "json"] + matches)
        return try output.split(separator: "\n").map { try Tree(String($0)) }
    }

    @Test func aRestartInTheMiddleOfAJobCostsItsCallerNothing() async throws {
        let month = SampleMonth("2026-10", contractors: 400)
        try await system.importMonth(month)
        let id = try await system.submitAndSeeUnderWay("2026-10")
        let waiting = try system.start(["millctl", "job", "watch", "\(id)"])
        let before = try await system.property("MainPID", of: service)

        try await system.check(["systemctl", "restart", service])

        #expect(try await waiting.wait(within: .seconds(180)) == .exited(0), "\(waiting.progress.value.errorText)")
        let job = try await system.finished(id)
        #expect(job["state"].string == "succeeded")
        #expect(job["result"]["contractors_processed"].int == 400)
        #expect(try await system.property("MainPID", of: service) != before)
        #expect(try await system.property("NRestarts", of: service) == "0", "a restart that was asked for")
        let lines = Table(csv: try await system.check(["millctl", "books", "export", "lines", "--format", "csv"]))
        #expect(lines.rows.count == month.hours.count)
    }

    @Test func aKilledRunnerIsStartedAgainAndFinishesItsJob() async throws {
        try await system.importMonth(SampleMonth("2026-10", contractors: 400))
        let id = try await system.submitAndSeeUnderWay("2026-10")

        try await system.check(["systemctl", "kill", "--signal=KILL", "--kill-who=main", service])

        #expect(try await system.finished(id)["state"].string == "succeeded")
        #expect(try await system.property("NRestarts", of: service) == "1")
    }

    /// systemd's own limit is five starts in ten seconds; behind it the service is given up, and its socket with it.
    @Test func aRunnerThatFailsAgainAndAgainIsNotGivenUp() async throws {
        _ = try await system.call("service.ping")
        for _ in 0..<8 {
            let pid = try await system.property("MainPID", of: service)
            try await system.check(["systemctl", "kill", "--signal=KILL", "--kill-who=main", service])
            try await eventually("it runs again", within: .seconds(20), every: .milliseconds(20)) {
                let now = try await system.property("MainPID", of: service)
                return now != "0" && now != pid
            }
        }
        #expect(try await system.property("NRestarts", of: service) == "8")
        #expect(try await system.property("ActiveState", of: socket) == "active")
        _ = try await system.call("service.ping")
    }

    @Test func aStopInTheMiddleOfAJobDrainsInTimeAndTheJobGoesOnLater() async throws {
        try await system.importMonth(SampleMonth("2026-10", contractors: 400))
        let id = try await system.submitAndSeeUnderWay("2026-10")

        let clock = ContinuousClock()
        let begin = clock.now
        try await system.check(["systemctl", "stop", service])

        #expect(clock.now - begin < .seconds(35))
        #expect(try await system.property("Result", of: service) == "success")
        #expect(try await system.property("ExecMainStatus", of: service) == "0")
        // The socket stayed; the next caller wakes the runner.
        #expect(try await system.property("ActiveState", of: socket) == "active")
        #expect(try await system.finished(id)["state"].string == "succeeded")
    }

    @Test func aReloadReadsTheSettingsAgainInTheSameProcess() async throws {
        let pid = try await system.call("service.ping")["pid"]
        let said = { try await system.journal("_PID=\(pid.int ?? 0)").joined(separator: "\n") }

        try await system.write("[Pool]\nSlots=400\n", to: "/etc/millrace/runner.conf")
        try await system.check(["systemctl", "reload", service])
        try await eventually("the mistake is named") { try await said().contains("/etc/millrace/runner.conf:2") }

        try await system.write("[Pool]\nSlots=4\n", to: "/etc/millrace/runner.conf")
        try await system.check(["systemctl", "reload", service])
        try await eventually("the settings are taken") { try await said().contains("read again") }

        #expect(try await system.call("service.ping")["pid"] == pid)
        try await eventually("ready again") { try await system.property("ActiveState", of: service) == "active" }
    }

    @Test func onlyMembersOfTheGroupsMayCallAndOnlyAdministratorsMayChange() async throws {
        _ = try await system.call("service.ping")
        let ping = ["millctl", "call", "service.ping", "{}"]
        let change = ["millctl", "call", "service.setLogLevel", "{\"level\":\"debug\"}"]

        let stranger = try await system.run(ping, as: "nobody", groups: [])
        #expect(stranger.status == 77, "\(stranger)")
        #expect(stranger.errors.contains("not allowed"), "\(stranger)")

        let member = try await system.run(ping, as: "nobody", groups: ["millrace"])
        #expect(member.succeeded, "\(member)")
        let refused = try await system.run(change, as: "nobody", groups: ["millrace"])
        #expect(refused.status == 77, "\(refused)")

        let administrator = try await system.run(change, as: "nobody", groups: ["millrace", "millrace-admin"])
        #expect(administrator.succeeded, "\(administrator)")
    }

    @Test func aFrozenRunnerIsReplacedByTheWatchdog() async throws {
        try await system.override("WatchdogSec=2\nTimeoutAbortSec=1\nRestartSec=0")
        let frozen = try await system.call("service.ping")["pid"].int
        try await system.check(["systemctl", "kill", "--signal=STOP", "--kill-who=main", service])
        try await eventually("another runner", within: .seconds(30), every: .milliseconds(100)) {
            guard try await system.property("NRestarts", of: service) != "0" else { return false }
            return try await system.property("ActiveState", of: service) == "active"
        }
        #expect(try await system.call("service.ping")["pid"].int != frozen)
    }

    /// The interval is short, the canary quick: a runner that works is not taken for a frozen one.
    @Test func aWorkingRunnerBeatsTheWatchdog() async throws {
        try await system.override("WatchdogSec=1")
        let pid = try await system.call("service.ping")["pid"]
        try await system.importMonth(SampleMonth("2026-10", contractors: 100))
        for _ in 0..<3 {
            _ = try await system.finished(try await system.submitAndSeeUnderWay("2026-10"))
        }
        let before = try await system.property("WatchdogTimestampMonotonic", of: service)
        try await eventually("another beat of the watchdog", every: .milliseconds(50)) {
            try await system.property("WatchdogTimestampMonotonic", of: service) != before
        }
        #expect(try await system.call("service.ping")["pid"] == pid)
        #expect(try await system.property("NRestarts", of: service) == "0")
    }

    @Test func aWrongSettingStopsTheStartForGoodWithEveryProblemNamed() async throws {
        try await system.write("[Pool]\nJobs=none\nSlots=400\n", to: "/etc/millrace/runner.conf")
        let start = try await system.run(["systemctl", "start", service])
        #expect(start.status != 0)
        #expect(try await system.property("ExecMainStatus", of: service) == "78")
        #expect(try await system.property("NRestarts", of: service) == "0", "starting again mends nothing")
        let said = try await system.journal("-u", service).joined(separator: "\n")
        #expect(said.contains("/etc/millrace/runner.conf:2"))
        #expect(said.contains("/etc/millrace/runner.conf:3"))
    }

    /// systemd starts the service for whoever connects, and begins again while somebody waits.
    @Test func whoCallsAServiceWhoseSettingsAreWrongHearsWhyAndTheSocketStays() async throws {
        try await system.write("[Pool]\nJobs=none\n", to: "/etc/millrace/runner.conf")
        try await system.check(["systemctl", "start", socket])
        for _ in 0..<3 {
            let call = try await system.run(["millctl", "job", "list"])
            #expect(call.status == 69, "\(call)")
            #expect(call.errors.contains("/etc/millrace/runner.conf:2"), "\(call)")
        }
        #expect(try await system.property("ActiveState", of: socket) == "active")
        let starts = try await system.journal("-u", service).count { $0.contains("not started") }
        #expect(starts >= 3 && starts <= 60, "\(starts)")
        try await system.check(["rm", "/etc/millrace/runner.conf"])
        _ = try await system.call("service.ping")
    }

    /// A stop may take as long as the settings say, whatever the unit says.
    @Test func aDrainLongerThanTheUnitsPatienceIsWaitedFor() async throws {
        try await system.override("TimeoutStopSec=2")
        try await system.write("[Service]\nDrainSec=60\n", to: "/etc/millrace/runner.conf")
        try await system.write(
            "name: slow\nsummary: Takes its time\ncommand: [/bin/sh, -c, 'sleep 6; echo {}']\n",
            to: "/etc/millrace/kinds.d/slow.yaml")
        try await system.check(["systemctl", "restart", service])
        let job = try await system.call("job.submit", #"{"kind":"slow"}"#)["id"].int ?? 0
        try await eventually("it runs") {
            try await system.call("job.show", "{\"id\":\(job)}")["job"]["state"].string == "running"
        }
        try await system.check(["systemctl", "stop", service], within: .seconds(60))
        #expect(try await system.property("Result", of: service) == "success")
        try await system.check(["systemctl", "start", service])
        let shown = try await system.call("job.show", "{\"id\":\(job)}")["job"]
        #expect(shown["state"].string == "succeeded", "\(shown)")
    }

    @Test func theTargetStartsAndStopsAll() async throws {
        try await system.check(["systemctl", "start", "millrace.target"])
        try await eventually("the runner is active") {
            try await system.property("ActiveState", of: service) == "active"
        }
        _ = try await system.call("service.ping")
        try await system.check(["systemctl", "stop", "millrace.target"])
        // The command waits for the target alone.
        for unit in [service, socket] {
            try await eventually("\(unit) is down", within: .seconds(35)) {
                try await system.property("ActiveState", of: unit) == "inactive"
            }
        }
        let left = try await system.check(["find", "/proc", "-maxdepth", "1", "-user", "millrace", "-name", "[0-9]*"])
        #expect(left == "", "a process of ours is left")
        // libdispatch says it for every process that is not root's, and it helps nobody.
        #expect(try await !system.journal("-b").contains { $0.contains("thread priority") })
    }
}
