import Declarations
import Linux
import Testing

struct DeclaredTests {
    enum Colour: String, CaseIterable { case red, green }

    @Test func allProblemsOfAMappingAreCollectedWithPathAndPlace() {
        let text = "kinds:\n- nmae: x\n  size: 5 apples\n  on: yes\n  colour: gren\n  span:\n  none: [1]\n"
        let (_, problems) = decode(text) { root in
            root.fields { fields in
                for item in fields["kinds"]?.items(0...5) ?? [] {
                    _ = item.fields { fields in
                        _ = fields.require("name", "give it one")?.text()
                        _ = fields["size"]?.integer(1...9)
                        _ = fields["on"]?.boolean()
                        _ = fields["colour"]?.choice(Colour.self)
                        _ = fields["span"]?.span(.zero...(.seconds(60)))
                        _ = fields["none"]?.text()
                    }
                }
            }
        }
        #expect(
            problems == [
                "x.yaml:2:3: kinds[0]: name is missing; give it one",
                "x.yaml:2:3: kinds[0].nmae: there is no such key, did you mean name?",
                "x.yaml:3:9: kinds[0].size: has to be a whole number from 1 to 9, not \"5 apples\"",
                "x.yaml:4:7: kinds[0].on: has to be true or false, not \"yes\"",
                "x.yaml:5:11: kinds[0].colour: has to be one of red, green, not \"gren\", did you mean green?",
                "x.yaml:6:8: kinds[0].span: has no value; it has to be a time span from 0s to 1min, such as 90s or "
                    + "5min, or the key goes",
                "x.yaml:7:9: kinds[0].none: has to be a text, not a list",
            ])
    }

    @Test(arguments: [
        ("0", 0), ("-7", -7), ("100", 100), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
    ])
    func integersAreExact(text: String, number: Int) {
        #expect(decode(text) { $0.integer(Int.min...Int.max) }.value == number)
    }

    @Test(arguments: [
        "9223372036854775808", "1.0", "1e3", "0x10", "0o7", "007", "+1", "1_000", "1,000", "one", "'5'", "-", "[1]",
        "٣",
    ])
    func whatIsNoExactIntegerIsRefused(text: String) {
        let (value, problems) = decode(text) { $0.integer(Int.min...Int.max) }
        #expect(value == nil && problems.count == 1)
    }

    @Test func aQuotedNumberIsToldToLoseItsQuotes() {
        #expect(decode("'5'") { $0.integer(1...9) }.problems[0].hasSuffix("not \"5\"; remove the quotes"))
        #expect(decode("'true'") { $0.boolean() }.problems[0].hasSuffix("; remove the quotes"))
        #expect(decode("'0.5'") { $0.number(0...1) }.problems[0].hasSuffix("; remove the quotes"))
    }

    @Test(arguments: ["yes", "no", "on", "off", "True", "FALSE", "y", "1", "0"])
    func onlyTrueAndFalseAreTruthValues(text: String) {
        #expect(decode(text) { $0.boolean() }.problems.count == 1)
        #expect(decode("true") { $0.boolean() }.value == true && decode("false") { $0.boolean() }.value == false)
    }

    @Test func textIsTakenAsItWasWritten() {
        for text in ["no", "5", "027", "1.50", "true", "0x1F", "2026-01-01"] {
            #expect(decode(text) { $0.text() }.value == text)
        }
        #expect(decode("\"\"") { $0.text() }.value == "")
        #expect(decode("[~]") { $0.items(1...1)?[0].text() }.problems.count == 1)
    }

    @Test(arguments: [("0", 0), ("0.2", 0.2), ("1", 1), ("0.125", 0.125)] as [(String, Double)])
    func numbersMayHaveAFraction(text: String, number: Double) {
        #expect(decode(text) { $0.number(0...1) }.value == number)
    }

    @Test(arguments: ["1.1", "-0.1", ".5", "1.", "1e-1", ".inf", ".nan", "nan", "0x1", "01.5", "0.5.1", "0,5"])
    func whatIsNoPlainNumberInTheRangeIsRefused(text: String) {
        let (value, problems) = decode(text) { $0.number(0...1) }
        #expect(value == nil && problems.count == 1)
    }

    @Test func spansAndSizesHaveUnitsAndRanges() {
        #expect(decode("1h 30min") { $0.span(.zero...(.seconds(6000))) }.value == .seconds(5400))
        #expect(decode("30") { $0.span(.zero...(.seconds(6000))) }.value == .seconds(30))
        #expect(decode("2h") { $0.span(.zero...(.seconds(6000))) }.problems.count == 1)
        #expect(decode("512M") { $0.bytes(0...(1 << 30)) }.value == 512 << 20)
        #expect(
            decode("2G") { $0.bytes(1...(1 << 30)) }.problems
                == ["x.yaml:1:1: has to be a size from 1 to 1G, such as 16M, not \"2G\""])
    }

    @Test func aListHasACountAndALongValueIsShownInPart() {
        #expect(
            decode("[]") { $0.items(1...3) }.problems
                == ["x.yaml:1:1: has 0 values; a list of 1 to 3 has to be here"])
        let long = String(repeating: "x", count: 500)
        #expect(decode(long) { $0.boolean() }.problems[0].count < 130)
    }

    @Test func whatWasRefusedAlreadyIsNotToldTwice() {
        let (_, problems) = decode("a: *b\n") { $0.fields { $0["a"]?.integer(1...2) } }
        #expect(problems.count == 1)
    }

    @Test func unknownKeysWithoutANearOneAreToldWhatIsKnown() {
        let (_, problems) = decode("zebra: 1\n") { $0.fields { ($0["b"], $0["a"]) } }
        #expect(problems == ["x.yaml:1:1: zebra: there is no such key; known are a, b"])
    }
}
