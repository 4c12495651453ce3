import Decimals
import Foundation
import TestSupport
import Testing

struct ExactDecimalArithmeticTests {
    private static func oracle(_ value: ExactDecimal) -> Decimal { Decimal(string: value.description)! }

    @Test func sumsDifferencesAndProductsAgreeWithFoundation() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            let left = ExactDecimal.random(digits: 17, places: 9, using: &random)
            let right = ExactDecimal.random(digits: 17, places: 9, using: &random)
            #expect(Self.oracle(try left.adding(right)) == Self.oracle(left) + Self.oracle(right))
            #expect(Self.oracle(try left.subtracting(right)) == Self.oracle(left) - Self.oracle(right))
            #expect(Self.oracle(try left.multiplied(by: right)) == Self.oracle(left) * Self.oracle(right))
            #expect((left < right) == (Self.oracle(left) < Self.oracle(right)))
            #expect((left == right) == (Self.oracle(left) == Self.oracle(right)))
        }
    }

    @Test func roundedQuotientsAgreeWithFoundation() throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<5_000 {
            let left = ExactDecimal.random(digits: 15, places: 6, using: &random)
            let right = ExactDecimal.random(digits: 12, places: 6, using: &random)
            if right.isZero { continue }
            let scale = Int.random(in: 0...6, using: &random)
            // The oracle keeps 38 digits, so a quotient cut there and rounded again is right but for a tie it made up.
            for (rounding, mode) in [(Rounding.halfUp, Decimal.RoundingMode.plain), (.halfEven, .bankers)] {
                var quotient = Self.oracle(left) / Self.oracle(right)
                var expected = Decimal()
                NSDecimalRound(&expected, &quotient, scale, mode)
                let result = try left.divided(by: right, scale: scale, rounding: rounding)
                #expect(Self.oracle(result) == expected, "\(left) / \(right) to \(scale)")
            }
        }
    }

    @Test func aQuotientCutDownLeavesLessThanOneUnitOfRest() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<10_000 {
            let left = ExactDecimal.random(digits: 24, places: 10, using: &random)
            let right = ExactDecimal.random(digits: 12, places: 4, using: &random)
            if right.isZero { continue }
            let quotient = try left.divided(by: right, scale: 4, rounding: .down)
            let rest = try left.subtracting(quotient.multiplied(by: right))
            let unit = try right.multiplied(by: ExactDecimal(coefficient: 1, scale: 4))
            #expect(rest.magnitude < unit.magnitude)
            #expect(rest.isZero || rest.isNegative == left.isNegative)
        }
    }

    @Test func multiplyingAndRoundingAtOnceRoundsOnce() throws {
        let third = ExactDecimal("0.333333333333333333")!
        #expect(try third.multiplied(by: third, scale: 18, rounding: .down).description == "0.11111111111111111")
        #expect(try third.multiplied(by: third, scale: 18, rounding: .up).description == "0.111111111111111111")
        // 0.45 * 0.1 is 0.045: to one place 0.0, and not 0.1 by way of 0.05.
        #expect(
            try ExactDecimal("0.45")!.multiplied(by: ExactDecimal("0.1")!, scale: 1, rounding: .halfUp).description
                == "0")
        #expect(
            try ExactDecimal("2.5")!.multiplied(by: 3, scale: 4, rounding: .halfUp).description == "7.5")
    }

    @Test func ordersAcrossScalesAndBeyondWhatScalingHolds() {
        let sorted = [
            "-99999999999999999999999999999999999999", "-10000000000000000000000000000000000000", "-1.5", "-1",
            "-0.000000000000000001", "0", "0.000000000000000001", "0.1", "1", "1.000000000000000001", "1.5", "2",
            "10000000000000000000000000000000000000", "99999999999999999999999999999999999999",
        ].map { ExactDecimal($0)! }
        for (left, smaller) in sorted.enumerated() {
            for (right, larger) in sorted.enumerated() {
                #expect((smaller < larger) == (left < right), "\(smaller) < \(larger)")
            }
        }
    }

    @Test func widestSumsAreExactOrRefused() throws {
        let largest = ExactDecimal("99999999999999999999999999999999999999")!
        let smallest = ExactDecimal("0.000000000000000001")!
        #expect(throws: DecimalError.overflow) { try largest.adding(1) }
        #expect(throws: DecimalError.overflow) { try (-largest).subtracting(1) }
        #expect(throws: DecimalError.overflow) { try largest.adding(smallest) }
        #expect(try largest.adding(-largest) == .zero)
        #expect(try largest.subtracting(1).adding(1) == largest)
        // Both scaled operands leave 128 bits, the difference does not.
        let wide = ExactDecimal("20000000000000000000")!
        let fraction = ExactDecimal("99999999999999999999.999999999999999999")!
        #expect(try fraction.subtracting(wide).description == "79999999999999999999.999999999999999999")
        #expect(try wide.subtracting(fraction).description == "-79999999999999999999.999999999999999999")
    }

    @Test func productsAreExactOrRefused() throws {
        let large = ExactDecimal("10000000000000000000")!
        #expect(throws: DecimalError.overflow) { try large.multiplied(by: large) }
        #expect(throws: DecimalError.overflow) { try ExactDecimal("1e37")!.multiplied(by: ExactDecimal("1e37")!) }
        let tiny = ExactDecimal("0.000000000000000001")!
        #expect(throws: DecimalError.inexact) { try tiny.multiplied(by: tiny) }
        #expect(throws: DecimalError.inexact) { try tiny.multiplied(by: ExactDecimal("0.1")!) }
        // Digits that cancel make room: the scale is 19 on the way.
        #expect(try ExactDecimal("0.000000000000000002")!.multiplied(by: ExactDecimal("0.5")!) == tiny)
        #expect(try ExactDecimal("1e37")!.multiplied(by: tiny).description == "10000000000000000000")
        #expect(
            try ExactDecimal("0.99999999999999999")!.multiplied(by: ExactDecimal("1e37")!).description
                == "9999999999999999900000000000000000000")
    }

    @Test func quotientsAreRoundedOrRefused() throws {
        #expect(throws: DecimalError.divisionByZero) {
            try ExactDecimal(1).divided(by: 0, scale: 2, rounding: .halfUp)
        }
        #expect(throws: DecimalError.overflow) {
            try ExactDecimal("1e37")!.divided(by: ExactDecimal("1e-18")!, scale: 0, rounding: .halfUp)
        }
        #expect(try ExactDecimal(1).divided(by: 3, scale: 18, rounding: .halfUp).description == "0.333333333333333333")
        #expect(try ExactDecimal(2).divided(by: -3, scale: 4, rounding: .halfUp).description == "-0.6667")
        #expect(try ExactDecimal(0).divided(by: 7, scale: 2, rounding: .up) == .zero)
        // The divisor, brought to the scale, has 55 digits.
        let large = ExactDecimal("99999999999999999999999999999999999999")!
        let tiny = ExactDecimal("0.000000000000000003")!
        #expect(try tiny.divided(by: large, scale: 0, rounding: .down) == .zero)
        #expect(try tiny.divided(by: large, scale: 0, rounding: .up) == 1)
        #expect(try tiny.divided(by: -large, scale: 0, rounding: .floor) == -1)
        // So has the dividend here.
        #expect(
            try ExactDecimal("12345678901234567890")!.divided(
                by: ExactDecimal("1.000000000000000001")!, scale: 18, rounding: .down
            ).description == "12345678901234567877.654321098765432122")
    }

    @Test func operatorsAreTheExactOperations() {
        let price = ExactDecimal("47.25")!
        #expect(price * 3 + 1 - ExactDecimal("0.75")! == 142)
        #expect(-price < 0)
        #expect(price.magnitude == (-price).magnitude)
        #expect([price, price, 1].reduce(.zero, +).description == "95.5")
    }
}
