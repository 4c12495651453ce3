import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC
import Telemetry
import TestSupport
import Testing

/// The metrics service as it is installed, beside the others, under a real systemd.
@Suite(
    .serialized, .heavy, .enabled(if: BootedSystem.hindrance == nil, "no systemd: \(BootedSystem.hindrance ?? "")"),
    .enabled(if: RunningSuite.isBuilt && Binary.exist("millrace-metrics"), "the executables are not built"),
    .bootedSystem, .installed)
struct MetricsUnderSystemdTests {
    private let system: BootedSystem
    private let service = "millrace-metrics.service"
    private static let page = "http://127.0.0.1:9464"
    private static let file = "/run/millrace/metrics-http.sock"

    init() async throws {
        system = try #require(BootedSystem.current)
        try await system.check(["systemctl", "stop", "millrace-metrics-http.socket"])
        try await system.startOnly("millrace-metrics.socket", of: service)
        try await system.startOnlySocket()
        try await system.check(["systemctl", "start", "millrace-metrics.socket", "millrace-metrics-http.socket"])
    }

    /// Something else has the port.
    @Test func withoutItsPageItCollectsAndTellsAndSaysWhatToDo() async throws {
        let page = "millrace-metrics-http.socket"
        try await system.check(["systemctl", "stop", page, service])
        let taker = "import socket,time; s=socket.create_server(('127.0.0.1',9464)); time.sleep(600)"
        try await system.check(["systemd-run", "--unit=taker", "/usr/bin/python3", "-c", taker])
        try await eventually("the port is taken") {
            try await system.run(["curl", "--max-time", "1", Self.page]).status == 28
        }
        #expect(try await !system.run(["systemctl", "start", page]).succeeded)
        try await system.check(["systemctl", "start", service])
        let status = try Tree(try await system.check(["millctl", "--json", "status"]))["services"]
        let metrics = try #require(status.elements.first { $0["name"].string == "metrics" })
        let check = metrics["status"]["checks"].elements.first { $0["name"].string == "page" }
        #expect(check?["verdict"].string == "warn", "\(metrics)")
        let findings = try await system.run(["millctl", "doctor"]).output
        #expect(findings.contains("systemctl start \(page)"), "\(findings)")

        // As the doctor says.
        try await system.check(["systemctl", "stop", "taker"])
        try await system.check(["systemctl", "stop", service])
        try await system.check(["systemctl", "start", page, service])
        #expect(try await scraped().contains("millrace_build_info"))
    }

    private func pid() async throws -> String { try await system.property("MainPID", of: service) }

    private func get(_ url: String, _ more: String...) async throws -> Finished {
        try await system.run(["curl", "--silent", "--show-error", "--max-time", "30"] + more + [url])
    }

    private func scraped(_ url: String = "\(page)/metrics") async throws -> String {
        let finished = try await get(url, "--fail")
        guard finished.succeeded else { throw TestFailure("\(finished)") }
        return finished.output
    }

    @Test func aScrapeOfTheStoppedOneStartsItAndItIsReadyInItsSandbox() async throws {
        #expect(try await system.check(["stat", "-c", "%U:%G %a", Self.file]) == "millrace:millrace 660\n")
        #expect(try await system.property("ActiveState", of: service) == "inactive")

        #expect(try await scraped().contains("process_uptime_seconds{service=\"metrics\""))

        #expect(try await system.property("ActiveState", of: service) == "active")
        #expect(try await system.property("Type", of: service) == "notify")
        #expect(try await system.property("User", of: service) == "millrace")
        #expect(try await system.property("StatusText", of: service).contains("page at \(Self.page)/"))
        let fields = try await system.status(of: try await pid())
        #expect(fields["NoNewPrivs"] == "1" && fields["Seccomp"] == "2")
        #expect(fields["CapEff"] == "0000000000000000" && fields["CapBnd"] == "0000000000000000")
        let database = try await system.check(["stat", "-c", "%U %a", "/var/lib/millrace/metrics.sqlite"])
        #expect(database == "millrace 600\n")
        // No other machine reaches it.
        let sockets = try await system.check(["cat", "/proc/net/tcp", "/proc/net/tcp6"])
        // "sl: local_address rem_address st …", 24F8 is 9464 and 0A is LISTEN.
        let listening = sockets.split(separator: "\n").compactMap { line -> Substring? in
            let fields = line.split(separator: " ")
            return fields.count > 3 && fields[1].hasSuffix(":24F8") && fields[3] == "0A" ? fields[1] : nil
        }
        #expect(listening == ["0100007F:24F8"], "127.0.0.1:9464")
    }

    @Test func theSocketFileServesTheSameToMembersOfTheGroupAlone() async throws {
        let ask = [
            "curl", "--silent", "--fail", "--max-time", "30", "--unix-socket", Self.file, "http://localhost/metrics",
        ]
        let known = try await system.check(ask, as: "nobody", groups: ["millrace"])
        #expect(known.contains("process_uptime_seconds"))
        #expect(try await system.run(ask, as: "nobody", groups: []).succeeded == false)
    }

