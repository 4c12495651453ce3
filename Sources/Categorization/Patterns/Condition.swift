public import Decimals
public import Linux

/// What a hand-written rule asks of an expense; nested at will.
public indirect enum Condition: Hashable, Sendable {
    /// True of every expense when empty.
    case all([Condition])
    /// True of none when empty.
    case any([Condition])
    case not(Condition)
    case text(TextField, TextTest)
    /// Both ends included; an end left out is open.
    case amount(from: ExactDecimal?, upTo: ExactDecimal?)
    case date(from: CivilDate?, upTo: CivilDate?)
    /// 1 Monday to 7 Sunday.
    case weekdays(Set<Int>)
    case dayOfMonth(ClosedRange<Int>)
    case time(TimePattern)

    public enum TextField: String, Hashable, Sendable, CaseIterable { case merchant, description, any }

    /// Comparisons of text know no case.
    public enum TextTest: Hashable, Sendable {
        case contains(RuleText)
        case equals(RuleText)
        case startsWith(RuleText)
        case word(RuleText)
        case regex(BoundedRegex)
        /// Alike by at least so much, 0 to 1.
        case like(RuleText, atLeast: Double)
    }

    /// How deep conditions may be nested.
    public static let maximumDepth = 20
    /// How many conditions a rule may hold.
    public static let maximumCount = 200

    public var depth: Int {
        switch self {
        case .all(let parts), .any(let parts): 1 + (parts.map(\.depth).max() ?? 0)
        case .not(let part): 1 + part.depth
        default: 1
        }
    }

    public var count: Int {
        switch self {
        case .all(let parts), .any(let parts): parts.reduce(1) { $0 + $1.count }
        case .not(let part): 1 + part.count
        default: 1
        }
    }

    /// Letters without which it cannot hold.
    var needs: LetterSet {
        switch self {
        case .all(let parts): parts.reduce(LetterSet()) { $0.union($1.needs) }
        case .any(let parts): parts.dropFirst().reduce(parts.first?.needs ?? LetterSet()) { $0.intersection($1.needs) }
        case .text(_, .contains(let text)), .text(_, .equals(let text)), .text(_, .startsWith(let text)),
            .text(_, .word(let text)):
            LetterSet(text.letters)
        case .text(_, .regex(let regex)): regex.needs
        case .text(_, .like), .not, .amount, .date, .weekdays, .dayOfMonth, .time: LetterSet()
        }
    }

    /// An expense that lacks what is asked for does not fulfil the condition.
    public func holds(for texts: ExpenseTexts) -> Bool {
        switch self {
        case .all(let parts): parts.allSatisfy { $0.holds(for: texts) }
        case .any(let parts): parts.contains { $0.holds(for: texts) }
        case .not(let part): !part.holds(for: texts)
        case .text(.merchant, let test): test.holds(for: texts.merchant)
        case .text(.description, let test): test.holds(for: texts.description)
        case .text(.any, let test): test.holds(for: texts.merchant) || test.holds(for: texts.description)
        case .amount(let from, let upTo):
            texts.expense.amount.map { amount in
                (from.map { $0 <= amount } ?? true) && (upTo.map { amount <= $0 } ?? true)
            } ?? false
        case .date(let from, let upTo):
            texts.expense.date.map { date in
                (from.map { $0 <= date } ?? true) && (upTo.map { date <= $0 } ?? true)
            } ?? false
        case .weekdays(let days): texts.expense.weekday.map(days.contains) ?? false
        case .dayOfMonth(let days): texts.expense.date.map { days.contains($0.day) } ?? false
        case .time(let times): times.matches(texts.expense)
        }
    }
}

extension Condition.TextTest {
    func holds(for text: [UInt32]) -> Bool {
        guard !text.isEmpty else { return false }
        switch self {
        case .contains(let value): return text.contains(run: value.letters)
        case .equals(let value): return text == value.letters
        case .startsWith(let value): return text.starts(with: value.letters)
        case .word(let value):
            return text.split { !Letters.isWord($0) }.contains { $0.elementsEqual(value.letters) }
        case .regex(let regex): return regex.matches(text)
        case .like(let value, let least):
            var options = FuzzyOptions()
            options.minimum = least
            return FuzzyMatcher.score(Letters.string(text), value.text, options) >= least
        }
    }
}

/// A text of a rule, made ready to be looked for.
public struct RuleText: Hashable, Sendable, ExpressibleByStringLiteral {
    public let text: String
    let letters: [UInt32]

    public init(_ text: String) {
        self.text = text
        letters = text.unicodeScalars.map { RegexParser.lowered($0.value) }
    }

    public init(stringLiteral value: String) { self.init(value) }
}

/// A rule a person wrote: where its condition holds, the category is meant, whatever was learned.
public struct Rule: Hashable, Sendable {
    public var name: String
    /// The account it applies to; nil applies to all.
    public var owner: String?
    public var category: CategoryID
    public var condition: Condition
    /// Rules of higher priority are asked first, equal ones in their order.
    public var priority: Int
    public var isActive: Bool

    public init(
        name: String, owner: String? = nil, category: CategoryID, condition: Condition, priority: Int = 0,
        isActive: Bool = true
    ) {
        self.name = name
        self.owner = owner
        self.category = category
        self.condition = condition
        self.priority = priority
        self.isActive = isActive
    }
}
