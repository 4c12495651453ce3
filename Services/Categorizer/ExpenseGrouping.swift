import Categorization
import Decimals
import Linux
import Logging
import MillraceProtocol

/// Puts expenses without a category together that a person would categorize at one go.
enum ExpenseGrouping {
    private struct Open {
        var id: String
        var merchant: String
        var amount: ExactDecimal?
        var currency: String?
        var day: Int64?
        var month: String?
    }

    static func groups(_ rows: [ExpenseRow], today: Int64, log: Logger) -> [ExpenseGroup] {
        var left = rows.compactMap { row -> Open? in
            guard let expense = row.expense(naming: log) else { return nil }
            return Open(
                id: row.record.id, merchant: MerchantName.normalised(expense.merchant ?? ""),
                amount: expense.amount, currency: row.record.currency, day: expense.date?.daysSinceEpoch,
                month: expense.date.map { String("\($0)".prefix(7)) })
        }
        var groups: [ExpenseGroup] = []
        take(&left, .merchant, &groups, by: { $0.merchant.isEmpty ? nil : $0.merchant }) { members in
            0.9 * (0.8 + 0.2 * min(Double(members.count) / 10, 1))
        }
        takeSimilar(&left, &groups, today: today)
        take(&left, .amount, &groups, by: band) { _ in 0.5 }
        take(&left, .month, &groups, by: { $0.month }) { _ in 0.4 }
        return groups.sorted { ($1.confidence, $1.ids.count, $0.name) < ($0.confidence, $0.ids.count, $1.name) }
    }

    private static func take(
        _ left: inout [Open], _ basis: GroupBasis, _ groups: inout [ExpenseGroup], by name: (Open) -> String?,
        _ confidence: ([Open]) -> Double
    ) {
        let named = Dictionary(grouping: left.filter { name($0) != nil }) { name($0) ?? "" }.filter { $1.count >= 2 }
        for (name, members) in named.sorted(by: { $0.key < $1.key }) {
            groups.append(group(basis, name, members, confidence(members)))
        }
        let taken = Set(named.values.flatMap { $0.map(\.id) })
        left.removeAll { taken.contains($0.id) }
    }

    /// Merchants alike by 0.7 and more, the first of them giving its name.
    private static func takeSimilar(_ left: inout [Open], _ groups: inout [ExpenseGroup], today: Int64) {
        var heads: [(text: FuzzyCandidate, members: [Open])] = []
        var options = FuzzyOptions()
        options.minimum = 0.7
        options.algorithms = [.trigram]
        // Bounded work: what is beyond forms no groups of this kind.
        for one in left.prefix(500) where !one.merchant.isEmpty {
            let text = FuzzyCandidate(one.merchant)
            if let place = heads.firstIndex(where: { FuzzyMatcher.score($0.text, text, options) >= 0.7 }) {
                heads[place].members.append(one)
            } else {
                heads.append((text, [one]))
            }
        }
        let found = heads.map(\.members).filter { $0.count >= 2 }
        for members in found {
            let days = members.compactMap(\.day)
            let isRecent = days.count == members.count && days.allSatisfy { today - $0 <= 30 }
            let confidence = 0.7 + 0.2 * min(Double(members.count) / 10, 1) + (isRecent ? 0.1 : 0)
            groups.append(group(.similar, members[0].merchant, members, confidence))
        }
        let taken = Set(found.flatMap { $0.map(\.id) })
        left.removeAll { taken.contains($0.id) }
    }

    private static func group(
        _ basis: GroupBasis, _ name: String, _ members: [Open], _ confidence: Double
    ) -> ExpenseGroup {
        let amounts = CurrencyAmount.sums(members.map { ($0.currency, $0.amount) })
        return ExpenseGroup(
            basis: basis, name: name, ids: members.map(\.id), amount: amounts.total, amounts: amounts,
            confidence: confidence.short)
    }

    /// Amounts of different currencies are not alike.
    private static func band(_ open: Open) -> String {
        let band =
            switch abs(open.amount?.approximate ?? 0) {
            case ..<10_000: "below 10000"
            case ..<50_000: "10000 to 50000"
            case ..<200_000: "50000 to 200000"
            default: "200000 and more"
            }
        return open.currency.map { "\(band) \($0)" } ?? band
    }
}
