import Linux

/// How long a load is expected to take: a running mean and a running mean deviation, as TCP estimates its round trip
/// (RFC 6298); expected is the mean and twice the deviation.
struct LoadEstimate: Hashable, Sendable {
    /// Before anything was measured: rather too long, so that nobody's time is over because of it.
    static let initial = Duration.milliseconds(250)

    private var mean: Duration?
    private var deviation = Duration.zero

    var expected: Duration { mean.map { $0 + deviation * 2 } ?? Self.initial }

    mutating func record(_ span: Duration) {
        guard let mean else {
            mean = span
            deviation = span / 2
            return
        }
        let distance = span > mean ? span - mean : mean - span
        deviation += (distance - deviation) / 4
        self.mean = mean + (span - mean) / 8
    }
}
