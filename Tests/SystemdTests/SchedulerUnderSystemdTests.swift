import Linux
import TestSupport
import Testing

/// The scheduler as it is installed, beside the runner, under a real systemd.
@Suite(
    .serialized, .heavy, .enabled(if: BootedSystem.hindrance == nil, "no systemd: \(BootedSystem.hindrance ?? "")"),
    .enabled(if: RunningSuite.isBuilt && Binary.exist("millrace-scheduler"), "the executables are not built"),
    .bootedSystem, .installed)
struct SchedulerUnderSystemdTests {
    private let system: BootedSystem
    private let service = "millrace-scheduler.service"
    private static let every = #"cronSeconds":["* * * * * *"],"zone":"UTC","whileRunning":"allow-all"#

    init() async throws {
        system = try #require(BootedSystem.current)
        try await system.startOnly("millrace-scheduler.socket", of: service)
        try await system.check(["sh", "-c", "rm -f /etc/millrace/schedules.d/*"])
        // Its state has gone with the scheduler's; it starts when somebody calls.
        try await system.startOnlySocket()
        try await system.check(["systemctl", "start", "millrace-scheduler.socket"])
        let kinds = """
            kinds:
              - { name: tick, command: [/bin/true] }
              - { name: fail, command: [/bin/false], attempts: 1 }
            """
        try await system.write(kinds, to: "/etc/millrace/kinds.d/test.yaml")
    }

    private func pid() async throws -> String { try await system.property("MainPID", of: service) }

    private func put(_ members: String) async throws {
        _ = try await system.call("schedule.put", "{\"schedule\":{\(members)}}")
    }

    private func show(_ name: String) async throws -> Tree {
        try await system.call("schedule.show", "{\"name\":\"\(name)\"}")
    }

    /// Waits for so many runs and returns how many there are.
    @discardableResult
    private func runs(_ name: String, atLeast count: Int) async throws -> Int {
        let seen = Watched(0)
        try await eventually("\(count) runs of \(name)", within: .seconds(60), every: .milliseconds(50)) {
            let runs = try await show(name)["schedule"]["runs"].int ?? 0
            seen.update { $0 = runs }
            return runs >= count
        }
        return seen.value
    }

    @Test func theSocketOfAStoppedSchedulerGetsItsAnswerAndItIsReadyInItsSandbox() async throws {
        let owner = try await system.check(["stat", "-c", "%U:%G %a", "/run/millrace/scheduler.sock"])
        #expect(owner == "millrace:millrace 660\n")
        #expect(try await system.property("ActiveState", of: service) == "inactive")

        #expect(try await system.call("schedule.list")["total"].int == 0)

        #expect(try await system.property("ActiveState", of: service) == "active")
        #expect(try await system.property("Type", of: service) == "notify")
        #expect(try await system.property("User", of: service) == "millrace")
        #expect(try await system.property("StatusText", of: service).hasPrefix("0 schedules"))
        let fields = try await system.status(of: try await pid())
        #expect(fields["NoNewPrivs"] == "1" && fields["Seccomp"] == "2")
        #expect(fields["CapEff"] == "0000000000000000" && fields["CapBnd"] == "0000000000000000")
        let database = try await system.check(["stat", "-c", "%U:%G %a", "/var/lib/millrace/scheduler.sqlite"])
        #expect(database == "millrace:millrace 600\n")
    }

    @Test func onlyMembersOfTheGroupMayAskAndOnlyAdministratorsMayReload() async throws {
        let list = ["millctl", "schedule", "list"]
        let stranger = try await system.run(list, as: "nobody", groups: [])
        #expect(stranger.status == 77 && stranger.errors.contains("not allowed"), "\(stranger)")
        try await system.check(list, as: "nobody", groups: ["millrace"])
        let reload = ["millctl", "call", "--service", "scheduler", "service.reload"]
        #expect(try await system.run(reload, as: "nobody", groups: ["millrace"]).status == 77)
        try await system.check(reload, as: "nobody", groups: ["millrace", "millrace-admin"])
    }

    @Test func restartsWhileSchedulesRunEachSecondLoseNoSecondAndDoubleNone() async throws {
        try await put("\"name\":\"tick\",\"job\":{\"kind\":\"tick\"},\"\(Self.every)\",\"catchUp\":{\"mode\":\"all\"}")
        var count = try await runs("tick", atLeast: 2)
        for unit in [service, service, BootedSystem.service, service] {
            let before = try await system.property("MainPID", of: unit)
            try await system.check(["systemctl", "restart", unit])
            #expect(try await system.property("MainPID", of: unit) != before)
            count = try await runs("tick", atLeast: count + 2)
        }
        try await system.check(["millctl", "schedule", "pause", "tick"])
        let command = EverySecond.command("/var/lib/millrace/runner.sqlite", kind: "tick")
        let counted = try EverySecond(try await system.check(command))
        #expect(counted.isWhole && counted.jobs >= count, "\(counted)")
        #expect(try await system.property("NRestarts", of: service) == "0")
        #expect(try await system.property("Result", of: service) == "success")
    }

