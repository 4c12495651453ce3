import Categorization
import TestSupport
import Testing

@Suite struct BoundedRegexTests {
    @Test(arguments: [
        ("uber|lyft", "LYFT ride", true), ("^uber", "my uber", false), ("uber$", "my uber", true),
        ("\\buber\\b", "ubereats", false), ("\\buber\\b", "an Uber ride", true), ("\\Buber", "xuber", true),
        ("a{2,3}b", "xab", false), ("a{2,3}b", "xaaab", true), ("^a{2}$", "aaa", false), ("^a{0,2}$", "", true),
        ("[A-Z]\\d+", "store x12", true), ("[^a-z ]", "abc def", false), ("[]x]", "]", true), ("[a\\-z]", "-", true),
        ("colou?r", "COLOR", true), ("(ab)+c", "xababc", true), ("a.c", "a\nc", false), ("a\\.c", "abc", false),
        ("", "anything", true), ("()", "", true), ("(a*)*b", "aaaab", true), ("(?i)ÁRBOL", "árbol", true),
        ("x{,3}", "x{,3}", true), ("\\s\\S\\w\\W", "a bc!", true), ("^$", "", true), ("a|", "b", true),
        ("\\A\\d\\z", "7", true),
    ])
    func findsWhatTheExpressionMeans(expression: String, text: String, expected: Bool) throws {
        #expect(try BoundedRegex(expression).matches(text) == expected)
    }

    @Test(arguments: [
        ("(", "the expression ends where \")\" was expected"),
        (")", "\")\" is not allowed at character 0"),
        ("a)", "\")\" is not allowed at character 1"),
        ("[a", "the expression ends where \"]\" was expected"),
        ("*a", "\"*\" is not allowed at character 0"),
        ("a**", "\"*\" is not allowed at character 2"),
        ("a{3,2}", "\"{\" is not allowed at character 1"),
        ("a{999}", "a count above 255 at character 1 is not supported"),
        ("(?=a)", "look-ahead at character 0 is not supported"),
        ("(?<=a)b", "look-behind or a named group at character 0 is not supported"),
        ("(?>a)", "an atomic group at character 0 is not supported"),
        ("(a)\\1", "a back-reference at character 3 is not supported"),
        ("a++", "a possessive quantifier at character 1 is not supported"),
        ("[[:alpha:]]", "a named class at character 1 is not supported"),
        ("[z-a]", "\"-\" is not allowed at character 2"),
        ("\\", "the expression ends where a character after \"\\\" was expected"),
        ("\\q", "\"\\q\" at character 0 is not supported"),
        ("(a{100}){100}", "the expression needs more than 1000 states; shorten its counted repetitions"),
    ])
    func refusesWithTheReason(expression: String, message: String) {
        let error = #expect(throws: RegexError.self) { try BoundedRegex(expression) }
        #expect(error?.description == message)
    }

    @Test func deepNestingIsRefusedAndDoesNotEndTheStack() {
        #expect(throws: RegexError.self) { try BoundedRegex(String(repeating: "(", count: 10_000)) }
    }

    /// What hangs other engines takes as many steps as any text of its length.
    @Test(arguments: ["(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*a){12}", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$"])
    func stepsGrowWithTheTextOnly(expression: String) throws {
        let regex = try BoundedRegex(expression)
        for length in [10, 100, 1000, 5000] {
            let text = String(repeating: "a", count: length) + "!"
            #expect(regex.steps(searching: text) <= (length + 2) * regex.states)
        }
    }

    /// Random expressions against the regular expressions of Swift's library.
    @Test func agreesWithTheLibrarysEngine() throws {
        var random = SeededGenerator(seed: 11)
        func expression(_ depth: Int) -> String {
            let atom: String
            switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
            case 0, 1: atom = ["a", "b", "c"].randomElement(using: &random) ?? "a"
            case 2: atom = "[ab]"
            case 3: atom = "."
            case 4: atom = "[^a]"
            case 5: atom = "(" + expression(depth - 1) + ")"
            case 6: atom = "(?:" + expression(depth - 1) + "|" + expression(depth - 1) + ")"
            default: atom = "^|\\bc"
            }
            let grouped = atom.count == 1 || atom.hasPrefix("[") || atom.hasPrefix("(") ? atom : "(?:" + atom + ")"
            let suffix = ["", "", "", "*", "+", "?", "{1,2}"].randomElement(using: &random) ?? ""
            let rest = Bool.random(using: &random) && depth > 0 ? expression(depth - 1) : ""
            return grouped + suffix + rest
        }
        var hits = 0
        for _ in 0..<400 {
            let source = expression(2)
            let ours = try BoundedRegex(source)
            let theirs = try Regex(source)
            for _ in 0..<10 {
                let text = String(
                    (0..<Int.random(in: 0...7, using: &random)).map { _ in "abc ".randomElement(using: &random) ?? "a" }
                )
                let expected = text.firstMatch(of: theirs) != nil
                #expect(ours.matches(text) == expected, "\(source) on \"\(text)\"")
                if expected { hits += 1 }
            }
        }
        #expect(hits > 500)
    }
}
