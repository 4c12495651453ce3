/// A circuit breaker, as files declare it.
public struct BreakerDefinition: Hashable, Sendable {
    /// So many failures one after the other open it, 1…1,000.
    public var failures = 5
    /// So long it stays open before one trial is let through, 100 ms…24 h.
    public var pause = Duration.seconds(30)

    public init() {}
}

extension Declared {
    /// A mapping of what differs from the defaults; nil when it is none.
    public func breaker() -> BreakerDefinition? {
        fields { fields in
            var breaker = BreakerDefinition()
            if let failures = fields["failures"]?.integer(1...1000) { breaker.failures = failures }
            if let pause = fields["pause"]?.span(.milliseconds(100)...(.seconds(86_400))) { breaker.pause = pause }
            return breaker
        }
    }
}
