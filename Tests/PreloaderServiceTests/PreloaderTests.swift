import Glibc
import Simulators
import TestSupport
import Testing

/// The service as a whole: methods, users, reload, drain.
@Suite(.heavy, .enabled(if: RunningPreloader.isBuilt, "millrace-preloader is not built"))
struct PreloaderTests {
    private static let lists = """
        datasets:
          - { name: own, file: { path: rows.json } }
          - { name: common, scope: shared, file: { path: rows.json } }
        """

    private static func withLists<Result: Sendable>(
        options: [String] = [], _ body: (RunningPreloader) async throws -> Result
    ) async throws -> Result {
        let preloader = RunningPreloader(options: options)
        preloader.folder.write("{\"a\":1,\"b\":2}", to: "data/rows.json")
        preloader.declare(lists)
        return try await preloader.use(body)
    }

    @Test(
        "What cannot be asked is refused where it is wrong",
        arguments: [
            ("preload.fetch", "{\"datasets\":[]}", "datasets"),
            ("preload.fetch", "{\"datasets\":[{\"dataset\":\"own\",\"keys\":[]}]}", "datasets[0].keys"),
            ("preload.fetch", "{\"datasets\":[{\"dataset\":\"own\",\"keys\":[\"a\",\"\"]}]}", "datasets[0].keys[1]"),
            (
                "preload.fetch",
                "{\"datasets\":[{\"dataset\":\"own\",\"keys\":[\"a\"]},{\"dataset\":\"own\",\"keys\":[\"b\"]}]}",
                "datasets[1].dataset"
            ),
            ("preload.fetch", "{\"datasets\":[{\"dataset\":\"own\",\"keys\":[\"a\"]}],\"kind\":\"\"}", "kind"),
            ("preload.fetch", "{\"datasets\":[{\"dataset\":\"won\",\"keys\":[\"a\"]}]}", "datasets[0].dataset"),
            ("preload.stats", "{\"dataset\":\"won\"}", "dataset"),
            ("preload.clear", "{\"keys\":[\"a\"]}", "keys"),
            ("preload.clear", "{\"dataset\":\"own\",\"keys\":[\"a\"],\"everybody\":true}", "everybody"),
            ("preload.prime", "{\"dataset\":\"own\",\"values\":{}}", "values"),
        ])
    func refused(method: String, params: String, field: String) async throws {
        try await Self.withLists { preloader in
            let error = try await preloader.request(method, params)["error"]
            #expect(error["data"]["field"].string == field, "\(error)")
            if field.hasSuffix("dataset"), params.contains("won") {
                #expect(error["data"]["status"].string == "NOT_FOUND")
                #expect(error["message"].string?.contains("did you mean own?") == true)
            }
        }
    }

    @Test func tooManyKeysInOneCallAreRefused() async throws {
        try await Self.withLists { preloader in
            let keys = (0...100_000).map { "k\($0)" }
            let error = try await preloader.request("preload.fetch", RunningPreloader.params("own", keys))["error"]
            #expect(error["data"]["status"].string == "INVALID_ARGUMENT")
            let most = try await preloader.fetch("own", Array(keys.prefix(100_000)))
            #expect(most["missing"].elements.count == 100_000)
        }
    }

    @Test func aKeyThatIsNamedTwiceIsAnsweredOnce() async throws {
        try await Self.withLists { preloader in
            let rows = try await preloader.fetch("own", ["a", "x", "a", "x", "b"])
            #expect(rows["values"].names == ["a", "b"] && rows["missing"].elements.count == 1)
            #expect(try await preloader.stats("own")["keysLoaded"].int == 3)
        }
    }

