import Linux

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
        let scanner = try ExpressionScanner(text)
        if trimmed(text) == "infinity" {
            self = .infinity
            return
        }
        do throws(SpanGrammar.Fault) {
            microseconds = try SpanGrammar.systemd.read(text, below: .max)
        } catch {
            throw scanner.error(at: error.offset, error.problem, error.remedy)
        }
    }
}
