/// An instant of the wall clock, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// For calendars and records only; durations and deadlines come from ``TimeSource/boot()``.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let milliseconds: Int64

    public static let epoch = Timestamp(milliseconds: 0)

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    public static func + (instant: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: instant.milliseconds + duration.milliseconds)
    }

    public static func - (instant: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: instant.milliseconds - duration.milliseconds)
    }

    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }
}

// MARK: - RFC 3339

extension Timestamp {
    static let millisecondsPerDay: Int64 = 86_400_000

    /// Reads RFC 3339: "2026-11-21T02:26:09Z", 1 to 9 fraction digits (cut to milliseconds), offset "Z" or "+02:00".
    ///
    /// Nil for anything else: dates that do not exist, a missing offset, a leap second, a space instead of "T".
    public init?(_ rfc3339: String) {
        var scanner = TimestampScanner(bytes: Array(rfc3339.utf8))
        guard let milliseconds = scanner.instant() else { return nil }
        self.init(milliseconds: milliseconds)
    }

    /// RFC 3339 in UTC with milliseconds: "2026-11-21T02:26:09.123Z". Exact for the years 0000 to 9999.
    public var description: String {
        let (days, rest) = Self.floorDivide(milliseconds, Self.millisecondsPerDay)
        let date = CivilDate(daysSinceEpoch: days)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        if date.year < 0 { text.append(UInt8(ascii: "-")) }
        Self.append(abs(date.year), width: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(date.month, width: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(date.day, width: 2, to: &text)
        text.append(UInt8(ascii: "T"))
        Self.append(rest / 3_600_000, width: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        Self.append(rest / 60_000 % 60, width: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        Self.append(rest / 1000 % 60, width: 2, to: &text)
        text.append(UInt8(ascii: "."))
        Self.append(rest % 1000, width: 3, to: &text)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// Year, month and day in UTC.
    public var date: CivilDate {
        CivilDate(daysSinceEpoch: Self.floorDivide(milliseconds, Self.millisecondsPerDay).quotient)
    }

    static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func append(_ number: some BinaryInteger, width: Int, to text: inout [UInt8]) {
        let digits = Array(String(number).utf8)
        text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, width - digits.count)))
        text.append(contentsOf: digits)
    }
}

/// Walks over the bytes of one RFC 3339 text.
private struct TimestampScanner {
    let bytes: [UInt8]
    var next = 0

    mutating func instant() -> Int64? {
        guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2),
            let date = CivilDate(year: year, month: Int(month), day: Int(day)),
            take("T") || take("t"),
            let hour = digits(2), hour < 24, take(":"), let minute = digits(2), minute < 60, take(":"),
            let second = digits(2), second < 60,
            let fraction = fraction(), let offset = offset(), next == bytes.count
        else { return nil }
        let seconds = hour * 3600 + minute * 60 + second - offset
        return date.daysSinceEpoch * Timestamp.millisecondsPerDay + seconds * 1000 + fraction
    }

    private mutating func digits(_ count: Int) -> Int64? {
        guard next + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[next..<next + count] {
            guard let digit = Self.digit(byte) else { return nil }
            value = value * 10 + digit
        }
        next += count
        return value
    }

    /// Milliseconds after the whole second; 0 when no fraction is given.
    private mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        var value: Int64 = 0
        var count = 0
        while next < bytes.count, let digit = Self.digit(bytes[next]) {
            if count < 3 { value = value * 10 + digit }
            count += 1
            next += 1
        }
        guard (1...9).contains(count) else { return nil }
        for _ in 0..<max(0, 3 - count) { value *= 10 }
        return value
    }

    /// Seconds east of UTC.
    private mutating func offset() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let sign: Int64
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = digits(2), hours < 24, take(":"), let minutes = digits(2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next < bytes.count, bytes[next] == UInt8(ascii: character) else { return false }
        next += 1
        return true
    }

    private static func digit(_ byte: UInt8) -> Int64? {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        return Int64(byte - UInt8(ascii: "0"))
    }
}
