/// The texts of an expense, prepared once for all patterns it is held against.
public struct ExpenseTexts: Sendable {
    public let expense: Expense
    /// Lower case, otherwise as booked: what direct matches look into.
    let merchant: [UInt32]
    let description: [UInt32]
    /// Description, a blank, merchant.
    let both: [UInt32]
    /// Of ``both``.
    let letters: LetterSet

    public init(_ expense: Expense) {
        self.expense = expense
        merchant = expense.merchant.map(Self.lowered) ?? []
        description = expense.note.map(Self.lowered) ?? []
        both =
            description.isEmpty ? merchant : merchant.isEmpty ? description : description + [Letters.blank] + merchant
        letters = LetterSet(both)
    }

    private static func lowered(_ text: String) -> [UInt32] {
        var letters: [UInt32] = []
        letters.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars { letters.append(RegexParser.lowered(scalar.value)) }
        return letters
    }
}

extension Pattern {
    /// Whether the pattern is true of the expense, by the letter: `merchant` and `description` as part of the text of
    /// that name, `keyword` and `regex` in either, amounts and times as they mean. An unreadable value matches nothing.
    public func matches(_ texts: ExpenseTexts) -> Bool {
        switch type {
        case .merchant: Self.contains(texts.merchant, value)
        case .description: Self.contains(texts.description, value)
        case .keyword: Self.contains(texts.both, value)
        case .regex, .amountRange, .time:
            if let meaning = try? PatternValue(type, value) { Self.matches(meaning, texts) } else { false }
        }
    }

    public func matches(_ expense: Expense) -> Bool { matches(ExpenseTexts(expense)) }

    static func matches(_ meaning: PatternValue, _ texts: ExpenseTexts) -> Bool {
        switch meaning {
        case .text: false
        case .regex(let regex): !texts.both.isEmpty && regex.matches(texts.both)
        case .amounts(let range): texts.expense.amount.map(range.contains) ?? false
        case .times(let times): times.matches(texts.expense)
        }
    }

    private static func contains(_ text: [UInt32], _ value: String) -> Bool {
        let value = value.unicodeScalars.map { RegexParser.lowered($0.value) }
        return !value.isEmpty && text.contains(run: value)
    }
}
