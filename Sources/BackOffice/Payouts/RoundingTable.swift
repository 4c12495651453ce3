import Decimals

/// To which unit of each currency prorated amounts are rounded up: dong to the next 1000, others to the cent.
public struct RoundingTable: Hashable, Sendable {
    /// The environment variable that changes it, as `VND=1000,JPY=1,*=0.01`; `*` is every other currency.
    public static let variable = "PAYOUT_ROUNDING"

    private var units: [Currency: ExactDecimal] = [.vnd: 1000]
    private var otherwise = ExactDecimal(coefficient: 1, scale: 2)

    public init() {}

    /// What the setting names replaces what the standard table says of it. Nothing and an empty text are the standard.
    /// - Throws: ``RoundingFault`` that names the part that is wrong.
    public init(setting: String?) throws(RoundingFault) {
        for part in (setting ?? "").split(separator: ",") {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false).map { String($0).trimmed }
            guard sides.count == 2, let unit = ExactDecimal(sides[1]), unit > 0, unit <= 1_000_000_000,
                unit.scale <= 9, sides[0] == "*" || Currency(sides[0]) != nil
            else { throw RoundingFault(part: String(part).trimmed) }
            if let currency = Currency(sides[0]) { units[currency] = unit } else { otherwise = unit }
        }
    }

    public func unit(of currency: Currency) -> ExactDecimal { units[currency] ?? otherwise }
}

/// What is wrong with a rounding table.
public struct RoundingFault: Error, Hashable, CustomStringConvertible {
    public var part: String

    public var description: String {
        "\(RoundingTable.variable): '\(part)' is not of the form CURRENCY=UNIT, as VND=1000 or *=0.01"
    }
}
