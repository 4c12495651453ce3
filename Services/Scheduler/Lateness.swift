import Linux

/// How late runs began: counts by upper bounds, from which the quantiles come.
struct Lateness: Sendable {
    /// Upper bounds in milliseconds; what is beyond the last counts there too.
    static let bounds = [1, 2, 5, 10, 15, 20, 30, 40, 50, 75, 100, 200, 500, 1000, 5000, 15_000, 60_000, 3_600_000]

    private(set) var counts = [UInt64](repeating: 0, count: bounds.count)
    private(set) var total: UInt64 = 0
    private(set) var sum = Duration.zero

    mutating func note(_ lateness: Duration) {
        let milliseconds = lateness.nanoseconds
        let index = Self.bounds.firstIndex { milliseconds <= Int64($0) * 1_000_000 } ?? Self.bounds.count - 1
        counts[index] += 1
        total += 1
        sum += max(.zero, lateness)
    }

    /// The bound below which the share of runs lies; zero for no runs.
    func quantile(_ share: Double) -> Duration {
        var rest = Int64((Double(total) * share).rounded(.up))
        for (index, count) in counts.enumerated() {
            rest -= Int64(count)
            if rest <= 0, total > 0 { return .milliseconds(Self.bounds[index]) }
        }
        return .zero
    }
}
