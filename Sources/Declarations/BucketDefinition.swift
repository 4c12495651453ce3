/// How often something may happen, as files declare it: so many tokens a second, of which some may be saved up.
public struct BucketDefinition: Hashable, Sendable {
    /// Tokens a second, 0.001…1,000,000.
    public var rate: Double
    /// Tokens that may be saved up, 1…1,000,000.
    public var burst: Int

    /// - Parameter burst: a second's worth without it.
    public init(rate: Double, burst: Int? = nil) {
        self.rate = rate
        self.burst = burst ?? max(1, Int(rate.rounded(.up)))
    }
}

extension DeclaredFields {
    /// The bucket under `rate` and `burst`; nil without a rate, or when one of them is wrong.
    public func bucket() -> BucketDefinition? {
        let rate = self["rate"]?.rate()
        let burst = self["burst"].map { $0.integer(1...1_000_000) }
        guard let rate else { return nil }
        return switch burst {
        case nil: BucketDefinition(rate: rate)
        case .some(let burst): burst.map { BucketDefinition(rate: rate, burst: $0) }
        }
    }
}
