import TestSupport
import Testing

/// Commands of kinds that are declared in /etc/millrace/kinds.d, in the sandbox of the installed unit.
@Suite(
    .serialized, .heavy, .enabled(if: BootedSystem.hindrance == nil, "no systemd: \(BootedSystem.hindrance ?? "")"),
    .enabled(if: RunningSuite.isBuilt, "the executables are not built"), .bootedSystem, .installed)
struct CommandsUnderSystemdTests {
    let system: BootedSystem
    let service = BootedSystem.service

    init() async throws {
        system = try #require(BootedSystem.current)
        try await system.startOnlySocket()
    }

    private func declare(_ kinds: String) async throws {
        try await system.write(kinds, to: "/etc/millrace/kinds.d/test.yaml")
    }

    /// Submits a job and returns it as it ended, with its number.
    private func run(_ kind: String, _ params: String = "{}") async throws -> (id: Int, job: Tree) {
        let receipt = try await system.call("job.submit", "{\"kind\":\"\(kind)\",\"params\":\(params)}")
        let id = try #require(receipt["id"].int)
        _ = try await system.run(["millctl", "job", "wait", "\(id)"])
        return (id, try await system.call("job.show", "{\"id\":\(id)}")["job"])
    }

    @Test func aCommandRunsAndWhatItSaysIsFoundInTheJournalByItsJob() async throws {
        try await declare(
            """
            kinds:
              - name: talk
                command: [/bin/sh, -c, "echo 'the mill turns' >&2; echo '<4>too much water' >&2; cat"]
            """)
        let (id, job) = try await run("talk", "{\"a\":1}")
        #expect(job["state"].string == "succeeded", "\(job)")
        #expect(job["result"]["a"].int == 1)
        let (other, _) = try await run("talk")

        try await system.check(["journalctl", "--sync"])
        let told = try await system.check(["millctl", "job", "log", "\(id)"])
        #expect(told.contains("the mill turns") && told.contains("too much water"), "\(told)")
        #expect(told.split(separator: "\n").count { $0.contains("the mill turns") } == 1, "only its own: \(told)")
        let output = try await system.check([
            "journalctl", "--no-pager", "-o", "json", "JOB_ID=\(id)", "_SYSTEMD_UNIT=\(service)",
        ])
        let entries = try output.split(separator: "\n").map { try Tree(String($0)) }
        let warning = try #require(entries.first { $0["MESSAGE"].string == "too much water" })
        #expect(warning["PRIORITY"].string == "4")
        #expect(warning["JOB_KIND"].string == "talk")
        #expect(warning["CORRELATION_ID"].string == job["correlationId"].string)
        #expect(other != id)
    }

    @Test func aReloadPicksUpChangedKindsAndAWrongFileLeavesTheOldOnesInForce() async throws {
        try await declare("kinds: [{ name: tell, command: [/bin/echo, \"1\"] }]\n")
        #expect(try await run("tell").job["result"].int == 1)
        let pid = try await system.property("MainPID", of: service)

        try await declare("kinds: [{ name: tell, command: [/bin/echo, \"2\"] }]\n")
        try await system.check(["systemctl", "reload", service])
        try await eventually("the new kinds are in force") { try await run("tell").job["result"].int == 2 }

        try await declare("kinds:\n  - { name: tell, comand: [/bin/echo, \"3\"] }\n")
        try await system.check(["systemctl", "reload", service])
        try await eventually("the mistake is named") {
            try await system.journal("-u", service).contains { $0.contains("/etc/millrace/kinds.d/test.yaml:2:") }
        }
        #expect(try await run("tell").job["result"].int == 2)
        #expect(try await system.property("MainPID", of: service) == pid)
        let check = try await system.run(["millctl", "kind", "check"])
        #expect(check.status == 65 && check.output.contains("test.yaml:2:"), "\(check)")

        // At a start it is reason enough not to start.
        try await system.check(["systemctl", "stop", service])
        let start = try await system.run(["systemctl", "start", service])
        #expect(start.status != 0)
        #expect(try await system.property("ExecMainStatus", of: service) == "78")
        #expect(try await system.property("NRestarts", of: service) == "0")
    }

    @Test func nicenessAndLimitsOfAKindHoldInTheSandboxOfTheUnit() async throws {
        try await declare(
            """
            kinds:
              - name: bounded
                command:
                  - /bin/sh
                  - -c
                  - 'printf ''{"user":"%s","nice":%d,"files":%d,"umask":"%s"}'' $(id -un) $(nice) $(ulimit -n) $(umask)'
                nice: 7
                umask: "077"
                limits: { open-files: 64, memory: 512M, core: 0 }
              - { name: outside, command: [/bin/sh, -c, "echo 1 >/etc/millrace/mine"], attempts: 1 }
            """)
        let (_, job) = try await run("bounded")
        #expect(job["state"].string == "succeeded", "\(job)")
        #expect(job["result"]["user"].string == "millrace")
        #expect(job["result"]["nice"].int == 7)
        #expect(job["result"]["files"].int == 64)
        #expect(job["result"]["umask"].string == "0077")
        let (_, outside) = try await run("outside")
        #expect(outside["state"].string == "failed", "a command may not write everywhere")
    }

