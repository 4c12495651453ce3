import Calendars
import Decimals
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import CategorizerService

/// What a chat service has said and cost: the workers ask, the categorizer keeps the books.
struct ChatBudgetTests {
    private func money(_ text: String) -> ExactDecimal { ExactDecimal(text) ?? -1 }

    private func bench(budget: ExactDecimal = 1, zone: Zone = .utc) async throws -> Workbench {
        var configuration = CategorizerConfiguration()
        configuration.chatBudget = budget
        configuration.zone = zone
        let bench = try await Workbench(configuration)
        try await bench.categories("Food", "Fuel")
        _ = try await bench.take([
            ("a-1", "SQ *BLUE BOTTLE #12", nil), ("a-2", "Blue Bottle 7", nil), ("b-1", "Quagga Trading", nil),
            ("c-1", "Okapi Ltd", nil),
        ])
        return bench
    }

    private func reserve(_ bench: Workbench, _ ids: String..., cost: ExactDecimal) async throws -> ChatReserve.Result {
        try await bench.categorizer.reserveChat(.init(ids: ids, cost: cost))
    }

    @discardableResult
    private func settle(_ bench: Workbench, _ outcomes: ChatOutcome...) async throws -> ChatBudgetView {
        try await bench.categorizer.settleChat(.init(outcomes: outcomes))
    }

