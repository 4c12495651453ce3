import Decimals
import MillraceProtocol

extension CurrencyAmount {
    /// What amounts come to, each currency for itself, those without one first.
    ///
    /// - Parameter amounts: of expenses, so within ``Expense/amounts``, and no more of them than sum up exactly.
    static func sums(_ amounts: [(currency: String?, amount: ExactDecimal?)]) -> [CurrencyAmount] {
        Dictionary(grouping: amounts.filter { $0.amount != nil }, by: \.currency)
            .map { CurrencyAmount(currency: $0.key, amount: $0.value.compactMap(\.amount).reduce(0, +)) }
            .sorted { ($0.currency ?? "") < ($1.currency ?? "") }
    }
}

extension [CurrencyAmount] {
    /// What all come to; nil for several currencies.
    var total: ExactDecimal? { count > 1 ? nil : first?.amount ?? 0 }
}
