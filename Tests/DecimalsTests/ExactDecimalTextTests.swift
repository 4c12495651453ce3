import Decimals
import Foundation
import TestSupport
import Testing

struct ExactDecimalTextTests {
    static let canonical: [(String, String)] = [
        ("0", "0"), ("-0", "0"), ("0.000", "0"), ("0e999999999999", "0"), ("-0E-400", "0"),
        ("1", "1"), ("-1", "-1"), ("10", "10"), ("100.00", "100"), ("1.50", "1.5"), ("47.25", "47.25"),
        ("-0.5", "-0.5"), ("0.05", "0.05"), ("0.10", "0.1"), ("1e3", "1000"), ("1E+3", "1000"), ("2.50E-2", "0.025"),
        ("1500e-3", "1.5"), ("0.000000000000000001", "0.000000000000000001"), ("1e-18", "0.000000000000000001"),
        ("1000e-21", "0.000000000000000001"), ("0.001e21", "1000000000000000000"),
        ("1.0000000000000000000000000000000000000000000000000000", "1"),
        ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ("-99999999999999999999.999999999999999999", "-99999999999999999999.999999999999999999"),
        ("1e37", "10000000000000000000000000000000000000"),
        ("0.00000000000000000000000000000000000000000001e44", "1"),
    ]

    @Test(arguments: canonical)
    func numbersHaveOneCanonicalForm(_ text: String, _ expected: String) throws {
        #expect(try #require(ExactDecimal(text)).description == expected)
    }

    @Test(arguments: [
        "", " ", "-", "+1", "01", "-01", "00", ".5", "1.", "-.5", "1.e3", "1e", "1e+", "1e-", "1e1.5", "1 ", " 1",
        "1,5",
        "0x10", "NaN", "inf", "Infinity", "--1", "1-", "1.2.3", "1e2e3", "١", "1_000", "1\u{0}", "e5",
    ])
    func whatIsNoJSONNumberIsRefused(_ text: String) {
        #expect(ExactDecimal(text) == nil)
    }

    @Test(arguments: [
        "100000000000000000000000000000000000000", "1e38", "-1e38", "1e1000000000000", "9.9e38",
        "0.0000000000000000001", "1e-19", "1.5e-18", "123456789.1234567890123456789",
        "999999999999999999999.999999999999999999", "123456789012345678901234567890123456789",
        "1000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
    ])
    func whatDoesNotFitExactlyIsRefused(_ text: String) {
        #expect(ExactDecimal(text) == nil)
    }

    @Test func equalNumbersAreEqualAndHashAlike() throws {
        let forms = ["1.5", "1.50", "15e-1", "0.15e1", "1.500000000000000000000"].map { ExactDecimal($0)! }
        #expect(Set(forms).count == 1)
        #expect(Set(forms.map(\.hashValue)).count == 1)
        #expect(ExactDecimal(coefficient: 150, scale: 2) == ExactDecimal(coefficient: 15, scale: 1))
        #expect(ExactDecimal(coefficient: 0, scale: 7) == .zero)
        #expect(ExactDecimal("1.5") != ExactDecimal("1.51"))
        #expect(ExactDecimal("1.5") != ExactDecimal("-1.5"))
    }

    @Test func descriptionsReadBackAsTheSameNumber() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let number = ExactDecimal.random(digits: 38, places: 18, using: &random)
            #expect(ExactDecimal(number.description) == number)
        }
    }

    @Test func foundationReadsTheSameNumber() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<5_000 {
            let text = ExactDecimal.randomText(using: &random)
            let ours = ExactDecimal(text)
            #expect(ours.flatMap { Decimal(string: $0.description) } == Decimal(string: text), "\(text)")
        }
    }

    @Test func integersComeBackAsIntegers() {
        #expect(ExactDecimal("12.00")!.integer == 12)
        #expect(ExactDecimal("12.01")!.integer == nil)
        #expect(ExactDecimal("9223372036854775807")!.integer == .max)
        #expect(ExactDecimal("-9223372036854775808")!.integer == .min)
        #expect(ExactDecimal("9223372036854775808")!.integer == nil)
        #expect(ExactDecimal(UInt64.max).description == "18446744073709551615")
        let literal: ExactDecimal = -42
        #expect(literal.description == "-42")
    }
}

extension ExactDecimal {
    /// A number with up to so many digits and places, all lengths alike likely.
    static func random(digits: Int, places: Int, using random: inout SeededGenerator) -> ExactDecimal {
        var coefficient: Int128 = 0
        for _ in 0..<Int.random(in: 1...digits, using: &random) {
            coefficient = coefficient * 10 + Int128(Int.random(in: 0...9, using: &random))
        }
        if Bool.random(using: &random) { coefficient = -coefficient }
        return ExactDecimal(coefficient: coefficient, scale: Int.random(in: 0...places, using: &random))
    }

    /// A JSON number of at most 30 digits and an exponent that leaves at most 18 places and 38 digits.
    static func randomText(using random: inout SeededGenerator) -> String {
        func digits(_ count: Int) -> String {
            (0..<count).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
        }
        var text = Bool.random(using: &random) ? "-" : ""
        text += String(Int.random(in: 1...9, using: &random)) + digits(Int.random(in: 0...15, using: &random))
        if Bool.random(using: &random) { text += "." + digits(Int.random(in: 1...10, using: &random)) }
        if Bool.random(using: &random) { text += "e" + String(Int.random(in: -8...12, using: &random)) }
        return text
    }
}
