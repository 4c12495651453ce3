import Simulators
import TestSupport
import Testing

/// Many clients, one source, counted there.
@Suite(.heavy, .enabled(if: RunningPreloader.isBuilt, "millrace-preloader is not built"))
struct CoalescingTests {
    /// Long enough for a hundred clients on a slow machine.
    private static let window = "window: { age: 2s }"

    @Test func aHundredClientsOfFiftyKeysCostOneRequest() async throws {
        try await HTTPSimulator.run(answer: People.answer) { simulator in
            try await RunningPreloader.run(People.dataset(simulator, "window: { age: 2s, size: 1000 }")) { preloader in
                let socket = preloader.socket
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<100 {
                        group.addTask {
                            let id = "p\(client % 50)"
                            let answer = try await onThread {
                                try WireClient(socket).call("preload.fetch", RunningPreloader.params("people", [id]))
                            }
                            let rows = answer["datasets"][0]
                            #expect(rows["values"][id]["name"].string == "Name of \(id)")
                            #expect(rows["values"].names == [id] && rows["missing"].elements.isEmpty)
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(simulator.calls.count == 1)
                let stats = try await preloader.stats("people")
                #expect(stats["physicalRequests"].int == 1 && stats["logicalBatches"].int == 1)
                #expect(stats["keysLoaded"].int == 50 && stats["joined"].int == 50)
                #expect(stats["callsSaved"].int == 99)
            }
        }
    }

    /// How the first client goes: it cancels, or it hangs up.
    @Test(arguments: [true, false]) func aFirstClientWhoGoesChangesNothingForTheRest(cancels: Bool) async throws {
        try await HTTPSimulator.run(answer: People.answer) { simulator in
            try await RunningPreloader.run(People.dataset(simulator, Self.window)) { preloader in
                let first = try WireClient(preloader.socket)
                try first.send(
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"preload.fetch\",\"params\":"
                        + RunningPreloader.params("people", ["p1", "p2"]) + "}")
                try await eventually("the first waits") { try await preloader.stats("people")["waiting"].int == 2 }
                async let rest = preloader.fetch("people", ["p2", "p3"])
                try await eventually("the rest waits") { try await preloader.stats("people")["waiting"].int == 3 }
                if cancels {
                    try first.send("{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":1}}")
                    let answer = try await onThread { try first.receive() }
                    #expect(answer["error"]["data"]["status"].string == "CANCELLED")
                } else {
                    first.hangUp()
                }
                #expect(try await rest["values"].names == ["p2", "p3"])
                #expect(simulator.calls.map(\.target) == ["/people?ids=p2,p3"])
            }
        }
    }

    @Test func aRequestThatNobodyWaitsForAnyMoreIsBrokenOff() async throws {
        try await HTTPSimulator.run(answer: { _ in HTTPAnswer(fault: .silence) }) { simulator in
            try await RunningPreloader.run(People.dataset(simulator, "window: { age: 0 }")) { preloader in
                let one = try WireClient(preloader.socket)
                let other = try WireClient(preloader.socket)
                for client in [one, other] {
                    try client.send(
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"preload.fetch\",\"params\":"
                            + RunningPreloader.params("people", ["p1"]) + "}")
                    try await simulator.calls(1)
                }
                try await eventually("both wait") { try await preloader.stats("people")["joined"].int == 1 }
                one.hangUp()
                other.hangUp()
                try await simulator.history.wait(for: "the request to be broken off") { $0.abandoned == [1] }
                #expect(try await preloader.stats("people")["cancelledBatches"].int == 1)
            }
        }
    }

    @Test func datasetsOfOneRequestAreLoadedSideBySide() async throws {
        let open = Watched(Set<String>())
        try await HTTPSimulator.run(answer: { call in
            open.update { _ = $0.insert(call.path) }
            var answer = People.answer(call)
            answer.delay = .milliseconds(300)
            return answer
        }) { simulator in
            let datasets = """
                datasets:
                  - name: people
                    http: { url: "\(simulator.url("/people?ids={keys}"))", items: /data, key: /id }
                  - name: friends
                    http: { url: "\(simulator.url("/friends?ids={keys}"))", items: /data, key: /id }
                """
            try await RunningPreloader.run(datasets) { preloader in
                let answer = try await preloader.call(
                    "preload.fetch",
                    """
                    {"datasets":[{"dataset":"friends","keys":["p1"]},{"dataset":"people","keys":["p2","nobody"]}]}
                    """)
                #expect(answer["datasets"][0]["dataset"].string == "friends")
                #expect(answer["datasets"][0]["values"].names == ["p1"])
                #expect(answer["datasets"][1]["missing"][0].string == "nobody")
                let calls = simulator.calls
                #expect(calls.count == 2 && open.value == ["/people", "/friends"])
                #expect(calls[1].time - calls[0].time < .milliseconds(300))
            }
        }
    }

    @Test func aShortTimeOfTheCallerClosesTheWindowInTime() async throws {
        try await HTTPSimulator.run(answer: People.answer) { simulator in
            try await RunningPreloader.run(People.dataset(simulator, "window: { age: 10s }")) { preloader in
                let rows = try await preloader.fetch("people", ["p1"], meta: "{\"timeoutMs\":1500}")
                #expect(rows["values"].names == ["p1"])
            }
        }
    }

    @Test func aCallerWhoseTimeIsOverIsToldSo() async throws {
        try await HTTPSimulator.run(answer: { _ in HTTPAnswer(fault: .silence) }) { simulator in
            try await RunningPreloader.run(People.dataset(simulator)) { preloader in
                let answer = try await preloader.request(
                    "preload.fetch", RunningPreloader.params("people", ["p1"]), meta: "{\"timeoutMs\":200}")
                #expect(answer["error"]["data"]["status"].string == "DEADLINE_EXCEEDED")
            }
        }
    }

    @Test func whoAsksKeyByKeyIsNamedWithUserAndKindOfJob() async throws {
        try await HTTPSimulator.run(answer: People.answer) { simulator in
            try await RunningPreloader.run(People.dataset(simulator, "window: { age: 0 }")) { preloader in
                let socket = preloader.socket
                try await onThread {
                    let client = try WireClient(socket)
                    for number in 0..<50 {
                        _ = try client.call(
                            "preload.fetch",
                            "{\"datasets\":[{\"dataset\":\"people\",\"keys\":[\"p\(number)\"]}],\"kind\":\"payouts\"}")
                    }
                    _ = try client.call("preload.fetch", RunningPreloader.params("people", ["p1", "p2"]))
                }
                let callers = try await preloader.call("caller.list")["callers"].elements
                #expect(callers.count == 2)
                let worst = try #require(callers.first)
                #expect(worst["kind"].string == "payouts" && worst["dataset"].string == "people")
                #expect(worst["user"].string?.isEmpty == false)
                #expect(worst["keyByKeyCalls"].int == 50 && worst["longestRun"].int == 50)
                #expect(worst["wouldSave"].int == 49)
                #expect(callers[1]["keyByKeyRuns"].int == 0)
            }
        }
    }
}
