import Linux
import MillraceProtocol
import Notion
import Resilience
import Simulators
import TestSupport
import Testing
import WebClient

@Suite(.serialized) struct NotionFaultTests {
    private typealias Rule = FaultRule

    private func settings(_ faults: FaultRule...) -> NotionSimulator.Settings {
        var settings = NotionSimulator.Settings()
        settings.faults = faults
        return settings
    }

    /// Short where an answer never comes whole, else so long that no load makes it matter.
    private static func timeout(_ effect: FaultRule.Effect) -> Duration {
        switch effect {
        case .hang, .drip: .seconds(2)
        default: .seconds(60)
        }
    }

    /// Reads: whatever passes is waited out, and the answer is whole.
    @Test(
        arguments: [
            .status(429, code: "rate_limited", retryAfter: "1"), .status(429, code: "rate_limited"),
            .status(529, code: "service_overload", retryAfter: "2"),
            .status(500, code: "internal_server_error"), .status(502, code: "bad_gateway"),
            .status(503, code: "service_unavailable"), .status(504, code: "gateway_timeout"),
            .status(409, code: "conflict_error"), .hang(done: true), .lost, .cut, .garbage,
            .drip(bytes: 10, every: .seconds(1)),
        ] as [FaultRule.Effect])
    func aReadIsRepeated(effect: FaultRule.Effect) async throws {
        let notion = NotionHarness.numbers(250)
        let faults = settings(
            Rule("POST", "data_sources", .calls(2...3), effect), Rule("GET", "pages", .calls(1...1), effect))
        try await NotionHarness.run(notion, faults, change: { $0.timeout = Self.timeout(effect) }) {
            client, simulator in
            let pages = try await client.all(NotionQuery(notion.source("Numbers")))
            #expect(pages.count == 250)
            #expect(simulator.counts["POST data_sources/*/query"] == 5)
            let page = try await client.page(pages[0].id)
            #expect(page == pages[0])
            #expect(simulator.counts["GET pages/*"] == 2)
        }
    }

    /// Writes: what was held back is sent again; nothing else is.
    @Test(
        arguments: [
            .status(429, code: "rate_limited", retryAfter: "1"),
            .status(529, code: "service_overload", retryAfter: "1"),
        ] as [FaultRule.Effect])
    func aWriteThatWasHeldBackIsSentAgain(effect: FaultRule.Effect) async throws {
        let notion = NotionHarness.numbers(0)
        try await NotionHarness.run(notion, settings(Rule("POST", "pages", .calls(1...3), effect))) {
            client, simulator in
            let source = try await client.source(notion.source("Numbers"))
            _ = try await client.create(in: source, ["Name": .title("once")])
            #expect(simulator.counts["POST pages"] == 4)
            #expect(simulator.notion.rows("Numbers").count == 1)
        }
    }

    @Test(
        arguments: [
            (.status(500, code: "internal_server_error"), 0), (.status(503, code: "service_unavailable"), 0),
            (.doneButAnswered(503, code: "service_unavailable"), 1),
            (.doneButAnswered(504, code: "gateway_timeout"), 1),
            (.hang(done: true), 1), (.hang(done: false), 0), (.lost, 1), (.cut, 1), (.garbage, 1),
            (.drip(bytes: 10, every: .seconds(1)), 1),
        ] as [(FaultRule.Effect, Int)])
    func aWriteWithoutAnAnswerIsOfUnknownOutcome(effect: FaultRule.Effect, made: Int) async throws {
        let notion = NotionHarness.numbers(0)
        let faults = settings(Rule("POST", "pages", .calls(1...1), effect))
        try await NotionHarness.run(notion, faults, change: { $0.timeout = Self.timeout(effect) }) {
            client, simulator in
            let source = try await client.source(notion.source("Numbers"))
            do {
                _ = try await client.create(in: source, ["Name": .title("once")])
                Issue.record("no error")
            } catch NotionError.unknownOutcome(let call, _) {
                #expect(call == "POST pages")
            }
            #expect(simulator.counts["POST pages"] == 1)
            #expect(simulator.notion.rows("Numbers").count == made)
        }
    }