    @Test func anotherUserNeedsTheDropInOfTheDocumentationAndThenItsWholeTreeIsEnded() async throws {
        let kinds = """
            kinds:
              - name: who
                command: [/bin/sh, -c, 'printf ''"%s %s"'' "$(id -un)" "$(grep CapEff /proc/self/status | cut -f 2)"']
                user: nobody
              - name: family
                command: [/bin/sh, -c, "setsid sh -c 'trap : TERM; while :; do sleep 1000; done' & sleep 1000"]
                user: nobody
                grace: 200ms
            """
        try await declare(kinds)
        let start = try await system.run(["systemctl", "start", service])
        #expect(start.status != 0)
        let said = try await system.journal("-u", service).joined(separator: "\n")
        let why = "only a runner that is root can start processes as somebody else"
        #expect(said.contains(why))
        // Root could.
        #expect(try await system.run(["millctl", "doctor"]).output.contains(why))
        #expect(try await system.run(["millctl", "kind", "check"]).status == 65)

        let file = "/etc/systemd/system/\(service).d/50-users.conf"
        let dropIns = try DocumentedPage("Documentation/Kinds").blocks(in: "ini").map(\.text)
        let dropIn = try #require(dropIns.first { $0.hasPrefix("# \(file)\n") })
        try await system.check(["mkdir", "-p", "/etc/systemd/system/\(service).d"])
        try await system.write(dropIn, to: file)
        try await system.check(["systemctl", "daemon-reload"])
        try await system.check(["systemctl", "reset-failed"])
        try await system.check(["systemctl", "start", BootedSystem.socket])
        let doctor = try await system.run(["millctl", "doctor", "--all"]).output
        #expect(doctor.contains("settings of runner: right"), "\(doctor)")
        try await system.check(["millctl", "kind", "check"])

        let (_, job) = try await run("who")
        #expect(job["state"].string == "succeeded", "\(job)")
        #expect(job["result"].string?.hasPrefix("nobody ") == true, "\(job)")
        #expect(job["result"].string?.hasSuffix(" 0000000000000000") == true, "it keeps no right: \(job)")

        let receipt = try await system.call("job.submit", "{\"kind\":\"family\"}")
        let id = try #require(receipt["id"].int)
        func family() async throws -> Int {
            let listed = try await system.run(["pgrep", "-u", "nobody", "-c", "."])
            return Int(listed.output.filter(\.isNumber)) ?? 0
        }
        try await eventually("the family is there") { try await family() >= 4 }
        _ = try await system.call("job.cancel", "{\"id\":\(id)}")
        let wait = try await system.run(["millctl", "job", "wait", "\(id)"])
        #expect(wait.status == 3, "\(wait)")
        #expect(try await family() == 0, "a process of the cancelled job is left")

        // Without it the runner is an ordinary user again and the state is its own.
        try await system.check(["systemctl", "stop", service])
        try await system.check([
            "rm", "/etc/systemd/system/\(service).d/50-users.conf", "/etc/millrace/kinds.d/test.yaml",
        ])
        try await system.check(["systemctl", "daemon-reload"])
        #expect(try await system.call("job.show", "{\"id\":\(id)}")["job"]["state"].string == "cancelled")
        #expect(try await system.property("User", of: service) == "millrace")
    }

    @Test func aKilledRunnerTakesTheWholeTreesOfItsCommandsWithItBeforeTheyRunAgain() async throws {
        let script = "setsid sleep 4711 & sleep 4712 & wait"
        try await declare("kinds: [{ name: family, command: [/bin/sh, -c, '\(script)'] }]\n")
        let receipt = try await system.call("job.submit", "{\"kind\":\"family\"}")
        let id = try #require(receipt["id"].int)
        func family() async throws -> Set<Substring> {
            let listed = try await system.run(["pgrep", "-u", "millrace", "-f", "sleep 471[12]"])
            return Set(listed.output.split(separator: "\n"))
        }
        try await eventually("the family is there") { try await family().count == 3 }
        let first = try await family()
        try await system.check(["systemctl", "kill", "--signal=KILL", "--kill-who=main", service])
        try await eventually("it runs again", within: .seconds(20)) {
            let now = try await family()
            return now.count == 3 && now != first
        }
        #expect(try await family().isDisjoint(with: first), "both attempts run side by side")
        let rows = try await system.call("job.show", "{\"id\":\(id),\"attempts\":true}")["attempts"].elements
        #expect(Set(rows.compactMap { $0["cause"].string }).contains("restart"), "\(rows)")
        _ = try await system.call("job.cancel", "{\"id\":\(id)}")
        #expect(try await system.run(["millctl", "job", "wait", "\(id)"]).status == 3)
        #expect(try await family().isEmpty)
    }

    @Test func aCallbackOfAHookLeavesTheSandboxSignedWithACredentialOfTheUnit() async throws {
        try await system.override("LoadCredential=receiver:/run/receiver.secret")
        try await system.write("hunter2", to: "/run/receiver.secret")
        let receiver = """
            import http.server
            class Receiver(http.server.BaseHTTPRequestHandler):
                def do_POST(self):
                    body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                    self.send_response(204)
                    self.end_headers()
                    print(self.headers["Millrace-Signature"], body, flush=True)
            server = http.server.HTTPServer(("127.0.0.1", 8099), Receiver)
            print("listening", flush=True)
            server.serve_forever()
            """
        let process = try system.start(["/usr/bin/python3", "-c", receiver])
        try await process.waitForOutput("listening")
        try await declare(
            """
            kinds:
              - name: work
                command: [/bin/true]
                hooks:
                  - { on: [succeeded], http: { url: "http://127.0.0.1:8099/", secret: receiver } }
            """)
        let (id, _) = try await run("work")
        try await process.waitForOutput("v1=")
        #expect(process.progress.value.outputText.contains("\(id)"))
        process.signalGroup(SIGKILL)
    }
}

private let SIGKILL: Int32 = 9
