import Decimals
import Foundation
import JSONCodec
import TestSupport
import Testing

struct ReaderNumberTests {
    private func refusal<T: JSONDecodable>(_ type: T.Type, _ json: String) -> JSONError.Kind? {
        do {
            _ = try JSON.decode(T.self, from: json)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test func integersAreExactToTheLastBit() throws {
        #expect(try JSON.decode(Int64.self, from: "9223372036854775807") == .max)
        #expect(try JSON.decode(Int64.self, from: "-9223372036854775808") == .min)
        #expect(try JSON.decode(UInt64.self, from: "18446744073709551615") == .max)
        #expect(try JSON.decode(Int.self, from: "-0") == 0)
        #expect(try JSON.decode(UInt64.self, from: "-0") == 0)
        #expect(try JSON.decode(Int32.self, from: "-2147483648") == .min)
        #expect(try JSON.decode(UInt32.self, from: "4294967295") == .max)
        #expect(try JSON.decode(Int64.self, from: "9007199254740993") == 9_007_199_254_740_993)
    }

    @Test func oneMoreIsOutOfRange() {
        #expect(refusal(Int64.self, "9223372036854775808") == .outOfRange)
        #expect(refusal(Int64.self, "-9223372036854775809") == .outOfRange)
        #expect(refusal(UInt64.self, "18446744073709551616") == .outOfRange)
        #expect(refusal(UInt64.self, "99999999999999999999") == .outOfRange)
        #expect(refusal(UInt64.self, "100000000000000000000") == .outOfRange)
        #expect(refusal(Int64.self, "1" + String(repeating: "0", count: 500)) == .outOfRange)
        #expect(refusal(UInt64.self, "-1") == .outOfRange)
        #expect(refusal(Int32.self, "2147483648") == .outOfRange)
        #expect(refusal(Int32.self, "-2147483649") == .outOfRange)
        #expect(refusal(UInt32.self, "4294967296") == .outOfRange)
    }

    @Test(arguments: ["1.0", "1e2", "1E0", "-1.5", "0.0"])
    func fractionsAndExponentsAreNotIntegers(_ json: String) {
        #expect(refusal(Int64.self, json) == .wrongType(expected: "integer"))
        #expect(refusal(UInt64.self, json) == .wrongType(expected: "integer"))
    }

    @Test(arguments: [
        "-", "+1", "01", "-01", "00", "1.", ".1", "-.1", "1.e1", "1e", "1e+", "1e-", "1ee1", "1e1.0", "0x1", "1a",
        "NaN",
        "Infinity", "-Infinity", "--1", "- 1", "1 2", "1.2.3", "1,0", "01.5", "-00", "1_0", "٣",
    ])
    func malformedNumbersAreRefusedByEveryRead(_ json: String) {
        let syntax: Set<JSONError.Kind?> = [.syntax, .trailing]
        #expect(syntax.contains(Verdicts(Array(json.utf8)).skip?.kind))
        #expect(syntax.contains(Verdicts(Array(json.utf8)).tree?.kind))
        #expect(syntax.contains(refusal(Double.self, json)))
        #expect(syntax.contains(refusal(ExactDecimal.self, json)))
        #expect(refusal(Int.self, json) != nil)
    }

    @Test func doublesAreTheNearest() throws {
        var random = SeededGenerator(seed: 12)
        for round in 0..<20_000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite else { continue }
            #expect(try JSON.decode(Double.self, from: "\(value)").bitPattern == value.bitPattern)
            // Short decimals take the quick way; the standard library says what is right.
            let digits = Int.random(in: 0..<(round % 2 == 0 ? 1_000_000 : .max), using: &random)
            let text = "\(digits)e\(Int.random(in: -30...30, using: &random))"
            #expect(try JSON.decode(Double.self, from: text) == Double(text)!, "\(text)")
            let plain = "-\(digits / 1000).\(digits % 1000)"
            #expect(try JSON.decode(Double.self, from: plain) == Double(plain)!, "\(plain)")
        }
    }

    @Test func doublesHaveEdges() throws {
        #expect(refusal(Double.self, "1E400") == .outOfRange)
        #expect(refusal(Double.self, "-1e309") == .outOfRange)
        #expect(refusal(Double.self, "1e999999999999999999999") == .outOfRange)
        #expect(try JSON.decode(Double.self, from: "1e-400") == 0)
        #expect(try JSON.decode(Double.self, from: "1e-999999999999999999999") == 0)
        #expect(try JSON.decode(Double.self, from: "0e999999999999999999999") == 0)
        #expect(try JSON.decode(Double.self, from: "-0").sign == .minus)
        #expect(try JSON.decode(Double.self, from: "-0.0").sign == .minus)
        #expect(try JSON.decode(Double.self, from: "1.7976931348623157e308") == .greatestFiniteMagnitude)
        #expect(try JSON.decode(Double.self, from: "5e-324") == .leastNonzeroMagnitude)
        #expect(try JSON.decode(Double.self, from: "2.2250738585072011e-308") == Double("2.2250738585072011e-308"))
        #expect(try JSON.decode(Double.self, from: "9007199254740993") == 9_007_199_254_740_992)
        let long = "0." + String(repeating: "3", count: 400)
        #expect(try JSON.decode(Double.self, from: long) == 1.0 / 3)
    }

    @Test func digitsAndExponentsMakeUpForEachOtherHoweverMany() throws {
        let places = 1_000_004
        let zeros = "0." + String(repeating: "0", count: places)
        #expect(try JSON.decode(Double.self, from: zeros + "7e\(places + 1)") == 7)
        #expect(try JSON.decode(ExactDecimal.self, from: zeros + "7e\(places)").description == "0.7")
        #expect(refusal(Double.self, zeros + "7e\(2 * places)") == .outOfRange)
        #expect(refusal(ExactDecimal.self, zeros + "7e\(2 * places)") == .outOfRange)
        #expect(try JSON.decode(Double.self, from: "1" + String(repeating: "0", count: places) + "e-\(places)") == 1)
    }

    @Test func decimalsNeverPassThroughBinary() throws {
        #expect(try JSON.decode(ExactDecimal.self, from: "0.1").description == "0.1")
        #expect(try JSON.decode(ExactDecimal.self, from: "47.250").description == "47.25")
        #expect(try JSON.decode(ExactDecimal.self, from: "12345678901234567890.123456789012345678").scale == 18)
        #expect(try JSON.decode(ExactDecimal.self, from: "1.5e3").description == "1500")
        #expect(refusal(ExactDecimal.self, "1e-19") == .outOfRange)
        #expect(refusal(ExactDecimal.self, "1e38") == .outOfRange)
        #expect(refusal(ExactDecimal.self, "\"1.5\"") == .wrongType(expected: "number"))
    }

    @Test func numbersMayBeKeptAsWritten() throws {
        var json = try JSONReader(Array(" [ -0.50E+01 ,1 ]".utf8).span)
        var texts: [String] = []
        try json.array { json throws(JSONError) in texts.append(try json.numberText()) }
        try json.finish()
        #expect(texts == ["-0.50E+01", "1"])
    }
}
