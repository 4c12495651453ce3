import Decimals

/// To which unit of each currency prorated amounts are rounded up: dong to the next 1000, others to the cent.
public struct RoundingTable: Hashable, Sendable {
    /// The environment variable that changes it, as `VND=1000,JPY=1,*=0.01`; `*` is every other currency.
    public static let variable = "PAYOUT_ROUNDING"

    private var units: [Currency: ExactDecimal] = [.vnd: 1000]
    private var otherwise = ExactDecimal(coefficient: 1, scale: 2)

    public init() {}

    /// What the setting names replaces what the standard table says of it. Nothing and an empty text are the standard.
    /// - Throws: ``RoundingFault`` that names the parts that are wrong.
    public init(setting: String?) throws(RoundingFault) {
        var wrong: [String] = []
        for part in (setting ?? "").split(separator: ",") {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false).map { String($0).trimmed }
            guard sides.count == 2, let unit = ExactDecimal(sides[1]), unit > 0, unit <= 1_000_000_000,
                unit.scale <= 9, sides[0] == "*" || Currency(sides[0]) != nil
            else {
                wrong.append(String(part).trimmed)
                continue
            }
            if let currency = Currency(sides[0]) { units[currency] = unit } else { otherwise = unit }
        }
        if !wrong.isEmpty { throw RoundingFault(parts: wrong) }
    }

    public func unit(of currency: Currency) -> ExactDecimal { units[currency] ?? otherwise }
}

/// What is wrong with a rounding table.
public struct RoundingFault: Error, Hashable, CustomStringConvertible {
    public var parts: [String]

    public var description: String {
        let parts = parts.map { "'\($0)'" }.joined(separator: " and ")
        return "\(RoundingTable.variable): \(parts) is not of the form CURRENCY=UNIT, as VND=1000 or *=0.01"
    }
}
