import BackOffice
import ChatSummaries
import Decimals
import JSONCodec
import Linux
import Simulators
import TestSupport
import Testing
import WebClient

@testable import Chat

@Suite struct ChatClientTests {
    private static let question = ChatQuestion(system: "s", user: "u", tokens: 9, temperature: 0)
    private static let models = ["a/one", "a/two", "a/three", "a/four", "a/five", "a/six"]

    /// A clock on which nothing waits, and which keeps the waits.
    private struct NotedTime: TimeSource {
        let waits = Locked<[Duration]>([])

        func wall() -> Timestamp { .epoch }
        func boot() -> Duration { .zero }
        func sleep(until instant: Duration) async throws {
            try Task.checkCancellation()
            waits.withLock { $0.append(instant) }
        }
    }

    private func run<Result: Sendable>(
        _ behaviours: [String: ChatSimulator.Behaviour] = [:], faults: [FaultRule] = [],
        key: @escaping @Sendable () throws -> String = { "secret" }, change: (inout ChatSettings) -> Void = { _ in },
        _ body: (ChatClient, ChatSimulator, Locked<[Duration]>) async throws -> Result
    ) async throws -> Result {
        var settings = ChatSimulator.Settings()
        settings.models = behaviours
        settings.faults = faults
        return try await ChatSimulator.run(settings) { simulator in
            let web = try WebClient()
            let time = NotedTime()
            do {
                var settings = ChatSettings(url: try WebURL(simulator.url), models: Self.models)
                change(&settings)
                let client = ChatClient(settings, web: web, key: key, time: time)
                let result = try await body(client, simulator, time.waits)
                await web.close()
                return result
            } catch {
                await web.close()
                throw error
            }
        }
    }

    @Test func theFirstModelThatSaysSomethingIsBelieved() async throws {
        try await run(["a/one": .says("  Doors \n")]) { chat, simulator, waits in
            let text = try await chat.complete(
                ChatQuestion(
                    system: "be brief", user: "what?", tokens: 77, temperature: ExactDecimal("0.25")!))
            #expect(text == "Doors")
            let question = try #require(simulator.questions.first)
            #expect(question.model == "a/one")
            #expect(question.system == "be brief")
            #expect(question.user == "what?")
            #expect(question.tokens == 77)
            #expect(question.temperature == "0.25")
            #expect(simulator.total == 1)
            #expect(waits.withLock { $0 }.isEmpty)
        }
    }

    @Test func anErrorAndABlankAnswerCallTheNextModelAfterAPause() async throws {
        try await run([
            "a/one": .status(429, "Rate limit reached"), "a/two": .says(" \n"), "a/three": .null,
            "a/four": .errorInside(502, "Provider returned error"), "a/five": .says("at last"),
        ]) { chat, simulator, waits in
            let text = try await chat.complete(Self.question)
            #expect(text == "at last")
            #expect(simulator.questions.map(\.model) == Array(Self.models.prefix(5)))
            #expect(waits.withLock { $0 } == [.seconds(1), .seconds(1), .seconds(1), .seconds(1)])
        }
    }

    @Test func afterFiveModelsItIsOverWithoutAPause() async throws {
        let silent = Dictionary(uniqueKeysWithValues: Self.models.map { ($0, ChatSimulator.Behaviour.null) })
        try await run(silent.merging(["a/two": .brokenOff]) { $1 }) { chat, simulator, waits in
            do {
                _ = try await chat.complete(Self.question)
                Issue.record("no error")
            } catch ChatError.noAnswer(let attempts) {
                #expect(attempts.map(\.model) == Array(Self.models.prefix(5)))
                #expect(attempts.map(\.fault) == ["blank", "it broke off", "blank", "blank", "blank"])
            }
            #expect(simulator.total == 5)
            #expect(waits.withLock { $0 }.count == 4)
        }
    }

