import Calendars
import Categorization
import Decimals
import Linux
import MillraceProtocol

/// The books of a chat service that is asked last: by workers, never by this service, which has no way out of the machine.
extension ExpenseCategorizer {
    private var month: String {
        let zone = configuration.withLock { $0.zone }
        let date = zone.wallTime(at: Instant(time.wall())).date
        return String("\(date)".prefix(7))
    }

    private var chatBudget: ExactDecimal { configuration.withLock { $0.chatBudget } }

    func reserveChat(_ params: ChatReserve.Params) async throws -> ChatReserve.Result {
        guard (1...ChatReserve.limit).contains(params.ids.count) else {
            throw CategorizerError.invalid(
                field: "ids", "1 to \(ChatReserve.limit) expenses can be named, not \(params.ids.count)")
        }
        guard params.cost > 0 else { throw CategorizerError.invalid(field: "cost", "a question has a price above 0") }
        let rows = try await door.read { try ExpenseStore.rows($0, ids: params.ids) }
        let known = Dictionary(rows.map { ($0.record.id, $0.record) }, uniquingKeysWith: { first, _ in first })
        var merchants: [String] = []
        var seen: Set<String> = []
        for id in params.ids {
            guard let merchant = known[id].flatMap(ChatMerchant.name), seen.insert(merchant).inserted else { continue }
            merchants.append(merchant)
        }
        let (asked, budget, month, now) = (merchants, chatBudget, month, time.wall())
        guard budget > 0, !asked.isEmpty else {
            return ChatReserve.Result(questions: [], pending: 0, refused: budget > 0 ? 0 : asked.count)
        }
        return try await door.write {
            try ChatStore.reserve($0, asked, cost: params.cost, budget: budget, month: month, at: now)
        }
    }

    func settleChat(_ params: ChatSettle.Params) async throws -> ChatBudgetView {
        guard (1...ChatReserve.limit).contains(params.outcomes.count) else {
            throw CategorizerError.invalid(
                field: "outcomes", "1 to \(ChatReserve.limit) outcomes can be told, not \(params.outcomes.count)")
        }
        if let place = params.outcomes.firstIndex(where: { $0.cost < 0 }) {
            throw CategorizerError.invalid(field: "outcomes[\(place)].cost", "no price is below 0")
        }
        return try await alone {
            let library = self.library
            let outcomes = try params.outcomes.enumerated().map { place, outcome throws(CategorizerError) in
                let category = try outcome.category.map { name throws(CategorizerError) in
                    try library.category(named: name, field: "outcomes[\(place)].category").id
                }
                return (outcome: outcome, category: category)
            }
            let (month, budget, now) = (self.month, self.chatBudget, self.time.wall())
            let (answered, view) = try await self.door.write { db in
                (try ChatStore.settle(db, outcomes, at: now), try ChatStore.view(db, month: month, budget: budget))
            }
            if !answered.isEmpty {
                var new = self.stock.withLock { $0 }
                new.said.merge(answered, uniquingKeysWith: { $1 })
                self.publish(new)
            }
            return view
        }
    }

    func showChat() async throws -> ChatBudgetView {
        let (month, budget) = (month, chatBudget)
        return try await door.read { try ChatStore.view($0, month: month, budget: budget) }
    }
}

/// A merchant as a chat service hears of him: what leaves the machine is his name, nothing else of the expense.
enum ChatMerchant {
    /// Nil for an expense without a merchant, which nobody is asked about.
    static func name(_ record: ExpenseRecord) -> String? {
        let raw = record.merchantName?.nonEmpty ?? record.merchantNormalized?.nonEmpty
        guard let name = raw.map({ MerchantName.normalised(String($0.prefix(500))) })?.nonEmpty else { return nil }
        return String(name.prefix(100))
    }
}
