import Decimals
import Testing

struct RoundingTests {
    static let values = ["2.5", "1.5", "0.5", "1.1", "1.9", "1", "-1", "-1.1", "-1.5", "-1.9", "-2.5", "-0.5", "0"]

    static let expected: [(Rounding, [Int])] = [
        (.up, [3, 2, 1, 2, 2, 1, -1, -2, -2, -2, -3, -1, 0]),
        (.down, [2, 1, 0, 1, 1, 1, -1, -1, -1, -1, -2, 0, 0]),
        (.halfUp, [3, 2, 1, 1, 2, 1, -1, -1, -2, -2, -3, -1, 0]),
        (.halfEven, [2, 2, 0, 1, 2, 1, -1, -1, -2, -2, -2, 0, 0]),
        (.ceiling, [3, 2, 1, 2, 2, 1, -1, -1, -1, -1, -2, 0, 0]),
        (.floor, [2, 1, 0, 1, 1, 1, -1, -2, -2, -2, -3, -1, 0]),
    ]

    @Test(arguments: expected)
    func integersComeOutByTheTable(_ rounding: Rounding, _ expected: [Int]) {
        #expect(
            Self.values.map { ExactDecimal($0)!.rounded(scale: 0, rounding: rounding) }
                == expected.map { ExactDecimal($0) })
    }

    @Test(arguments: expected)
    func quotientsRoundByTheSameTable(_ rounding: Rounding, _ expected: [Int]) throws {
        for (value, result) in zip(Self.values, expected) {
            let quotient = try (ExactDecimal(value)! * 8).divided(by: -8, scale: 0, rounding: rounding.mirrored)
            #expect(quotient == ExactDecimal(-result))
        }
    }

    @Test func aTableForEveryMode() {
        #expect(Set(Self.expected.map(\.0)) == Set(Rounding.allCases))
    }

    @Test func placesAreCountedBehindThePoint() {
        let value = ExactDecimal("1234.5678")!
        #expect(value.rounded(scale: 2, rounding: .halfUp).description == "1234.57")
        #expect(value.rounded(scale: 3, rounding: .down).description == "1234.567")
        #expect(value.rounded(scale: 4, rounding: .up) == value)
        #expect(value.rounded(scale: 18, rounding: .up) == value)
    }

    @Test func negativeScalesRoundToTensAndThousands() {
        let value = ExactDecimal("1234567.8")!
        #expect(value.rounded(scale: -1, rounding: .halfUp) == 1_234_570)
        #expect(value.rounded(scale: -3, rounding: .up) == 1_235_000)
        #expect(value.rounded(scale: -3, rounding: .down) == 1_234_000)
        #expect(ExactDecimal(1000).rounded(scale: -3, rounding: .up) == 1000)
        #expect(ExactDecimal("1000.01")!.rounded(scale: -3, rounding: .up) == 2000)
        #expect(ExactDecimal(-1500).rounded(scale: -3, rounding: .halfEven) == -2000)
        #expect(ExactDecimal(-2500).rounded(scale: -3, rounding: .halfEven) == -2000)
        #expect(ExactDecimal(1).rounded(scale: -37, rounding: .up) == ExactDecimal("1e37"))
        #expect(ExactDecimal(1).rounded(scale: -37, rounding: .halfUp) == 0)
    }

    @Test func tiesAreSeenBehindManyDigits() {
        #expect(ExactDecimal("0.500000000000000001")!.rounded(scale: 0, rounding: .halfEven) == 1)
        #expect(ExactDecimal("0.499999999999999999")!.rounded(scale: 0, rounding: .halfUp) == 0)
        #expect(
            ExactDecimal("99999999999999999999.5")!.rounded(scale: 0, rounding: .halfEven)
                == ExactDecimal("100000000000000000000"))
    }
}

extension Rounding {
    /// What rounds the negated value to the negated result.
    fileprivate var mirrored: Rounding {
        switch self {
        case .ceiling: .floor
        case .floor: .ceiling
        default: self
        }
    }
}
