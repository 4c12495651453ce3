public import Decimals

/// The meaning of a pattern's value by its type.
public enum PatternValue: Hashable, Sendable {
    case text(NormalisedText)
    case regex(BoundedRegex)
    case amounts(AmountRange)
    case times(TimePattern)

    /// Why a value has no meaning.
    public init(_ type: PatternType, _ value: String) throws(PatternError) {
        switch type {
        case .merchant, .keyword, .description: self = .text(NormalisedText(value))
        case .regex:
            do { self = .regex(try BoundedRegex(value)) } catch { throw .regex(error) }
        case .amountRange:
            guard let range = AmountRange(value) else { throw .amountRange(value) }
            self = .amounts(range)
        case .time:
            guard let times = TimePattern(value) else { throw .time(value) }
            self = .times(times)
        }
    }
}

/// Amounts from the least to the greatest, both included and within ``Expense/amounts``; "5.00-20", "-20--5".
public struct AmountRange: Hashable, Sendable, CustomStringConvertible {
    public let lower: ExactDecimal
    public let upper: ExactDecimal

    public init?(lower: ExactDecimal, upper: ExactDecimal) {
        // What is compared with amounts need not reach beyond them, and so its span is exact.
        guard lower < upper, Expense.amounts.contains(lower), Expense.amounts.contains(upper) else { return nil }
        self.lower = lower
        self.upper = upper
    }

    /// Nil unless it is `min-max` with at most two decimals and min below max, both amounts that an expense can have.
    public init?(_ text: String) {
        let bytes = Array(text.utf8).filter { $0 != 0x20 }
        // The sign of the least amount is no separator.
        guard let dash = bytes.dropFirst().firstIndex(of: UInt8(ascii: "-")) else { return nil }
        let parts = [bytes[..<dash], bytes[(dash + 1)...]].map { ExactDecimal(String(decoding: $0, as: UTF8.self)) }
        guard let lower = parts[0], let upper = parts[1], lower.scale <= 2, upper.scale <= 2 else { return nil }
        self.init(lower: lower, upper: upper)
    }

    public var span: ExactDecimal { upper - lower }
    public var description: String { "\(lower)-\(upper)" }

    public func contains(_ amount: ExactDecimal) -> Bool { lower <= amount && amount <= upper }

    /// The length both ranges share by the length they cover together, 0 to 1.
    func overlap(with other: AmountRange) -> Double {
        let shared = min(upper, other.upper).approximate - max(lower, other.lower).approximate
        let whole = max(upper, other.upper).approximate - min(lower, other.lower).approximate
        return max(shared, 0) / whole
    }
}

/// A part of the day or of the week.
public enum TimePattern: Hashable, Sendable {
    /// Minutes since midnight, both included; may cross midnight.
    case minutes(from: Int, upTo: Int)
    case weekend, weekday

    /// "morning" (6 to 11 o'clock), "afternoon" (12-16), "evening" (17-20), "night" (21-5), "weekend", "weekday", or
    /// "HH:MM-HH:MM".
    public init?(_ text: String) {
        switch text.lowercased() {
        case "morning": self = .minutes(from: 6 * 60, upTo: 11 * 60 + 59)
        case "afternoon": self = .minutes(from: 12 * 60, upTo: 16 * 60 + 59)
        case "evening": self = .minutes(from: 17 * 60, upTo: 20 * 60 + 59)
        case "night": self = .minutes(from: 21 * 60, upTo: 5 * 60 + 59)
        case "weekend": self = .weekend
        case "weekday": self = .weekday
        default:
            let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.minute)
            guard parts.count == 2, let from = parts[0], let upTo = parts[1] else { return nil }
            self = .minutes(from: from, upTo: upTo)
        }
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count == 2, (1...2).contains(parts[0].count),
            parts.allSatisfy({ $0.utf8.allSatisfy { $0 &- 0x30 < 10 } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    /// False where the expense lacks the time or the date asked for.
    public func matches(_ expense: Expense) -> Bool {
        switch self {
        case .weekend: expense.weekday.map { $0 >= 6 } ?? false
        case .weekday: expense.weekday.map { $0 <= 5 } ?? false
        case .minutes(let from, let upTo):
            expense.minuteOfDay.map { from <= upTo ? (from...upTo).contains($0) : $0 >= from || $0 <= upTo } ?? false
        }
    }
}