    @Test func whatIsPrimedIsGivenOutAndWhatIsClearedIsLoadedAnew() async throws {
        try await Self.withLists { preloader in
            let primed = try await preloader.call(
                "preload.prime", "{\"dataset\":\"own\",\"values\":{\"a\":{\"primed\":true}},\"missing\":[\"b\"]}")
            #expect(primed["primed"].int == 2)
            let rows = try await preloader.fetch("own", ["a", "b"])
            #expect(rows["values"]["a"]["primed"].bool == true && rows["missing"].elements.map(\.string) == ["b"])
            #expect(
                try await preloader.call("preload.clear", "{\"dataset\":\"own\",\"keys\":[\"a\",\"x\"]}")["cleared"].int
                    == 1)
            #expect(try await preloader.fetch("own", ["a", "b"])["values"]["a"].int == 1)
            #expect(try await preloader.call("preload.clear")["cleared"].int == 2)
            #expect(try await preloader.fetch("own", ["b"])["values"]["b"].int == 2)
        }
    }

    /// As two users of this machine; only root can become another.
    @Test(
        .enabled(if: geteuid() == 0, "only root can become another user"),
        .enabled(if: access("/usr/bin/python3", X_OK) == 0, "the system has no Python that every user may run"))
    func eachUserHasHisOwnCacheAndMayNotTouchThatOfAll() async throws {
        let group = "nogroup"
        try await Self.withLists(options: ["--group", group]) { preloader in
            chmod(preloader.state, 0o755)
            chmod(preloader.state + "/run", 0o755)
            chmod(preloader.socket, 0o666)
            let script = preloader.folder.write(Self.client, to: "client.py")
            chmod(script, 0o755)
            func asUser(_ uid: Int, _ method: String, _ params: String) async throws -> Tree {
                let finished = try await run([
                    "setpriv", "--reuid", "\(uid)", "--regid", group, "--clear-groups", "/usr/bin/python3", script,
                    preloader.socket, method, params,
                ])
                guard finished.succeeded else { throw TestFailure("\(finished)") }
                return try Tree(finished.output)
            }
            let (one, two) = (
                RunningPreloader.params("own", ["a"]), "{\"dataset\":\"own\",\"values\":{\"a\":\"one's\"}}"
            )
            #expect(try await asUser(12_345, "preload.prime", two)["result"]["primed"].int == 1)
            let his = try await asUser(12_345, "preload.fetch", one)["result"]["datasets"][0]["values"]["a"]
            #expect(his.string == "one's")
            let others = try await asUser(12_346, "preload.fetch", one)["result"]["datasets"][0]["values"]["a"]
            #expect(others.int == 1)
            #expect(try await preloader.fetch("own", ["a"])["values"]["a"].int == 1)

            let shared = try await asUser(12_345, "preload.prime", "{\"dataset\":\"common\",\"values\":{\"a\":0}}")
            #expect(shared["error"]["data"]["reason"].string == "preload.shared")
            let everybody = try await asUser(12_345, "preload.clear", "{\"everybody\":true}")
            #expect(everybody["error"]["data"]["reason"].string == "preload.others")
            // His own goes, the others' stays.
            #expect(try await asUser(12_345, "preload.clear", "{\"dataset\":\"own\"}")["result"]["cleared"].int == 1)
            #expect(try await preloader.stats("own")["entries"].int == 2)
            // What is everybody's is loaded once for all.
            _ = try await asUser(12_345, "preload.fetch", RunningPreloader.params("common", ["a"]))
            _ = try await asUser(12_346, "preload.fetch", RunningPreloader.params("common", ["a"]))
            #expect(try await preloader.stats("common")["physicalRequests"].int == 1)
            #expect(try await preloader.call("preload.clear", "{\"everybody\":true}")["cleared"].int == 3)
            let users = try await preloader.call("caller.list")["callers"].elements.compactMap { $0["user"].string }
            #expect(Set(users).isSuperset(of: ["12345", "12346", "root"]))
        }
    }

    /// One request, answered on standard output.
    private static let client = """
        import json, socket, struct, sys
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(sys.argv[1])
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": sys.argv[2], "params": json.loads(sys.argv[3])}).encode()
        peer.sendall(struct.pack(">I", len(body)) + body)
        size = struct.unpack(">I", peer.recv(4, socket.MSG_WAITALL))[0]
        print(peer.recv(size, socket.MSG_WAITALL).decode())
        """

    @Test func whatIsAnsweredFromMemoryIsAnsweredAsFromTheSource() async throws {
        try await Self.withLists { preloader in
            let params = """
                {"datasets":[{"dataset":"own","keys":["b","x\\u0022\\n","a","b","\\u00e9"]},{"dataset":"common","keys":["a","a"]}]}
                """
            let first = try await preloader.request("preload.fetch", params)["result"]
            #expect(first["datasets"][0]["values"].names == ["a", "b"])
            #expect(first["datasets"][0]["missing"].elements.map(\.string) == ["x\"\n", "é"])
            #expect(first["datasets"][1]["values"].names == ["a"])
            let second = try await preloader.request("preload.fetch", params)["result"]
            #expect("\(second)" == "\(first)")
            #expect(try await preloader.stats("own")["hits"].int == 4)
            #expect(try await preloader.stats("own")["keysAsked"].int == 8)
            // One dataset from memory, the other loaded.
            _ = try await preloader.call("preload.clear", "{\"dataset\":\"common\"}")
            #expect("\(try await preloader.request("preload.fetch", params)["result"])" == "\(first)")
        }
    }

    @Test func aReloadLosesNoRequestInFlight() async throws {
        let held = Watched(true)
        try await HTTPSimulator.run(answer: { call in
            var answer = People.answer(call)
            if held.value { answer.delay = .milliseconds(700) }
            return answer
        }) { simulator in
            try await RunningPreloader.run(People.dataset(simulator, "window: { age: 0 }")) { preloader in
                async let before = preloader.fetch("people", ["p1"])
                try await simulator.calls(1)
                held.update { $0 = false }
                // Its dataset goes, another comes.
                preloader.declare(People.dataset(simulator, name: "folk"))
                preloader.signal(SIGHUP)
                try await eventually("the new dataset") {
                    try await preloader.call("dataset.list")["datasets"].elements.map { $0["name"].string } == ["folk"]
                }
                #expect(try await preloader.fetch("folk", ["p2"])["values"].names == ["p2"])
                #expect(try await before["values"].names == ["p1"])
                let gone = try await preloader.request("preload.fetch", RunningPreloader.params("people", ["p1"]))
                #expect(gone["error"]["data"]["reason"].string == "dataset.unknown")
            }
        }
    }

    @Test func aReloadKeepsTheCacheUnlessTheSourceIsAnother() async throws {
        try await Self.withLists { preloader in
            _ = try await preloader.fetch("own", ["a"])
            preloader.declare(Self.lists.replacing("{ name: own,", with: "{ name: own, chunk: 7,"))
            try await preloader.reload()
            #expect(try await preloader.stats("own")["entries"].int == 1)
            #expect(try await preloader.call("dataset.list")["datasets"][1]["chunk"].int == 7)
            preloader.folder.write("{\"a\":\"new\"}", to: "data/other.json")
            preloader.declare(Self.lists.replacing("rows.json", with: "other.json"))
            try await preloader.reload()
            #expect(try await preloader.fetch("own", ["a"])["values"]["a"].string == "new")
        }
    }

    @Test func aWrongFileLeavesWhatIsInForceAndStopsAStart() async throws {
        try await Self.withLists { preloader in
            preloader.declare("name: own\nchunk: many\nfile: { path: rows.json }")
            try await preloader.reload()
            #expect(try await preloader.call("dataset.list")["datasets"].elements.count == 2)
            try await eventually("the mistake is in the log") {
                preloader.log.contains("test.yaml:2:8: chunk: has to be a whole number")
            }
        }
        let preloader = RunningPreloader()
        preloader.declare("name: own\nchunk: many\nfile: { path: rows.json }")
        let ending = try await preloader.launch().wait()
        #expect(ending == .exited(78))
        #expect(preloader.log.contains("test.yaml:2:8: chunk"))
    }

    @Test func cachesThatMayComeToMoreThanIsAllowedStopTheStart() async throws {
        let preloader = RunningPreloader(options: ["--cache-bytes", "20M"])
        preloader.declare(Self.lists)
        #expect(try await preloader.launch().wait() == .exited(78))
        #expect(preloader.log.contains("the caches of the datasets may come to 32M, and CacheBytes allows 20M"))
    }

    @Test func whatIsUnderWayIsAnsweredBeforeItStops() async throws {
        try await HTTPSimulator.run(answer: { call in
            var answer = People.answer(call)
            answer.delay = .milliseconds(500)
            return answer
        }) { simulator in
            try await RunningPreloader.run(People.dataset(simulator, "window: { age: 10s }")) { preloader in
                async let rows = preloader.fetch("people", ["p1"])
                try await eventually("it waits") { try await preloader.stats("people")["waiting"].int == 1 }
                preloader.signal(SIGTERM)
                #expect(try await rows["values"].names == ["p1"])
            }
        }
    }

    @Test func withoutDatasetsItServesAndSaysSo() async throws {
        try await RunningPreloader(options: []).use { preloader in
            let status = try await preloader.call("service.status")
            #expect(status["state"].string == "ready" && status["checks"][0]["verdict"].string == "warn")
            #expect(try await preloader.call("preload.stats")["datasets"].elements.isEmpty)
        }
    }

    @Test func itsFiguresAreInServiceMetricsUnderTheNameOfTheDataset() async throws {
        try await Self.withLists { preloader in
            _ = try await preloader.fetch("own", ["a", "b", "x"])
            _ = try await preloader.fetch("own", ["a"])
            let metrics = try await preloader.call("service.metrics")["metrics"].elements
            func value(_ name: String, quantile: String? = nil) -> Tree? {
                metrics.first {
                    $0["name"].string == name && $0["labels"]["dataset"].string == "own"
                        && $0["labels"]["quantile"].string == quantile
                }?["value"]
            }
            #expect(value("millrace_preloader_keys_asked_total")?.int == 4)
            #expect(value("millrace_preloader_physical_requests_total")?.int == 1)
            #expect(value("millrace_preloader_hit_rate")?.decimal == 0.25)
            #expect(value("millrace_preloader_window_delay_seconds", quantile: "0.99") != nil)
            #expect(value("millrace_preloader_window_delay_seconds_count")?.int == 1)
            #expect(value("millrace_preloader_load_seconds_count")?.int == 1)
        }
    }

    /// The watchdog's own dataset goes the whole way.
    @Test func theWatchdogBeatsBecauseALoadCameThrough() async throws {
        let preloader = RunningPreloader()
        let listener = try NotifyListener(preloader.folder.file("notify"))
        let process = try RunningProcess(
            [Binary.path("millrace-preloader"), "--state", preloader.state],
            environment: ["NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "400000", "MILLRACE_STATE": nil])
        try await listener.messages.wait(for: "two beats") { messages in
            messages.count { $0.contains("WATCHDOG=1") } >= 2 && messages.contains { $0.contains("READY=1") }
        }
        process.signal(SIGTERM)
        #expect(try await process.wait() == .exited(0))
    }
}
