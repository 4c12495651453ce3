import Synchronization

/// Makes correlation ids: 15 characters, short enough that Swift keeps them without allocating.
///
/// Nine random characters per connection and a counter of six more; 45 random bits keep connections apart.
struct CorrelationIDs: ~Copyable, Sendable {
    private let prefix = UInt64.random(in: 0..<(1 << 45))
    private let counter = Atomic<UInt64>(0)

    private static let digits: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"

    func next() -> String {
        let number = counter.add(1, ordering: .relaxed).oldValue
        // Beyond a thousand million requests of one connection the carry goes into the random part.
        let prefix = prefix &+ number >> 30
        return String(unsafeUninitializedCapacity: 15) { buffer in
            for index in 0..<9 { buffer[index] = Self.digit(prefix >> UInt64(5 * (8 - index))) }
            for index in 0..<6 { buffer[9 + index] = Self.digit(number >> UInt64(5 * (5 - index))) }
            return 15
        }
    }

    private static func digit(_ value: UInt64) -> UInt8 { digits.utf8Start[Int(value & 31)] }
}
