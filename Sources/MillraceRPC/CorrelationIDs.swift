/// Makes correlation ids: 15 characters, short enough that Swift keeps them without allocating.
///
/// Nine random characters per connection and a counter of six more; 45 random bits keep connections apart.
struct CorrelationIDs: Sendable {
    private var prefix: UInt64
    private var counter: UInt32

    private static let digits: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"

    init() {
        prefix = .random(in: 0..<(1 << 45))
        counter = 0
    }

    private static func digit(_ value: UInt64) -> UInt8 { digits.utf8Start[Int(value & 31)] }

    mutating func next() -> String {
        if counter == 1 << 30 { self = CorrelationIDs() }
        defer { counter += 1 }
        let (prefix, counter) = (prefix, counter)
        return String(unsafeUninitializedCapacity: 15) { buffer in
            for index in 0..<9 { buffer[index] = Self.digit(prefix >> (5 * (8 - index))) }
            for index in 0..<6 { buffer[9 + index] = Self.digit(UInt64(counter) >> (5 * (5 - index))) }
            return 15
        }
    }
}
