import Linux

/// One of the events behind a count: which request it was, what it measured and when.
public struct Exemplar: Sendable, Hashable {
    /// OpenMetrics allows 128 characters for names and values of its labels together.
    public static let length = 128 - "correlation_id".count

    public var correlation: String
    public var value: Double
    public var time: Timestamp

    public init(correlation: String, value: Double, time: Timestamp) {
        self.correlation = correlation
        self.value = value
        self.time = time
    }
}

/// The last exemplar of each bucket.
final class ExemplarSlots: Sendable {
    private let slots = Locked<[Int: Exemplar]>([:])
    private let time: any TimeSource

    init(_ time: any TimeSource) {
        self.time = time
    }

    /// A correlation id that is too long for an exemplar is passed over.
    func put(_ value: Double, _ correlation: String, at bucket: Int) {
        guard correlation.unicodeScalars.count <= Exemplar.length else { return }
        let exemplar = Exemplar(correlation: correlation, value: value, time: time.wall())
        slots.withLock { $0[bucket] = exemplar }
    }

    func all() -> [Int: Exemplar] { slots.withLock { $0 } }
}