    @Test func whatEachModelHasCostIsSaidWhateverBecameOfIt() async throws {
        try await run([
            "a/one": .status(429, "Rate limit reached"), "a/two": .bills(" ", price: nil, prompt: 30, completion: 2),
            "a/three": .brokenOff, "a/four": .status(502, "bad gateway"),
            "a/five": .bills("at last", price: "1.2345000000000001e-05", prompt: 30, completion: 3),
        ]) { chat, _, _ in
            var uses: [ChatUse] = []
            let reply = try await chat.reply(Self.question) { uses.append($0) }
            #expect(reply == ChatReply(text: "at last", model: "a/five"))
            #expect(
                uses == [
                    .nothing, .told(cost: nil, prompt: 30, completion: 2),
                    .told(cost: nil, prompt: nil, completion: nil), .unknown,
                    // Rounded up where a binary fraction cannot be said exactly.
                    .told(cost: ExactDecimal("0.000012345001"), prompt: 30, completion: 3),
                ])
        }
    }

    @Test(arguments: ["\"free\"", "-1", "{}", "null"]) func aBillThatMakesNoSenseCostsNobodyTheAnswer(price: String)
        async throws
    {
        try await run(["a/one": .bills("well", price: price, prompt: 1, completion: 1)]) { chat, _, _ in
            var uses: [ChatUse] = []
            let reply = try await chat.reply(Self.question) { uses.append($0) }
            #expect(reply.text == "well")
            #expect(uses == [.told(cost: nil, prompt: 1, completion: 1)])
        }
    }

    /// Another model would be cut off too; one that had no time to say anything is blank like any other.
    @Test func whatWasSaidBeforeTheLimitOfTokensIsAnAnswer() async throws {
        try await run(["a/one": .cutOff(" "), "a/two": .cutOff("Doors and win")]) { chat, simulator, _ in
            let text = try await chat.complete(Self.question)
            #expect(text == "Doors and win")
            #expect(simulator.questions.map(\.model) == ["a/one", "a/two"])
        }
    }

    @Test(
        arguments: [(nil, 2200, "0.4", "150 words"), (10, 1500, "0.7", "for 10 days")] as [(Int?, Int, String, String)])
    func aBriefIsAnalysedWithRoomAndWarmth(
        daysAway: Int?, tokens: Int, temperature: String, words: String
    ) async throws {
        try await run(["a/one": .says("Go on.")]) { chat, simulator, _ in
            let brief = DailyBrief(day: Day("2026-11-21")!, texts: [String(repeating: "x", count: 9000)])
            #expect(try await ChatAnalyst(chat).analyse(brief, [], daysAway: daysAway) == "Go on.")
            let question = try #require(simulator.questions.first)
            #expect(question.tokens == tokens && question.temperature == temperature)
            #expect(question.system.contains(words) && question.user.count == DailyBrief.promptLimit)
            #expect(simulator.total == 1)
        }
    }

    @Test func withoutAKeyNobodyIsAsked() async throws {
        try await run(key: { throw TestFailure("there is no credential") }) { chat, simulator, waits in
            await #expect(throws: ChatError.noKey("there is no credential")) {
                try await chat.complete(Self.question)
            }
            #expect(simulator.total == 0)
            #expect(waits.withLock { $0 }.isEmpty)
        }
    }

    @Test(arguments: [.hang(done: false), .lost, .cut, .garbage, .status(503, code: "503")] as [FaultRule.Effect])
    func whateverGoesWrongTheNextModelIsAsked(effect: FaultRule.Effect) async throws {
        try await run(
            ["a/two": .says("well")], faults: [FaultRule(.calls(1...1), effect)],
            change: { $0.timeout = effect == .hang(done: false) ? .seconds(2) : .seconds(30) }
        ) { chat, simulator, _ in
            let text = try await chat.complete(Self.question)
            #expect(text == "well")
            #expect(simulator.questions.map(\.model) == ["a/one", "a/two"])
        }
    }

    @Test func cancellingEndsTheRotation() async throws {
        try await run(faults: [FaultRule(.every(1), .hang(done: false))]) { chat, simulator, _ in
            let call = Task { try await chat.complete(Self.question) }
            try await simulator.wait(for: "the call") { !$0.isEmpty }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            #expect(simulator.total == 1)
        }
    }

    @Test func theSummaryIsAskedForByNumberAndHours() async throws {
        try await run { chat, simulator, _ in
            let summary = try await ChatSummarizer(chat).summarize([
                WorkText(text: "Built the door", hours: Hours("2.25")!), WorkText(text: "Hung it", hours: 3),
            ])
            #expect(summary == "• Built the door\n• Hung it")
            let question = try #require(simulator.questions.first)
            #expect(question.tokens == 200 && question.temperature == "0")
            #expect(question.user == "The work log:\n1. [2.3 h] Built the door\n2. [3.0 h] Hung it")
            #expect(question.system.contains("at most 2 scopes"))
        }
    }
}

/// The examples of the fact sheet, read where they are there.
@Suite(.enabled(if: sharedData("api/chat_examples.json") != nil, "shared data not there"))
struct ChatExampleTests {
    @Test(arguments: [
        "response", "tool_call_response", "openai_error", "openrouter_error", "openrouter_error_inside_200",
    ])
    func answersReadAsTheSheetHasThem(name: String) throws {
        let path = try #require(sharedData("api/chat_examples.json"))
        let bytes = try #require(contents(of: path))
        let examples = try JSON.decode(JSONValue.self, from: bytes)
        let example = try #require(examples[name])
        let status = try #require(example["status"]?.intValue), body = try #require(example["body"])
        let response = WebResponse(status: status, body: JSON.encode(body))
        switch name {
        case "response": #expect(try ChatAnswer(reading: response).text?.contains("Travel") == true)
        case "tool_call_response": #expect(try ChatAnswer(reading: response).text == nil)
        default:
            let fault = #expect(throws: ChatFault.self) {
                if response.isSuccess { _ = try ChatAnswer(reading: response) }
                throw ChatFault(reading: response)
            }
            #expect(
                fault?.text.contains(
                    name == "openai_error" ? "rate_limit_exceeded" : name == "openrouter_error" ? "402" : "502") == true
            )
        }
    }
}
