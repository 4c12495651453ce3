extension Duration {
    /// Whole nanoseconds, cut towards zero; held at the bounds of Int64 (292 years).
    public var nanoseconds: Int64 { whole(perSecond: 1_000_000_000) }

    /// Whole microseconds, cut towards zero; held at the bounds of Int64.
    public var microseconds: Int64 { whole(perSecond: 1_000_000) }

    /// Whole milliseconds, cut towards zero; held at the bounds of Int64.
    public var milliseconds: Int64 { whole(perSecond: 1000) }

    /// Seconds with their fraction, as near as a Double comes.
    public var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    private func whole(perSecond: Int64) -> Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: perSecond)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carried) = product.addingReportingOverflow(attoseconds / (1_000_000_000_000_000_000 / perSecond))
        return carried ? (seconds < 0 ? .min : .max) : sum
    }
}