    @Test func unitsAreKnownBySystemdsOwnWordAndAKilledOneIsCounted() async throws {
        _ = try await system.call("job.list")
        _ = try await scraped()
        let runner = #"{unit="millrace-runner.service""#
        try await eventually("the units are known", within: .seconds(60), every: .milliseconds(250)) {
            let text = try await scraped()
            return text.contains("millrace_unit_state\(runner),millrace_unit_state=\"active\"} 1")
                && text.contains("millrace_unit_restarts_total\(runner)} 0")
        }
        let text = try await scraped()
        for (name, property) in [
            ("millrace_unit_memory_bytes", "MemoryCurrent"), ("millrace_unit_cpu_seconds_total", "CPUUsageNSec"),
            ("millrace_unit_tasks", "TasksCurrent"),
        ] {
            // What systemd does not know here, nobody tells.
            let isKnown = Int(try await system.property(property, of: BootedSystem.service)) != nil
            #expect(text.contains("\n\(name)\(runner)} ") == isKnown, "\(name)")
        }
        #expect(text.contains("\nmillrace_unit_cpu_seconds_total\(runner)} "))
        #expect(text.contains("millrace_unit_watchdog_age_seconds\(runner)} "))
        try await system.check(["systemctl", "kill", "--signal=KILL", "--kill-who=main", BootedSystem.service])
        try await eventually("the restart is counted", within: .seconds(90), every: .milliseconds(250)) {
            try await scraped().contains("millrace_unit_restarts_total\(runner)} 1")
        }
    }

    /// What was asked while it was away waits in the sockets, of HTTP and of those who publish.
    @Test func restartsUnderLoadCostNobodyAnErrorAndNoCount() async throws {
        let client = RPCClient(socket: system.outside("/run/millrace/metrics.sock"))
        defer { client.close() }
        let registries = (0..<8).map { Registry(service: "shop-\($0)", instance: "a", time: SystemTime()) }
        try await system.restartUnderLoad(service) { number in
            registries[number].counter("shop_orders", "Orders.").increment()
            _ = try await client.call(
                MetricsPublish.self, .init(snapshot: JSONRaw(registries[number].snapshot())),
                options: CallOptions(timeout: .seconds(30)))
        }
        let text = try await scraped()
        for (number, registry) in registries.enumerated() {
            let counted = Int(registry.counter("shop_orders", "Orders.").value)
            #expect(text.contains("shop_orders_total{service=\"shop-\(number)\"} \(counted)\n"))
        }
    }

    @Test func scrapesWhileItRestartsAreAllAnswered() async throws {
        _ = try await scraped()
        try await system.restartUnderLoad(service) { _ in
            // A connection that was taken in may be hung up on as its process ends; one that waits is answered.
            let finished = try await get("\(Self.page)/metrics", "--fail", "--retry", "3", "--retry-all-errors")
            guard finished.succeeded, finished.output.contains("process_uptime_seconds") else {
                throw TestFailure("\(finished)")
            }
        }
    }

    @Test func aWorkingOneBeatsTheWatchdogAndAFrozenOneIsReplaced() async throws {
        try await system.beatsItsWatchdogAndIsReplacedWhenFrozen(service) {
            _ = try await scraped()
        }
        #expect(
            try await scraped().contains("millrace_last_success_timestamp_seconds{service=\"metrics\",task=\"canary\"}")
        )
    }

    /// One truth: the page's address, the status, systemd's status line and the exit code of `millctl status`.
    @Test func aServiceThatHangsIsUnhealthyEverywhereAndWellAgainAfterwards() async throws {
        _ = try await system.call("job.list")
        _ = try await scraped()
        func code(_ path: String) async throws -> String {
            try await get(Self.page + path, "--output", "/dev/null", "--write-out", "%{http_code}").output
        }
        try await eventually("all are well", within: .seconds(60), every: .milliseconds(250)) {
            try await code("/health") == "200"
        }
        #expect(try await system.run(["millctl", "status"]).succeeded)
        try await system.check(["systemctl", "kill", "--signal=STOP", "--kill-who=main", BootedSystem.service])
        try await eventually("it is seen", within: .seconds(60), every: .milliseconds(250)) {
            try await code("/health") == "503"
        }
        #expect(try await code("/ready") == "503")
        #expect(try await code("/health/runner") == "503")
        #expect(try await system.run(["millctl", "status"]).succeeded == false)
        try await system.check(["systemctl", "kill", "--signal=CONT", "--kill-who=main", BootedSystem.service])
        try await eventually("all are well again", within: .seconds(60), every: .milliseconds(250)) {
            try await code("/health") == "200"
        }
    }

    /// From a job that logs to its page, through the journal: the service may read it.
    @Test func theJobsPageShowsWhatTheJournalHasOfTheJob() async throws {
        try await system.write(
            "name: talk\ncommand: [/bin/sh, -c, \"echo the mill turns >&2; echo 7\"]\n",
            to: "/etc/millrace/kinds.d/talk.yaml")
        let id = try #require(try await system.call("job.submit", #"{"kind":"talk"}"#)["id"].int)
        _ = try await system.finished(id)
        try await system.check(["journalctl", "--sync"])
        let page = try await scraped("\(Self.page)/jobs/\(id)")
        #expect(page.contains("<h2>Job \(id)</h2>") && page.contains("talk"))
        let known = try await system.check(["journalctl", "--no-pager", "-o", "cat", "JOB_ID=\(id)"])
        let line = try #require(known.split(separator: "\n").last)
        #expect(page.contains(line.prefix(20)), "\(line)")
    }

    @Test func aWrongSettingStopsTheStartForGoodWithEveryMistakeNamed() async throws {
        try await system.write(
            "[Alerts]\nTickSec=many\n[History]\nHistoryBytes=few\n", to: "/etc/millrace/metrics.conf")
        #expect(try await system.run(["systemctl", "start", service]).status != 0)
        #expect(try await system.property("ExecMainStatus", of: service) == "78")
        #expect(try await system.property("NRestarts", of: service) == "0")
        let said = try await system.journal("-u", service).joined(separator: "\n")
        #expect(said.contains("metrics.conf:2") && said.contains("metrics.conf:4"), "\(said)")
    }
}