    @Test func aMerchantIsAskedAboutOnceHoweverManyExpensesHeHas() async throws {
        let bench = try await bench()
        let leave = try await reserve(bench, "a-1", "a-2", "b-1", "nobody", cost: money("0.01"))
        #expect(leave.questions.map(\.merchant) == ["blue bottle", "quagga trading"] && leave.pending == 0)
        let again = try await reserve(bench, "a-2", "c-1", cost: money("0.01"))
        #expect(again.questions.map(\.merchant) == ["okapi"] && again.pending == 1, "he is being asked about")
        try await settle(
            bench, .init(id: leave.questions[0].id, cost: money("0.001"), model: "m/one", category: "food"),
            .init(id: leave.questions[1].id, cost: money("0.001"), model: "m/one"))
        let later = try await reserve(bench, "a-1", "a-2", "b-1", cost: money("0.01"))
        #expect(later == .init(questions: [], pending: 0, refused: 0), "not to know is an answer too")
        bench.time.advance(by: .seconds(31 * 86_400))
        #expect(
            try await reserve(bench, "a-1", "b-1", cost: money("0.01")).questions.map(\.merchant) == ["quagga trading"])
        await bench.end()
    }

    @Test func whatWasAnsweredSpeaksLastAndSaysWhoSaidIt() async throws {
        let bench = try await bench()
        let open = try await bench.answer(id: "a-1")
        #expect(open.method == "no_match" && open.categoryName == nil)
        let leave = try await reserve(bench, "a-1", cost: money("0.01"))
        try await settle(
            bench, .init(id: leave.questions[0].id, cost: money("0.002"), model: "m/one", category: "Food"))
        for round in 0..<2 {
            let answer = try await bench.answer(id: round == 0 ? "a-1" : "a-2")
            #expect(answer.categoryName == "Food" && answer.method == "chat" && answer.confidence == 0.7)
            #expect(answer.confidenceLevel == "medium" && answer.patternsUsed == ["chat:m/one"] && answer.stored)
            try await bench.restart()
        }
        let strict = try await bench.answer(id: "a-1", CategorizeOptions(minConfidence: 0.75))
        #expect(strict.categoryName == nil)
        #expect(try await bench.answer("BLUE BOTTLE").method == "chat", "by merchant, not by expense")
        let why = try await bench.categorizer.explain(.init(id: "a-1"), correlation: "c")
        #expect(why.result.method == "chat")
        // A person's word comes first.
        try await bench.learn("p-1", "Blue Bottle", "Fuel", predicted: "Food")
        #expect(try await bench.answer("BLUE BOTTLE").categoryName == "Fuel")
        await bench.end()
    }

    @Test func whatMayBeSpentIsCountedBeforeItIsAndExactly() async throws {
        let bench = try await bench(budget: money("0.03"))
        let leave = try await reserve(bench, "a-1", "b-1", "c-1", cost: money("0.0125"))
        #expect(leave.questions.count == 2 && leave.refused == 1)
        #expect(try await bench.categorizer.showChat().spent == money("0.025"))
        try await bench.restart()
        #expect(try await bench.categorizer.showChat().spent == money("0.025"), "what was not settled counts in full")
        let told = try await settle(bench, .init(id: leave.questions[0].id, cost: money("0.00000123")))
        #expect(
            told.spent == money("0.01250123") && told.questions == 2 && told.merchants == 0
                && told.budget == money("0.03"))
        let twice = try await settle(
            bench, .init(id: leave.questions[0].id, cost: money("0.01")), .init(id: 99, cost: money("0.01")))
        #expect(twice.spent == told.spent, "what is told twice counts once")
        #expect(try await reserve(bench, "c-1", cost: money("0.0125")).questions.count == 1)
        try await bench.restart()
        #expect(try await bench.categorizer.showChat().spent == money("0.02500123"))
        await bench.end()
    }

    @Test func withoutABudgetNobodyIsAsked() async throws {
        let bench = try await Workbench()
        _ = try await bench.take([("a-1", "Blue Bottle", nil)])
        let leave = try await reserve(bench, "a-1", cost: money("0.01"))
        #expect(leave == .init(questions: [], pending: 0, refused: 1))
        #expect(try await bench.categorizer.showChat().budget == 0)
        await bench.end()
    }

    /// The clock of the bench begins on 2026-11-21.
    @Test func theBudgetIsThatOfAMonthInTheCompanysZone() async throws {
        let auckland = try ZoneDatabase.system.zone(named: "Pacific/Auckland")
        let bench = try await bench(budget: money("0.01"), zone: auckland)
        #expect(try await reserve(bench, "a-1", cost: money("0.01")).questions.count == 1)
        #expect(try await reserve(bench, "b-1", cost: money("0.01")).refused == 1)
        // 2026-11-30 10:59 in UTC is 23:59 there, a minute later it is December.
        let now = bench.time.wall().milliseconds
        let end = Timestamp(milliseconds: 1_796_036_340_000)
        bench.time.advance(by: .milliseconds(Int(end.milliseconds - now)))
        #expect(try await bench.categorizer.showChat().month == "2026-11")
        #expect(try await reserve(bench, "b-1", cost: money("0.01")).refused == 1)
        bench.time.advance(by: .seconds(60))
        let december = try await reserve(bench, "b-1", cost: money("0.01"))
        #expect(december.questions.count == 1)
        let view = try await settle(bench, .init(id: december.questions[0].id, cost: money("0.004")))
        #expect(view.month == "2026-12" && view.spent == money("0.004"))
        await bench.end()
    }

    @Test func whatMakesNoSenseIsRefusedByItsPlace() async throws {
        let bench = try await bench()
        await #expect(throws: CategorizerError.self) { try await reserve(bench, cost: money("0.01")) }
        await #expect(throws: CategorizerError.self) { try await reserve(bench, "a-1", cost: 0) }
        let leave = try await reserve(bench, "a-1", cost: money("0.01"))
        let wrong = await #expect(throws: CategorizerError.self) {
            try await settle(
                bench, .init(id: leave.questions[0].id, cost: money("0.01"), model: "m", category: "Nowhere"))
        }
        #expect(wrong?.rpcError.field == "outcomes[0].category")
        #expect(try await bench.categorizer.showChat().spent == money("0.01"), "nothing of it was taken")
        await bench.end()
    }

    /// Many slices at once: never more than the budget, never a merchant twice.
    @Test func manyAtOnceNeverSpendMoreThanThereIs() async throws {
        let bench = try await bench(budget: money("0.1"))
        // Names of letters alone: numbers at the end are no part of a name.
        let name = { (number: Int) in
            "Merchant " + String(number).map { String(UnicodeScalar(UInt8($0.asciiValue! + 49))) }.joined()
        }
        _ = try await bench.take((0..<60).map { ("m-\($0)", name($0), nil) })
        let asked = try await withThrowingTaskGroup(of: [String].self) { group in
            for caller in 0..<20 {
                group.addTask {
                    let ids = (0..<30).map { "m-\(($0 + caller * 3) % 60)" }
                    let leave = try await bench.categorizer.reserveChat(.init(ids: ids, cost: money("0.0021")))
                    return leave.questions.map(\.merchant)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(asked.count == 47 && Set(asked).count == 47, "47 at 0.0021 are 0.0987")
        #expect(try await bench.categorizer.showChat().spent == money("0.0987"))
        await bench.end()
    }
}
