import BackOffice
import Decimals

/// Money for people: `16,957,000 VND`, `1,413.05 USD`.
enum MoneyText {
    static func text(_ money: Money) -> String { "\(amount(money)) \(money.currency)" }

    /// With commas at the thousands and at least the decimals the currency is written with; never fewer than there are.
    static func amount(_ money: Money) -> String {
        let parts = money.amount.description.split(separator: ".", maxSplits: 1)
        var decimals = parts.count > 1 ? String(parts[1]) : ""
        let usual = whole.contains(money.currency.code) ? 0 : 2
        if decimals.utf8.count < usual { decimals += String(repeating: "0", count: usual - decimals.utf8.count) }
        return grouped(String(parts[0])) + (decimals.isEmpty ? "" : "." + decimals)
    }

    /// Currencies that are written without decimals.
    private static let whole: Set = ["VND", "JPY", "KRW"]

    private static func grouped(_ digits: String) -> String {
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, digit != "-", (digits.count - index) % 3 == 0, result != "-" { result.append(",") }
            result.append(digit)
        }
        return result
    }
}
