public import Decimals
public import Linux

/// An expense as far as categorizing looks at it.
public struct Expense: Hashable, Sendable {
    public var id: String
    /// The account whose preferences, patterns and rules apply.
    public var owner: String?
    public var merchantName: String?
    /// Stands in where there is no merchant name.
    public var merchantNormalized: String?
    public var description: String?
    /// Within ``amounts``, if it comes from outside.
    public var amount: ExactDecimal?
    public var date: CivilDate?
    /// Minutes since midnight, 0 to 1439.
    public var minuteOfDay: Int?

    /// Amounts that are taken in, 10 to the 14 at most: a sum of a hundred thousand of them is exact.
    public static let amounts = -greatestAmount...greatestAmount
    private static let greatestAmount: ExactDecimal = 100_000_000_000_000

    public init(
        id: String, owner: String? = nil, merchant: String? = nil, description: String? = nil,
        amount: ExactDecimal? = nil, date: CivilDate? = nil, minuteOfDay: Int? = nil
    ) {
        self.id = id
        self.owner = owner
        merchantName = merchant
        self.description = description
        self.amount = amount
        self.date = date
        self.minuteOfDay = minuteOfDay
    }

    /// The merchant's text; nil when there is none or it is blank.
    public var merchant: String? {
        if let merchantName, !Self.isBlank(merchantName) { return merchantName }
        if let merchantNormalized, !Self.isBlank(merchantNormalized) { return merchantNormalized }
        return nil
    }

    /// The description; nil when there is none or it is blank.
    public var note: String? {
        guard let description, !Self.isBlank(description) else { return nil }
        return description
    }

    private static func isBlank(_ text: String) -> Bool {
        // Most texts begin with a letter or a digit.
        if let first = text.utf8.first, first > 0x20, first < 0x7F { return false }
        return text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }

    public var hasText: Bool { merchant != nil || note != nil }

    /// 1 Monday to 7 Sunday.
    public var weekday: Int? { date.map { Int((($0.daysSinceEpoch + 3) % 7 + 7) % 7) + 1 } }
}
