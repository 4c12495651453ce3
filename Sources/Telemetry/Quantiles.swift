/// Values in order, and where they stand among each other.
public struct Quantiles<Value: Comparable & Sendable>: Sendable {
    private let sorted: [Value]

    public init(_ values: some Collection<Value>) {
        sorted = values.sorted()
    }

    public var count: Int { sorted.count }

    /// The smallest value that at least this share of all does not exceed; nil without any.
    ///
    /// - Parameter share: above 0, at most 1.
    public subscript(share: Double) -> Value? {
        if sorted.isEmpty { return nil }
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }
}
