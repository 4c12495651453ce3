import Linux

/// How long things took: a count for each of 512 spans, each an eighth of a power of two wide, so that a quantile is at
/// most 12.5 % too high. 4 KiB, whatever is recorded.
public struct Histogram: Hashable, Sendable {
    private var counts: [UInt64]
    public private(set) var count: UInt64 = 0
    public private(set) var longest = Duration.zero

    public init() {
        counts = Array(repeating: 0, count: 512)
    }

    public mutating func record(_ span: Duration) {
        counts[Self.place(UInt64(max(0, span.nanoseconds)))] += 1
        count += 1
        longest = max(longest, span)
    }

    /// A span within which the share `quantile` (0…1) stayed; zero when nothing was recorded.
    public func value(_ quantile: Double) -> Duration {
        guard count > 0 else { return .zero }
        let wanted = max(1, UInt64((Double(count) * quantile).rounded(.up)))
        var seen: UInt64 = 0
        for (place, number) in counts.enumerated() where number > 0 {
            seen += number
            if seen >= wanted { return min(longest, .nanoseconds(Int64(clamping: Self.end(of: place)))) }
        }
        return longest
    }

    private static func place(_ value: UInt64) -> Int {
        guard value >= 8 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return (exponent - 2) * 8 + Int((value >> UInt64(exponent - 3)) & 7)
    }

    /// The last nanosecond of a span.
    private static func end(of place: Int) -> UInt64 {
        guard place >= 8 else { return UInt64(place) }
        let exponent = UInt64(place / 8 + 2)
        let (next, overflow) = UInt64(place % 8 + 9).multipliedReportingOverflow(by: 1 << (exponent - 3))
        return overflow ? .max : next - 1
    }
}
