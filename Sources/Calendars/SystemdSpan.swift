/// A time span as systemd.time(7) writes it, in whole microseconds: "1h 30min", "2.5", "infinity".
///
/// A month is 30.4375 days and a year 365.25 days, for a span belongs to no calendar.
public struct SystemdSpan: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// `UInt64.max` stands for infinity.
    public let microseconds: UInt64

    public static let infinity = SystemdSpan(microseconds: .max)

    public var isInfinite: Bool { microseconds == .max }

    public init(microseconds: UInt64) {
        self.microseconds = microseconds
    }

    public static func < (left: SystemdSpan, right: SystemdSpan) -> Bool {
        left.microseconds < right.microseconds
    }

    private static let second: UInt64 = 1_000_000

    /// Names of units with their length; of two with the same beginning the longer comes first.
    private static let units: [(name: String, length: UInt64)] = [
        ("seconds", second), ("second", second), ("sec", second), ("s", second),
        ("minutes", 60 * second), ("minute", 60 * second), ("min", 60 * second),
        ("months", 2_629_800 * second), ("month", 2_629_800 * second), ("M", 2_629_800 * second),
        ("msec", 1000), ("ms", 1000), ("m", 60 * second),
        ("hours", 3600 * second), ("hour", 3600 * second), ("hr", 3600 * second), ("h", 3600 * second),
        ("days", 86_400 * second), ("day", 86_400 * second), ("d", 86_400 * second),
        ("weeks", 604_800 * second), ("week", 604_800 * second), ("w", 604_800 * second),
        ("years", 31_557_600 * second), ("year", 31_557_600 * second), ("y", 31_557_600 * second),
        ("usec", 1), ("us", 1), ("μs", 1), ("µs", 1),
    ]

    private static let written: [(name: String, length: UInt64, digits: Int)] = [
        ("y", 31_557_600 * second, 0), ("month", 2_629_800 * second, 0), ("w", 604_800 * second, 0),
        ("d", 86_400 * second, 0), ("h", 3600 * second, 0), ("min", 60 * second, 0),
        ("s", second, 6), ("ms", 1000, 3), ("us", 1, 0),
    ]

    /// The human form: "1y 6month", "1min 30s", "5.500000s", "0".
    public var description: String {
        if isInfinite { return "infinity" }
        var rest = microseconds
        var parts: [String] = []
        for unit in Self.written where rest >= unit.length {
            let (whole, remainder) = rest.quotientAndRemainder(dividingBy: unit.length)
            if rest < 60 * Self.second, remainder > 0 {
                parts.append("\(whole).\(padded(Int(remainder), to: unit.digits))\(unit.name)")
                rest = 0
            } else {
                parts.append("\(whole)\(unit.name)")
                rest = remainder
            }
        }
        return parts.isEmpty ? "0" : parts.joined(separator: " ")
    }
}

extension SystemdSpan {
    /// Reads numbers with units, one after the other, which add up; a number without a unit is in seconds.
    public init(_ text: String) throws(ExpressionError) {
        var scanner = try ExpressionScanner(text)
        scanner.skipWhitespace()
        if scanner.takeWord("infinity") {
            scanner.skipWhitespace()
            guard scanner.isAtEnd else {
                throw scanner.error(at: scanner.position, "something follows after infinity", "infinity alone")
            }
            self = .infinity
            return
        }
        var total: UInt64 = 0
        repeat {
            let start = scanner.position
            let (part, isTooLong) = try scanner.span(units: Self.units, default: Self.second)
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !isTooLong, !overflow, sum < .max else {
                throw scanner.error(at: start, "the span is too long", "less than 584542 years")
            }
            total = sum
            scanner.skipWhitespace()
        } while !scanner.isAtEnd
        microseconds = total
    }
}

extension ExpressionScanner {
    fileprivate mutating func skipWhitespace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    fileprivate mutating func takeWord(_ word: String) -> Bool {
        guard bytes[position..<end].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    /// A number with its unit.
    fileprivate mutating func span(
        units: [(name: String, length: UInt64)], default: UInt64
    ) throws(ExpressionError) -> (length: UInt64, isTooLong: Bool) {
        let start = position
        guard !isNext("-") else { throw error(at: start, "a span is never negative", "a number without a sign") }
        let hasSign = take("+")
        let whole = digits()
        let point = position
        let hasPoint = take(".")
        let fraction = position
        while let byte = next, Self.isDigit(byte) { position += 1 }
        let fractionEnd = position
        guard whole != nil || (hasPoint && !hasSign) else {
            throw error(at: start, "\(shown(at: start)) instead of a number", "a number and a unit, such as 5min")
        }
        guard !hasPoint || fractionEnd > fraction else {
            throw error(at: point, "no digits after the point", "such as 1.5h")
        }
        skipWhitespace()
        let unitAt = position
        var unit = `default`
        if let found = units.first(where: { takeWord($0.name) }) {
            unit = found.length
        } else if unitAt == fractionEnd, !isAtEnd {
            throw error(
                at: unitAt, "\(shown(at: unitAt)) is no unit",
                "us, ms, s, min, h, d, w, month or y, or a space before the next number")
        }
        let number = UInt64(whole ?? 0)
        let isTooLong = number >= .max / unit || whole == .max
        var length = isTooLong ? 0 : number * unit
        let product = length
        var scale = unit / 10
        for digit in bytes[fraction..<fractionEnd] {
            length = length.addingReportingOverflow(UInt64(digit - 0x30) * scale).partialValue
            scale /= 10
        }
        return (length, isTooLong || length < product)
    }
}
