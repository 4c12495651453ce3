import MillraceWorker
import TestSupport
import Testing

/// The preloader as it is installed, under a real systemd.
@Suite(
    .serialized, .heavy, .enabled(if: BootedSystem.hindrance == nil, "no systemd: \(BootedSystem.hindrance ?? "")"),
    .enabled(if: RunningSuite.isBuilt, "the executables are not built"), .bootedSystem, .installed)
struct PreloaderUnderSystemdTests {
    private let system: BootedSystem
    private let service = "millrace-preloader.service"
    private let socket = "millrace-preloader.socket"

    init() async throws {
        system = try #require(BootedSystem.current)
        try await system.startOnly(socket, of: service)
        try await system.check(["sh", "-c", "rm -f /etc/millrace/datasets.d/* /etc/credstore/*"])
        try await system.write(#"{"a":1,"b":2}"#, to: "/var/lib/millrace/rows.json")
        try await system.check(["chown", "millrace:", "/var/lib/millrace/rows.json"])
        try await declare(
            """
            datasets:
              - { name: rows, file: { path: rows.json } }
              - { name: common, scope: shared, file: { path: rows.json }, cache: false, window: { age: 20ms } }
            """)
    }

    private func declare(_ datasets: String) async throws {
        try await system.write(datasets, to: "/etc/millrace/datasets.d/test.yaml")
    }

    private func pid() async throws -> String { try await system.property("MainPID", of: service) }

    private func fetch(_ dataset: String, _ keys: String...) async throws -> Tree {
        let output = try await system.check(["millctl", "preload", "fetch", "--json", dataset] + keys)
        return try Tree(output)["datasets"][0]
    }

    @Test func theSocketOfAStoppedPreloaderGetsItsAnswerAndItIsReadyInItsSandbox() async throws {
        let owner = try await system.check(["stat", "-c", "%U:%G %a", "/run/millrace/preloader.sock"])
        #expect(owner == "millrace:millrace 660\n")
        #expect(try await system.property("ActiveState", of: service) == "inactive")

        #expect(try await fetch("rows", "a", "x")["values"]["a"].int == 1)

        #expect(try await system.property("ActiveState", of: service) == "active")
        #expect(try await system.property("Type", of: service) == "notify")
        #expect(try await system.property("User", of: service) == "millrace")
        #expect(try await system.property("StatusText", of: service).hasPrefix("2 datasets"))
        let fields = try await system.status(of: try await pid())
        #expect(fields["NoNewPrivs"] == "1" && fields["Seccomp"] == "2")
        #expect(fields["CapEff"] == "0000000000000000" && fields["CapBnd"] == "0000000000000000")
    }

    /// A web service that wants a word, which only systemd has.
    private static let server = """
        import http.server, json, sys
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                known = self.headers.get("Authorization") == "Bearer the word"
                body = json.dumps([{"id": "p1"}] if known else {"error": "who are you"}).encode()
                self.send_response(200 if known else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *words): pass
        server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    @Test func theCredentialsOfItsSourcesAreSystemdsAlone() async throws {
        let server = try system.start(["python3", "-c", Self.server])
        defer { server.signal(9) }
        let said = try await server.progress.wait(for: "the port") { $0.outputText.hasSuffix("\n") }
        try await declare(
            """
            name: people
            http:
              url: http://127.0.0.1:\(said.outputText.dropLast())/?ids={keys}
              key: /id
              headers: { Authorization: { credential: people-token, prefix: "Bearer " } }
            cache: false
            """)
        // As the documentation says it.
        try await system.override("LoadCredential=people-token", of: service)
        let without = try await system.run(["millctl", "preload", "fetch", "people", "p1"])
        #expect(without.status == 1 && without.output.contains("people-token"), "\(without)")

        try await system.check(["mkdir", "-p", "/etc/credstore"])
        try await system.write("the word\n", to: "/etc/credstore/people-token")
        try await system.check(["chmod", "600", "/etc/credstore/people-token"])
        try await system.check(["systemctl", "restart", service])
        #expect(try await fetch("people", "p1")["values"]["p1"]["id"].string == "p1")
        let environment = try await system.check(["cat", "/proc/\(try await pid())/environ"])
        #expect(!environment.contains("the word"))
        #expect(try await system.journal("-u", service).allSatisfy { !$0.contains("the word") })
    }

    @Test func onlyMembersOfTheGroupMayAskAndEachHasACacheOfHisOwn() async throws {
        let fetch = ["millctl", "preload", "fetch", "rows", "a"]
        let stranger = try await system.run(fetch, as: "nobody", groups: [])
        #expect(stranger.status == 77 && stranger.errors.contains("not allowed"), "\(stranger)")
        for _ in 0..<2 { try await system.check(fetch, as: "nobody", groups: ["millrace"]) }
        try await system.check(fetch)
        let stats = try await system.call("preload.stats", "{\"dataset\":\"rows\"}")["datasets"][0]
        #expect(stats["physicalRequests"].int == 2 && stats["hits"].int == 1, "\(stats)")
        let others = ["millctl", "call", "preload.clear", "{\"everybody\":true}"]
        #expect(try await system.run(others, as: "nobody", groups: ["millrace"]).status == 77)
        try await system.check(others, as: "nobody", groups: ["millrace", "millrace-admin"])
    }

    @Test func restartsUnderLoadCostNobodyAnError() async throws {
        _ = try await fetch("common", "a")
        let client = PreloadClient(socket: system.outside("/run/millrace/preloader.sock"))
        defer { client.close() }
        try await system.restartUnderLoad(service) { number in
            let rows = try await client.load("common", ["a", "k\(number)"], timeout: .seconds(30))
            guard rows["a"]?.text == "1", rows.missing == ["k\(number)"] else { throw TestFailure("\(rows)") }
        }
    }

    @Test func aWorkingOneBeatsTheWatchdogAndAFrozenOneIsReplaced() async throws {
        try await system.beatsItsWatchdogAndIsReplacedWhenFrozen(service) {
            _ = try await fetch("rows", "a")
        }
        #expect(try await fetch("rows", "b")["values"]["b"].int == 2)
    }

    @Test func theJournalHasItsWordsWithTheDatasetAndTheReportTheUnitOfWhoAsks() async throws {
        try await declare(
            """
            datasets:
              - { name: rows, file: { path: rows.json } }
              - { name: gone, file: { path: gone.json } }
            """)
        let failed = try await system.run(["millctl", "preload", "fetch", "gone", "a"])
        #expect(failed.status == 1)
        try await system.check(["journalctl", "--sync"])
        let output = try await system.check([
            "journalctl", "--no-pager", "-o", "json", "DATASET=gone", "_SYSTEMD_UNIT=\(service)",
        ])
        let entry = try Tree(String(try #require(output.split(separator: "\n").first)))
        #expect(entry["PRIORITY"].string == "4")
        #expect(entry["SYSLOG_IDENTIFIER"].string == "millrace-preloader")

        // One process, so that it asks as quickly as a program does that asks once per row.
        let program = """
            import json, socket, struct
            service = socket.socket(socket.AF_UNIX)
            service.connect("/run/millrace/preloader.sock")
            wanted = {"kind": "proof", "datasets": [{"dataset": "rows", "keys": ["a"]}]}
            for number in range(12):
                call = {"jsonrpc": "2.0", "id": number, "method": "preload.fetch", "params": wanted}
                text = json.dumps(call).encode()
                service.sendall(struct.pack(">I", len(text)) + text)
                length, = struct.unpack(">I", service.recv(4, socket.MSG_WAITALL))
                assert "result" in json.loads(service.recv(length, socket.MSG_WAITALL))
            """
        try await system.check(["systemd-run", "--wait", "--quiet", "--unit=asker", "/usr/bin/python3", "-c", program])
        let callers = try await system.call("caller.list")["callers"].elements
        let asker = try #require(callers.first { $0["unit"].string == "asker.service" }, "\(callers)")
        #expect(asker["user"].string == "root" && asker["kind"].string == "proof")
        #expect(asker["calls"].int == 12 && asker["dataset"].string == "rows")
        #expect(try await system.check(["millctl", "preload", "n+1"]).contains("asker.service"))
    }

    @Test func aWrongDeclarationStopsTheStartForGoodWithEveryMistakeNamed() async throws {
        try await declare("name: rows\nchunk: many\nparallelism: 0\nfile: { path: rows.json }\n")
        let start = try await system.run(["systemctl", "start", service])
        #expect(start.status != 0)
        #expect(try await system.property("ExecMainStatus", of: service) == "78")
        #expect(try await system.property("NRestarts", of: service) == "0")
        let said = try await system.journal("-u", service).joined(separator: "\n")
        #expect(said.contains("test.yaml:2:") && said.contains("test.yaml:3:"))
    }
}