    @Test func aConflictIsTheWritersToSettle() async throws {
        let notion = NotionHarness.numbers(1)
        let faults = settings(Rule("PATCH", "", .calls(1...1), .status(409, code: "conflict_error")))
        try await NotionHarness.run(notion, faults) { client, simulator in
            let page = NotionID(notion.rows("Numbers")[0].id)!
            do {
                try await client.update(page, ["Hours": .number(1)])
                Issue.record("no error")
            } catch NotionError.refused(let refusal) {
                #expect(refusal.isConflict)
            }
            #expect(simulator.total == 1)
        }
    }

    @Test(arguments: [
        (400, "validation_error"), (401, "unauthorized"), (403, "restricted_resource"), (404, "object_not_found"),
    ])
    func whatIsRefusedIsNotRepeated(status: Int, code: String) async throws {
        let notion = NotionHarness.numbers(1)
        try await NotionHarness.run(notion, settings(Rule(.every(1), .status(status, code: code)))) {
            client, simulator in
            do {
                _ = try await client.all(NotionQuery(notion.source("Numbers")))
                Issue.record("no error")
            } catch NotionError.refused(let refusal) {
                #expect(refusal.status == status)
                #expect(refusal.code == code)
                #expect(refusal.message == "made on purpose")
            }
            #expect(simulator.total == 1)
        }
    }

    @Test func repeatsHaveAnEnd() async throws {
        let notion = NotionHarness.numbers(1)
        try await NotionHarness.run(notion, settings(Rule(.every(1), .status(503, code: "service_unavailable")))) {
            client, simulator in
            await #expect(throws: NotionError.self) { try await client.all(NotionQuery(notion.source("Numbers"))) }
            #expect(simulator.total == client.settings.attempts)
        }
    }

    @Test func aWaitBeyondTheDeadlineIsToldInsteadOfWaitedFor() async throws {
        let notion = NotionHarness.numbers(1)
        let faults = settings(Rule(.every(1), .status(429, code: "rate_limited", retryAfter: "3600")))
        try await NotionHarness.run(notion, faults) { client, simulator in
            do {
                _ = try await client.all(NotionQuery(notion.source("Numbers")))
                Issue.record("no error")
            } catch let error as NotionError {
                #expect(error.rpcError.status == .resourceExhausted)
                #expect(error.rpcError.retryAfterMs == 3_600_000)
            }
            #expect(simulator.total == 1)
        }
    }