    @Test func aWorkingOneBeatsTheWatchdogAndAFrozenOneIsReplacedAndMakesUpForIt() async throws {
        try await system.beatsItsWatchdogAndIsReplacedWhenFrozen(service) {
            try await put(
                "\"name\":\"tick\",\"job\":{\"kind\":\"tick\"},\"\(Self.every)\",\"catchUp\":{\"mode\":\"all\"}")
            try await runs("tick", atLeast: 1)
        }
        let count = try await show("tick")["schedule"]["runs"].int ?? 0
        try await runs("tick", atLeast: count + 3)
        try await system.check(["millctl", "schedule", "pause", "tick"])
        let command = EverySecond.command("/var/lib/millrace/runner.sqlite", kind: "tick")
        let counted = try EverySecond(try await system.check(command))
        #expect(counted.isWhole, "\(counted)")
    }

    @Test func anotherZoneOfTheMachineIsNoticedAtOnceAndTimesAreWorkedOutAnew() async throws {
        let zone = try await system.check(["readlink", "-f", "/etc/localtime"]).dropLast()
        func set(_ target: String) async throws {
            let replace = "ln -s \"$1\" /etc/localtime.new && mv -T /etc/localtime.new /etc/localtime"
            try await system.check(["sh", "-c", replace, "sh", target])
        }
        func next(_ name: String, is time: String) async throws {
            try await eventually("\(name) runs at \(time)", within: .seconds(30), every: .milliseconds(20)) {
                try await show(name)["schedule"]["next"].string?.contains("T\(time)") == true
            }
        }
        try await set("/usr/share/zoneinfo/UTC")
        try await put(#""name":"local","job":{"kind":"tick"},"onCalendar":["*-*-* 09:00"]"#)
        try await put(#""name":"fixed","job":{"kind":"tick"},"onCalendar":["*-*-* 09:00"],"zone":"Asia/Kathmandu""#)
        try await next("local", is: "09:00:00")
        try await set("/usr/share/zoneinfo/Asia/Tokyo")
        try await next("local", is: "00:00:00")
        try await set("/usr/share/zoneinfo/Asia/Kathmandu")
        try await next("local", is: "03:15:00")
        try await next("fixed", is: "03:15:00")
        #expect(try await system.journal("-u", service).contains("time zones have changed"))
        try await set(String(zone))
    }

    @Test func theJournalNamesTheScheduleOfWhatItSays() async throws {
        try await put(
            #""name":"bad","job":{"kind":"fail"},"cronSeconds":["* * * * * *"],"zone":"UTC","pauseAfterFailures":2"#)
        try await eventually("it pauses itself", within: .seconds(60), every: .milliseconds(100)) {
            try await show("bad")["schedule"]["paused"].bool == true
        }
        try await system.check(["journalctl", "--sync"])
        let output = try await system.check([
            "journalctl", "--no-pager", "-o", "json", "SCHEDULE=bad", "_SYSTEMD_UNIT=\(service)",
        ])
        let entry = try Tree(String(try #require(output.split(separator: "\n").first)))
        #expect(entry["PRIORITY"].string == "4")
        #expect(entry["SYSLOG_IDENTIFIER"].string == "millrace-scheduler")
        #expect(entry["MESSAGE"].string?.contains("pauses itself after 2 failures") == true)
    }

    @Test func aWrongDeclarationStopsTheStartForGoodWithEveryMistakeNamed() async throws {
        try await system.write(
            "schedules:\n  - name: a\n    job: { kind: tick }\n    cron: 0 99 * * *\n  - name: b\n    on-calendar: daily\n",
            to: "/etc/millrace/schedules.d/test.yaml")
        let start = try await system.run(["systemctl", "start", service])
        #expect(start.status != 0)
        #expect(try await system.property("ExecMainStatus", of: service) == "78")
        #expect(try await system.property("NRestarts", of: service) == "0")
        let said = try await system.journal("-u", service).joined(separator: "\n")
        #expect(said.contains("test.yaml:4:") && said.contains("test.yaml:5:"), "\(said)")
        try await system.check(["sh", "-c", "rm -f /etc/millrace/schedules.d/*"])
    }
}
