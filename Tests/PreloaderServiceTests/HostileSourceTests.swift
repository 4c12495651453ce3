import Glibc
import Simulators
import TestSupport
import Testing

/// Web services that do not do as they should: each ends in the stated way, for the keys concerned and nobody else.
@Suite(.heavy, .enabled(if: RunningPreloader.isBuilt, "millrace-preloader is not built"))
struct HostileSourceTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var answer: HTTPAnswer
        var status: String
        var reason: String
        var testDescription: String { name }
    }

    @Test(
        "A bad answer is an error of its keys",
        arguments: [
            Case(
                name: "cut in the middle",
                answer: HTTPAnswer(body: Array("{\"data\":[{\"id\":\"p1\"}]}".utf8), fault: .half),
                status: "UNAVAILABLE", reason: "http.connection"),
            Case(
                name: "reset", answer: HTTPAnswer(fault: .reset), status: "UNAVAILABLE", reason: "http.connection"),
            Case(
                name: "hung up", answer: HTTPAnswer(fault: .hangUp), status: "UNAVAILABLE", reason: "http.connection"),
            Case(
                name: "garbage", answer: HTTPAnswer(fault: .garbage("220 mail.example.org ESMTP\r\n\r\n")),
                status: "UNAVAILABLE", reason: "http.connection"),
            Case(
                name: "silence", answer: HTTPAnswer(fault: .silence), status: "DEADLINE_EXCEEDED", reason: ""),
            Case(
                name: "dripping",
                answer: HTTPAnswer(
                    body: Array(String(repeating: " ", count: 5000).utf8),
                    fault: .drip(bytes: 1, every: .milliseconds(50))),
                status: "DEADLINE_EXCEEDED", reason: ""),
            Case(
                name: "without end", answer: HTTPAnswer(fault: .endless), status: "FAILED_PRECONDITION",
                reason: "http.tooLarge"),
            Case(name: "no JSON", answer: .json("{\"data\":["), status: "FAILED_PRECONDITION", reason: "source.faulty"),
            Case(
                name: "another shape", answer: .json("{\"rows\":[]}"), status: "FAILED_PRECONDITION",
                reason: "source.faulty"),
            Case(
                name: "rows without keys", answer: .json("{\"data\":[{\"name\":\"x\"}]}"),
                status: "FAILED_PRECONDITION", reason: "source.faulty"),
            Case(
                name: "a foreign row", answer: .json("{\"data\":[{\"id\":\"P1\"}]}"), status: "FAILED_PRECONDITION",
                reason: "source.faulty"),
            Case(
                name: "a doubled row", answer: .json("{\"data\":[{\"id\":\"p1\"},{\"id\":\"p1\"}]}"),
                status: "FAILED_PRECONDITION", reason: "source.faulty"),
            Case(name: "500", answer: .json("{}", status: 500), status: "UNAVAILABLE", reason: "http.status"),
            Case(name: "401", answer: .json("{}", status: 401), status: "PERMISSION_DENIED", reason: "http.status"),
            Case(name: "302", answer: .json("{}", status: 302), status: "FAILED_PRECONDITION", reason: "http.status"),
        ])
    func badAnswer(bad: Case) async throws {
        // Whoever asks for p1 gets the bad answer, everybody else a good one.
        try await HTTPSimulator.run(answer: { call in
            call.target.contains("p1") ? bad.answer : People.answer(call)
        }) { simulator in
            let rules = "  limit: 64K\ntimeout: 1s\nchunk: 1\nwindow: { age: 0 }"
            try await RunningPreloader.run(People.dataset(simulator, rules)) { preloader in
                let rows = try await preloader.fetch("people", ["p1", "p2"])
                #expect(rows["values"].names == ["p2"])
                let data = rows["errors"]["p1"]["data"]
                #expect(data["status"].string == bad.status, "\(rows)")
                if !bad.reason.isEmpty { #expect(data["reason"].string == bad.reason, "\(rows)") }
                // Nothing of it is kept.
                let stats = try await preloader.stats("people")
                #expect(stats["entries"].int == 1)
                let isFaulty = ["a foreign row", "a doubled row"].contains(bad.name)
                #expect(stats["faultyBatches"].int == (isFaulty ? 1 : 0))
                #expect(stats["failedBatches"].int == (isFaulty ? 0 : 1))
            }
        }
    }

    @Test(arguments: [
        ("[{\"id\":1}]", "short"), ("[{\"id\":1},{\"id\":2},{\"id\":3}]", "long"),
    ])
    func aListThatDoesNotFitItsKeysIsFaultyAndNamedInTheLog(rows: String, word: String) async throws {
        try await HTTPSimulator.run(answers: [.json(rows)]) { simulator in
            let dataset = "name: people\nhttp: { url: \"\(simulator.url("/?ids={keys}"))\" }"
            try await RunningPreloader.run(dataset) { preloader in
                let rows = try await preloader.fetch("people", ["p1", "p2"])
                #expect(rows["errors"].names == ["p1", "p2"])
                #expect(rows["errors"]["p1"]["data"]["reason"].string == "source.faulty")
                #expect(try await preloader.stats("people")["faultyBatches"].int == 1)
                try await eventually("the log names it") {
                    preloader.log.contains("the source is faulty: it answered \(word)")
                }
                #expect(!preloader.log.contains("p1"))
            }
        }
    }

    @Test func aSourceThatAsksToBeLeftAloneIsLeftAlone() async throws {
        let storm = Watched(true)
        try await HTTPSimulator.run(answer: { call in
            storm.value ? HTTPAnswer(429, headers: [("Retry-After", "60")]) : People.answer(call)
        }) { simulator in
            try await RunningPreloader.run(People.dataset(simulator, "window: { age: 0 }")) { preloader in
                let first = try await preloader.fetch("people", ["p1"])["errors"]["p1"]["data"]
                #expect(first["status"].string == "RESOURCE_EXHAUSTED" && first["retryAfterMs"].int == 60_000)
                for number in 2..<30 {
                    let error = try await preloader.fetch("people", ["p\(number)"])["errors"]["p\(number)"]["data"]
                    #expect(error["reason"].string == "source.pause")
                    #expect((error["retryAfterMs"].int ?? 0) > 50_000)
                }
                #expect(simulator.calls.count == 1)
            }
        }
    }

    @Test func whatMayPassIsTriedAgainAndTheTriesAreCounted() async throws {
        try await HTTPSimulator.run(answer: { call in
            call.number < 3 ? HTTPAnswer(503) : People.answer(call)
        }) { simulator in
            try await RunningPreloader.run(People.dataset(simulator, "attempts: 4")) { preloader in
                #expect(try await preloader.fetch("people", ["p1"])["values"].names == ["p1"])
                let stats = try await preloader.stats("people")
                #expect(stats["logicalBatches"].int == 1 && stats["physicalRequests"].int == 3)
            }
        }
    }

    @Test func aSourceThatFailsAgainAndAgainIsLeftAlone() async throws {
        try await HTTPSimulator.run(answers: [HTTPAnswer(500)]) { simulator in
            let rules = "window: { age: 0 }\nbreaker: { failures: 3, pause: 1min }"
            try await RunningPreloader.run(People.dataset(simulator, rules)) { preloader in
                for number in 0..<10 { _ = try await preloader.fetch("people", ["p\(number)"]) }
                #expect(simulator.calls.count == 3)
                let error = try await preloader.fetch("people", ["p1"])["errors"]["p1"]["data"]
                #expect(error["reason"].string == "breaker.open" && (error["retryAfterMs"].int ?? 0) > 30_000)
                #expect(try await preloader.stats("people")["breaker"].string == "open")
                let check = try await preloader.call("service.status")["checks"][0]
                #expect(check["verdict"].string == "warn" && check["reason"].string?.contains("people") == true)
            }
        }
    }

    @Test func requestsKeepToTheDeclaredRateWhereNoRunnerIs() async throws {
        try await HTTPSimulator.run(answer: People.answer) { simulator in
            let rules = "chunk: 1\nresource: { name: api, rate: 20, burst: 1 }"
            try await RunningPreloader.run(People.dataset(simulator, rules)) { preloader in
                let rows = try await preloader.fetch("people", (0..<8).map { "p\($0)" })
                #expect(rows["values"].names.count == 8)
                let calls = simulator.calls
                // Seven gaps of 50 ms, of which the first request may lose some while it connects.
                #expect(calls[7].time - calls[0].time > .milliseconds(200))
            }
        }
    }

    @Test func pagesAreReadUntilAllKeysAreFound() async throws {
        try await HTTPSimulator.run(answer: { call in
            let page = Int(call.target.split(separator: "from=").last ?? "0") ?? 0
            let rows = (0..<10).map { People.row("p\(page * 10 + $0)") }
            let next = page < 50 ? "\"\(page + 1)\"" : "null"
            return .json("{\"results\":[\(rows.joined(separator: ","))],\"next\":\(next)}")
        }) { simulator in
            let dataset = """
                name: people
                http: { url: "\(simulator.url("/people?from={cursor}"))", items: /results, key: /id, next: /next }
                """
            try await RunningPreloader.run(dataset) { preloader in
                let rows = try await preloader.fetch("people", ["p3", "p25"])
                #expect(rows["values"].names == ["p3", "p25"])
                #expect(simulator.calls.map(\.target) == ["/people?from=", "/people?from=1", "/people?from=2"])
                #expect(try await preloader.fetch("people", ["p14"])["values"].names == ["p14"])
                #expect(simulator.calls.count == 3)
                #expect(try await preloader.fetch("people", ["nobody"])["missing"][0].string == "nobody")
                #expect(simulator.calls.count == 54)
            }
        }
    }

    @Test func keysAndCursorsGoIntoTheBodyAndCredentialsIntoHeaders() async throws {
        try await HTTPSimulator.run(answers: [
            .json("{\"rows\":{\"a b\":{\"n\":1}},\"more\":\"c1\"}"), .json("{\"rows\":{\"ü\":{\"n\":2}}}"),
        ]) { simulator in
            let dataset = """
                name: people
                http:
                  url: \(simulator.url("/query"))
                  body: { ids: "{keys}", page: { start: "{cursor}", size: 2 } }
                  headers: { Authorization: { credential: token, prefix: "Bearer " }, X-Version: 2 }
                  items: /rows
                  value: /n
                  next: /more
                """
            let preloader = RunningPreloader()
            preloader.declare(dataset)
            preloader.folder.write("s3cret\n", to: "etc/credentials/token")
            chmod(preloader.folder.file("etc/credentials/token"), 0o600)
            try await preloader.use { preloader in
                let rows = try await preloader.fetch("people", ["a b", "ü", "x\\\"y"])
                #expect(rows["values"]["a b"].int == 1 && rows["values"]["ü"].int == 2)
                #expect(rows["missing"].elements.map(\.string) == ["x\"y"])
                let calls = simulator.calls
                #expect(try calls.map { try Tree($0.text)["page"]["start"] } == [.absent, .string("c1")])
                #expect(try Tree(calls[1].text)["ids"].elements.map(\.string) == ["ü", "x\"y"])
                #expect(calls.allSatisfy { $0["Authorization"] == "Bearer s3cret" && $0["X-Version"] == "2" })
                #expect(!preloader.log.contains("s3cret"))
            }
        }
    }

    @Test func aCredentialThatIsNotThereIsAnErrorThatNamesItsPlace() async throws {
        try await HTTPSimulator.run(answer: People.answer) { simulator in
            let dataset = People.dataset(simulator, "  headers: { Authorization: { credential: token } }")
            try await RunningPreloader.run(dataset) { preloader in
                let error = try await preloader.fetch("people", ["p1"])["errors"]["p1"]
                #expect(error["data"]["reason"].string == "secret.missing")
                #expect(simulator.calls.isEmpty)
            }
        }
    }
}