    @Test func retryAfterMayBeADate() async throws {
        let notion = NotionHarness.numbers(1)
        let faults = settings(
            Rule(.calls(1...1), .status(429, code: "rate_limited", retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT")))
        try await NotionHarness.run(notion, faults) { client, simulator in
            let pages = try await client.all(NotionQuery(notion.source("Numbers")))
            #expect(pages.count == 1)
            #expect(simulator.total == 2)
        }
    }

    @Test func aLimitThatBitesIsKeptByABucketOfTheSameFigures() async throws {
        let notion = NotionHarness.numbers(1)
        var settings = NotionSimulator.Settings()
        settings.limit = (rate: 60, burst: 10)
        try await NotionSimulator.run(notion, settings) { simulator in
            let web = try WebClient()
            let client = NotionClient(
                NotionSettings(base: try WebURL(simulator.base)), web: web, token: { "secret" },
                gate: BucketGate(rate: 30, burst: 1))
            let id = NotionID(notion.rows("Numbers")[0].id)!
            try await withThrowingTaskGroup { group in
                for _ in 1...20 { group.addTask { _ = try await client.page(id) } }
                try await group.waitForAll()
            }
            #expect(simulator.counts == ["GET pages/*": 20])
            #expect(simulator.limited == 0)
            await web.close()
        }
    }

    @Test func withoutABudgetTheLimitIsWaitedOut() async throws {
        let notion = NotionHarness.numbers(1)
        var settings = NotionSimulator.Settings()
        settings.limit = (rate: 20, burst: 3)
        try await NotionHarness.run(notion, settings, change: { $0.attempts = 20 }) { client, simulator in
            let id = NotionID(notion.rows("Numbers")[0].id)!
            try await withThrowingTaskGroup { group in
                for _ in 1...12 { group.addTask { _ = try await client.page(id) } }
                try await group.waitForAll()
            }
            #expect(simulator.limited > 0)
            #expect(simulator.total == 12 + simulator.limited)
        }
    }

    @Test func cancellingACallClosesItsConnection() async throws {
        let notion = NotionHarness.numbers(1)
        try await NotionHarness.run(notion, settings(Rule(.every(1), .hang(done: false)))) { client, simulator in
            let call = Task { try await client.all(NotionQuery(notion.source("Numbers"))) }
            try await simulator.wait(for: "the call") { !$0.isEmpty }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            try await simulator.server.history.wait(for: "the hang-up") { !$0.abandoned.isEmpty }
        }
    }

    @Test func theGateHearsHowTheSystemIs() async throws {
        let notion = NotionHarness.numbers(1)
        let heard = Locked<[String]>([])
        struct Ear: CallGate {
            let heard: Locked<[String]>
            func pass<Value: Sendable>(
                within limit: Duration, _ body: @Sendable () async throws -> Value
            ) async throws -> Value {
                do {
                    let value = try await body()
                    heard.withLock { $0.append("well") }
                    return value
                } catch {
                    heard.withLock { $0.append(error is CancellationError ? "unknown" : "down") }
                    throw error
                }
            }
        }
        let faults = settings(
            Rule(.calls(1...1), .status(503, code: "service_unavailable")), Rule(.calls(2...2), .lost),
            Rule(.calls(3...3), .status(429, code: "rate_limited")),
            Rule(.calls(5...5), .status(404, code: "object_not_found")))
        try await NotionHarness.run(notion, faults) { client, _ in
            let client = client.passing(Ear(heard: heard))
            _ = try await client.all(NotionQuery(notion.source("Numbers")))
            _ = try? await client.all(NotionQuery(notion.source("Numbers")))
        }
        #expect(heard.withLock { $0 } == ["down", "down", "well", "well", "well"])
    }

    @Test func anOpenBreakerIsWaitedForAndNotBeyondTheDeadline() async throws {
        let notion = NotionHarness.numbers(1)
        struct Shut: CallGate {
            let times: Locked<Int>
            let rest: Int
            func pass<Value: Sendable>(
                within limit: Duration, _ body: @Sendable () async throws -> Value
            ) async throws -> Value {
                let isShut = times.withLock { times in
                    times -= 1
                    return times >= 0
                }
                if isShut {
                    throw RPCError(.unavailable, "left alone", reason: "breaker.open", retryAfterMs: rest)
                }
                return try await body()
            }
        }
        try await NotionHarness.run(notion) { client, simulator in
            let waiting = client.passing(Shut(times: Locked(2), rest: 3000))
            let pages = try await waiting.all(NotionQuery(notion.source("Numbers")))
            #expect(pages.count == 1)
            let refused = client.passing(Shut(times: Locked(1), rest: 600_000))
            await #expect(throws: RPCError.self) { try await refused.all(NotionQuery(notion.source("Numbers"))) }
            #expect(simulator.total == 1)
        }
    }

    @Test func aWrongTokenAndAMissingVersionAreSaid() async throws {
        let notion = NotionHarness.numbers(1)
        var settings = NotionSimulator.Settings()
        settings.token = "another"
        try await NotionHarness.run(notion, settings) { client, _ in
            do {
                _ = try await client.all(NotionQuery(notion.source("Numbers")))
                Issue.record("no error")
            } catch let error as NotionError {
                #expect(error.rpcError.status == .permissionDenied)
                #expect(error.rpcError.reason == "notion.unauthorized")
            }
        }
    }
}
