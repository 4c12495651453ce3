/// Runs at equal distances, counted from an anchor, whatever the clocks on the wall show.
public struct Interval: Hashable, Sendable {
    /// More than 0.
    public let microseconds: Int64
    /// A run of the row; it goes on without end before and after it.
    public let anchor: Instant

    /// Nil for a length that is not above 0, infinite, or beyond 292,000 years.
    public init?(_ span: SystemdSpan, from anchor: Instant = .epoch) {
        guard span.microseconds > 0, span.microseconds <= UInt64(Int64.max) else { return nil }
        microseconds = Int64(span.microseconds)
        self.anchor = anchor
    }

    /// The first run after the instant; nil where it would lie beyond all instants.
    public func next(after instant: Instant) -> Instant? {
        let past = Int128(instant.microseconds) - Int128(anchor.microseconds)
        return at(step: Self.floor(past, Int128(microseconds)) + 1)
    }

    /// The last run before the instant.
    public func previous(before instant: Instant) -> Instant? {
        let past = Int128(instant.microseconds) - 1 - Int128(anchor.microseconds)
        return at(step: Self.floor(past, Int128(microseconds)))
    }

    private func at(step: Int128) -> Instant? {
        Int64(exactly: Int128(anchor.microseconds) + step * Int128(microseconds)).map(Instant.init(microseconds:))
    }

    private static func floor(_ value: Int128, _ divisor: Int128) -> Int128 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
