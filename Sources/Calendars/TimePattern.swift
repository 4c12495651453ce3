/// A set of times of day, as expressions describe them: hours, minutes and seconds, each with each.
struct TimePattern: Hashable, Sendable {
    /// Bits 0 to 23; never 0.
    let hours: UInt32
    /// Bits 0 to 59; never 0.
    let minutes: UInt64
    let seconds: Seconds

    /// What belongs of a minute; never empty.
    enum Seconds: Hashable, Sendable {
        /// Bits 0 to 59.
        case whole(UInt64)
        /// In microseconds of the minute.
        case fractions([CalendarComponent])
    }

    static let microsecondsPerMinute = 60_000_000
    private static let lastMicrosecond = microsecondsPerMinute - 1

    /// The first time of day at or after the given one, in microseconds since midnight.
    func next(from time: Int64) -> Int64? {
        let (minuteOfDay, rest) = Int(time).quotientAndRemainder(dividingBy: Self.microsecondsPerMinute)
        let (hour, minute) = minuteOfDay.quotientAndRemainder(dividingBy: 60)
        if Self.has(hours, hour) {
            if Self.has(minutes, minute), let second = nextSecond(from: rest) { return Self.time(hour, minute, second) }
            if let minute = Self.next(minutes, from: minute + 1) { return Self.time(hour, minute, firstSecond) }
        }
        guard let hour = Self.next(UInt64(hours), from: hour + 1) else { return nil }
        return Self.time(hour, minutes.trailingZeroBitCount, firstSecond)
    }

    /// The last time of day at or before the given one.
    func previous(from time: Int64) -> Int64? {
        let (minuteOfDay, rest) = Int(time).quotientAndRemainder(dividingBy: Self.microsecondsPerMinute)
        let (hour, minute) = minuteOfDay.quotientAndRemainder(dividingBy: 60)
        if Self.has(hours, hour) {
            if Self.has(minutes, minute), let second = previousSecond(from: rest) {
                return Self.time(hour, minute, second)
            }
            if let minute = Self.previous(minutes, below: minute) { return Self.time(hour, minute, lastSecond) }
        }
        guard let hour = Self.previous(UInt64(hours), below: hour) else { return nil }
        return Self.time(hour, 63 - minutes.leadingZeroBitCount, lastSecond)
    }

    var first: Int64 { Self.time(hours.trailingZeroBitCount, minutes.trailingZeroBitCount, firstSecond) }
    var last: Int64 { Self.time(31 - hours.leadingZeroBitCount, 63 - minutes.leadingZeroBitCount, lastSecond) }

    // MARK: - Seconds, in microseconds of the minute

    private func nextSecond(from value: Int) -> Int? {
        switch seconds {
        case .whole(let bits):
            let second = (value + 999_999) / 1_000_000
            return Self.next(bits, from: second).map { $0 * 1_000_000 }
        case .fractions(let parts):
            return parts.reduce(nil as Int?) { best, part in
                part.next(from: value, limit: Self.lastMicrosecond).map { min($0, best ?? $0) } ?? best
            }
        }
    }

    private func previousSecond(from value: Int) -> Int? {
        switch seconds {
        case .whole(let bits):
            return Self.previous(bits, below: value / 1_000_000 + 1).map { $0 * 1_000_000 }
        case .fractions(let parts):
            return parts.reduce(nil as Int?) { best, part in
                part.previous(from: value, limit: Self.lastMicrosecond).map { max($0, best ?? $0) } ?? best
            }
        }
    }

    private var firstSecond: Int { nextSecond(from: 0) ?? 0 }
    private var lastSecond: Int { previousSecond(from: Self.lastMicrosecond) ?? 0 }

    // MARK: - Bits

    @inline(__always)
    private static func time(_ hour: Int, _ minute: Int, _ second: Int) -> Int64 {
        Int64((hour * 60 + minute) * microsecondsPerMinute + second)
    }

    @inline(__always)
    private static func has(_ bits: some FixedWidthInteger, _ index: Int) -> Bool { bits >> index & 1 == 1 }

    /// The lowest bit at or above the index, which may be 64.
    @inline(__always)
    private static func next(_ bits: UInt64, from index: Int) -> Int? {
        let rest = bits & (~0 << index)
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// The highest bit below the index, which may be 0.
    @inline(__always)
    private static func previous(_ bits: UInt64, below index: Int) -> Int? {
        let rest = bits & ~(~0 << index)
        return rest == 0 ? nil : 63 - rest.leadingZeroBitCount
    }
}
