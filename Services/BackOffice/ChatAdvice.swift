import Chat
import Decimals
import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC
import MillraceWorker
import Synchronization

/// Asks a chat service, last of all, about the merchants of expenses that nobody knows a category for: by the leave of the
/// categorizer, which keeps the budget and the answers. Nothing that goes wrong here harms a job.
final class ChatAdvice: Sendable {
    /// What a million tokens cost at the dearest of the models.
    struct Prices: Hashable, Sendable {
        var input: ExactDecimal
        var output: ExactDecimal
    }

    private let client: RPCClient
    private let chat: ChatClient
    private let prices: Prices
    private let time: any TimeSource
    private let system: String
    private let names: [String: String]
    /// Set when no model had an answer: then nobody is asked any more in this job.
    private let isSilent = Atomic(false)

    /// How long others' questions about the same merchants are waited for, and how often they are looked for.
    private static let patience = Duration.seconds(120)
    private static let glance = Duration.milliseconds(500)
    /// In tokens: the name of a category.
    private static let longestAnswer = 40

    init(
        client: RPCClient, chat: ChatClient, prices: Prices, categories: [String], time: any TimeSource
    ) {
        self.client = client
        self.chat = chat
        self.prices = prices
        self.time = time
        system = Self.prompt(categories)
        names = Dictionary(categories.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func prompt(_ categories: [String]) -> String {
        """
        You sort the merchants of a company's card into its categories. You are given the name of a merchant. Answer with \
        exactly one of these categories, as it is written here, and nothing else; answer unknown where you are not sure.

        """ + categories.map { "- \($0)" }.joined(separator: "\n")
    }

    /// Has these kept expenses answered by merchant, where the budget allows. Returns whether anything may be known now that
    /// was not.
    func ask(_ ids: [String], _ run: JobRun) async throws -> Bool {
        let end = time.boot() + Self.patience
        var isNew = false
        while !isSilent.load(ordering: .relaxed) {
            let leave = try await client.call(ChatReserve.self, .init(ids: ids, cost: highestPrice))
            if leave.refused > 0 {
                run.log.notice(
                    "the month's budget is not enough to ask the chat service about all merchants",
                    metadata: ["merchants": "\(leave.refused)"])
            }
            if !leave.questions.isEmpty {
                try await settle(leave.questions, run)
                isNew = true
            }
            guard leave.pending > 0 else { break }
            // Others are asking about the same merchants; their answers are as good.
            isNew = true
            guard time.boot() < end else { break }
            try await time.sleep(for: Self.glance)
        }
        return isNew
    }

    /// Asks one after the other and says what it has cost, also when it ends early.
    private func settle(_ questions: [ChatQuestionView], _ run: JobRun) async throws {
        var outcomes: [ChatOutcome] = []
        for question in questions {
            let isOver = isSilent.load(ordering: .relaxed) || Task.isCancelled
            // What was not asked costs nothing.
            outcomes.append(isOver ? ChatOutcome(id: question.id, cost: 0) : await answer(question, run))
        }
        let told = outcomes
        // The price of what was asked is told although the item was cancelled meanwhile.
        _ = try await Task { [client] in try await client.call(ChatSettle.self, .init(outcomes: told)) }.value
        try Task.checkCancellation()
    }

    private func answer(_ question: ChatQuestionView, _ run: JobRun) async -> ChatOutcome {
        var outcome = ChatOutcome(id: question.id, cost: 0)
        do {
            let asked = ChatQuestion(
                system: system, user: question.merchant, tokens: Self.longestAnswer, temperature: 0)
            let reply = try await chat.reply(asked) { outcome.cost += price($0) }
            outcome.model = String(reply.model.prefix(200))
            outcome.category = category(reply.text)
        } catch {
            isSilent.store(true, ordering: .relaxed)
            run.log.warning("the chat service is not asked any more in this job: \(error)")
        }
        return outcome
    }

    /// The category that was answered; a text that is none counts as not knowing.
    private func category(_ text: String) -> String? {
        let line = text.split(separator: "\n").first.map(String.init) ?? ""
        let bare = line.drop { "-*\"'` ".contains($0) }.reversed().drop { ".\"'`* ".contains($0) }.reversed()
        return names[String(bare).lowercased()]
    }

    // MARK: Prices

    private static let million: ExactDecimal = 1_000_000

    /// Of all models together, each with the longest question and the longest answer: a token has at least one byte.
    private var highestPrice: ExactDecimal {
        highestPriceOfOne * ExactDecimal(max(1, min(chat.settings.attempts, chat.settings.models.count)))
    }

    private var highestPriceOfOne: ExactDecimal {
        // Roles and separators are tokens too.
        let question = system.utf8.count + 400 + 100
        return price(tokens: question, Self.longestAnswer)
    }

    private func price(_ use: ChatUse) -> ExactDecimal {
        switch use {
        case .nothing: 0
        case .told(let cost?, _, _): min(cost, Self.million)
        case .told(nil, let prompt?, let completion?): price(tokens: Self.tokens(prompt), Self.tokens(completion))
        case .told, .unknown: highestPriceOfOne
        }
    }

    /// A number from outside, within what can be reckoned with.
    private static func tokens(_ said: Int) -> Int { min(max(said, 0), 10_000_000) }

    private func price(tokens input: Int, _ output: Int) -> ExactDecimal {
        let sum = ExactDecimal(input) * prices.input + ExactDecimal(output) * prices.output
        do {
            return try sum.divided(by: Self.million, scale: 12, rounding: .up)
        } catch {
            preconditionFailure("\(sum) is too much for a price: \(error)")
        }
    }
}
