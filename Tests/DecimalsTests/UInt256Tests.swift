import TestSupport
import Testing

@testable import Decimals

struct UInt256Tests {
    private static func random128(_ random: inout SeededGenerator) -> UInt128 {
        let bits = Int.random(in: 1...128, using: &random)
        return (UInt128(random.next()) << 64 | UInt128(random.next())) >> UInt128(128 - bits)
    }

    @Test func divisionUndoesMultiplicationWithARest() {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<5_000 {
            let quotient = Self.random128(&random) >> 1
            let divisor = Self.random128(&random) | 1
            let rest = Self.random128(&random) % divisor
            let value = UInt256(quotient, times: divisor) + UInt256(rest)
            let result = value.dividing(by: UInt256(divisor))
            #expect(result.quotient == UInt256(quotient))
            #expect(result.remainder == UInt256(rest))
        }
    }

    @Test func divisorsMayBeWide() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            let divisor = UInt256(Self.random128(&random) | 1, times: UInt128.max >> 16)
            let rest = divisor - UInt256(1)
            var value = rest
            let times = Int.random(in: 0...20, using: &random)
            for _ in 0..<times { value = value + divisor }
            let result = value.dividing(by: divisor)
            #expect(result.quotient == UInt256(UInt128(times)))
            #expect(result.remainder == rest)
        }
    }

    @Test func sumsAndDifferencesCarry() {
        let low = UInt256(UInt128.max)
        let carried = low + UInt256(1)
        #expect(carried.high == 1 && carried.low == 0)
        #expect(carried - UInt256(1) == low)
        #expect(low < carried)
        #expect(low.narrow == UInt128.max && carried.narrow == nil)
    }
}
