import TestSupport
import Testing

@testable import KindFiles

struct CommandLineTests {
    @Test(arguments: [
        ("a b  c", ["a", "b", "c"]), (" a\tb\n", ["a", "b"]), ("", []), ("''", [""]), ("a'b c'd", ["ab cd"]),
        (#"'a"$\' "b'c""#, [#"a"$\"#, "b'c"]), (#"a\ b \'"#, ["a b", "'"]), (#""a\"b\\c\d\$""#, [#"a"b\c\d$"#]),
        ("a\\\nb \"c\\\nd\"", ["ab", "cd"]), (#"\$HOME '*' "[?]" a~ b#"#, ["$HOME", "*", "[?]", "a~", "b#"]),
        ("--x='y z' --w=", ["--x=y z", "--w="]), ("{a,b} ^! ä", ["{a,b}", "^!", "ä"]),
    ])
    func aTextIsSplitAsAShellDoesIt(text: String, words: [String]) throws {
        #expect(try CommandLine.words(text) == words)
    }

    @Test(
        arguments: [
            ("a 'b", .unclosed("'")), ("a \"b", .unclosed("\"")), ("\"a\\", .unclosed("\"")),
            ("a\\", .trailingBackslash),
            ("a | b", .special("|")), ("a && b", .special("&")), ("a;b", .special(";")), ("a < b", .special("<")),
            ("(a)", .special("(")), ("$a", .special("$")), ("\"$a\"", .special("$")), ("\"`a`\"", .special("`")),
            ("*.c", .special("*")), ("a?", .special("?")), ("[a]", .special("[")), ("~/x", .special("~")),
            ("a # b", .special("#")),
        ] as [(String, CommandLine.Fault)])
    func whatOnlyAShellCouldDoIsRefused(text: String, fault: CommandLine.Fault) {
        #expect(throws: fault) { try CommandLine.words(text) }
    }

    @Test func wordsThatAreShownAreReadAsTheSame() throws {
        var generator = SeededGenerator(seed: 3)
        let characters = Array("ab/-=.'\"\\$ \n\t*?[]{}~#|&;<>()`ä")
        for _ in 0..<5000 {
            let words = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                String(
                    (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                        characters.randomElement(using: &generator)!
                    })
            }
            #expect(try CommandLine.words(CommandLine.text(words)) == words)
        }
    }
}
