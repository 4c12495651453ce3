public import Linux

/// A moment of the wall clock, in whole microseconds since 1970-01-01T00:00:00Z.
///
/// Calendars reckon finer than ``Timestamp`` does, because OnCalendar knows fractions of a second.
public struct Instant: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let microseconds: Int64

    public static let epoch = Instant(microseconds: 0)

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Held at the bounds of Int64 (the years -290,308 and 294,247).
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        self.init(microseconds: overflow ? (seconds < 0 ? .min : .max) : product)
    }

    /// Held at the bounds of Int64.
    public init(_ timestamp: Timestamp) {
        let (product, overflow) = timestamp.milliseconds.multipliedReportingOverflow(by: 1000)
        self.init(microseconds: overflow ? (timestamp.milliseconds < 0 ? .min : .max) : product)
    }

    /// The whole millisecond at or before this moment.
    public var timestamp: Timestamp {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1000)
        return Timestamp(milliseconds: remainder < 0 ? quotient - 1 : quotient)
    }

    public static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }

    /// RFC 3339 in UTC: "2026-11-21T02:26:09Z", with six digits after the point where there is a fraction.
    public var description: String {
        let wall = WallTime(microseconds: microseconds)
        return "\(wall.date)T\(wall.clock)Z"
    }
}

extension Instant {
    /// Reads RFC 3339 with up to six digits of a second's fraction: "2026-11-21T02:26:09.000001+01:00".
    ///
    /// Nil for anything else; further digits are cut off.
    public init?(_ rfc3339: String) {
        guard let timestamp = Timestamp(rfc3339) else { return nil }
        var microseconds = timestamp.milliseconds * 1000
        if let point = rfc3339.utf8.firstIndex(of: UInt8(ascii: ".")) {
            let digits = rfc3339.utf8[point...].dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
            var scale: Int64 = 100
            for digit in digits.dropFirst(3).prefix(3) {
                microseconds += Int64(digit - 0x30) * scale
                scale /= 10
            }
        }
        self.init(microseconds: microseconds)
    }
}
