public import Declarations

/// Something outside that bears only so much: a token bucket, a circuit breaker, or both.
public struct ResourceDefinition: Hashable, Sendable {
    public var name: String
    public var bucket: BucketDefinition?
    public var breaker: BreakerDefinition?

    public init(name: String, bucket: BucketDefinition?, breaker: BreakerDefinition?) {
        self.name = name
        self.bucket = bucket
        self.breaker = breaker
    }
}
