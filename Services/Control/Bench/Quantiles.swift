/// Durations of many calls, in order.
struct Quantiles: Sendable {
    private let sorted: [Duration]

    init(_ durations: some Collection<Duration>) {
        sorted = durations.sorted()
    }

    var count: Int { sorted.count }

    /// The smallest duration that at least this share of all does not exceed; nil without any.
    ///
    /// - Parameter share: above 0, at most 1.
    subscript(share: Double) -> Duration? {
        if sorted.isEmpty { return nil }
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }

    /// Those that are printed, by their names.
    static let shares: [(name: String, share: Double)] = [
        ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1),
    ]
}

extension Duration {
    /// Three digits or so: "312 us", "1.25 ms", "12.5 ms", "1.25 s".
    var precise: String {
        let microseconds = self.microseconds
        if microseconds < 1000 { return "\(microseconds) us" }
        if microseconds < 1_000_000 { return Self.digits(microseconds, per: 1000) + " ms" }
        return Self.digits(microseconds / 1000, per: 1000) + " s"
    }

    private static func digits(_ value: Int64, per unit: Int64) -> String {
        let whole = value / unit
        if whole >= 100 { return "\(whole)" }
        if whole >= 10 { return "\(whole).\(value % unit * 10 / unit)" }
        let hundredths = value % unit * 100 / unit
        return "\(whole).\(hundredths < 10 ? "0" : "")\(hundredths)"
    }
}
