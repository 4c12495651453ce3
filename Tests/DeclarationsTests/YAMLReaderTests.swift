import Declarations
import TestSupport
import Testing

struct YAMLReaderTests {
    @Test func everyNodeKnowsItsPlace() throws {
        let (root, problems) = read("# a comment\nnäme: 'x: y'\nlist:\n  - 1\n  - {a: |\n      }\n")
        #expect(root == nil && problems.count == 1)

        let (tree, none) = read("# c\nnäme: 'x: y'\nlist:\n  - 1\n  - {ä: b, c: \"d\"}\ntext: |\n  one\n  two\n")
        #expect(none == [])
        guard case .mapping(let entries) = try #require(tree).content else { throw TestFailure("no mapping") }
        #expect(entries.map(\.key) == ["näme", "list", "text"])
        #expect(entries[0].value == YAMLNode(.scalar(YAMLScalar("x: y", .quoted)), line: 2, column: 7))
        guard case .sequence(let items) = entries[1].value.content else { throw TestFailure("no list") }
        #expect(items[0] == YAMLNode(.scalar(YAMLScalar("1")), line: 4, column: 5))
        guard case .mapping(let inner) = items[1].content else { throw TestFailure("no mapping") }
        #expect(inner[1].keyLine == 5 && inner[1].keyColumn == 12 && inner[1].value.column == 15)
        #expect(entries[2].value.content == .scalar(YAMLScalar("one\ntwo\n", .block)))
    }

    @Test(arguments: ["", "\n\n", "# nothing\n", "---\n", "---\n# nothing\n...\n", "~", "\u{FEFF}# bom\n"])
    func aFileWithoutContentIsEmptyAndNoProblem(text: String) {
        let (root, problems) = read(text)
        #expect(root == nil && problems == [])
    }

    @Test func aByteOrderMarkDoesNoHarm() {
        let (root, problems) = read("\u{FEFF}a: 1\n")
        #expect(root != nil && problems == [])
    }

    @Test(arguments: [
        ("a: 1\nb: &x 2\n", "x.yaml:2:4: b: anchors (&name) are not used here; remove it"),
        ("a: [*x]\n", "x.yaml:1:5: a[0]: aliases (*name) are not used here; write the value out"),
        ("a: !!str 5\n", "x.yaml:1:4: a: tags (!name) are not used here; remove it"),
        ("a: !<tag:x,1:y> {b: 1}\n", "x.yaml:1:4: a: tags (!name) are not used here; remove it"),
        ("a: 1\nb: {c: 1, c: 2}\n", "x.yaml:2:11: b.c: the key stands here again, first in line 2; keep one of them"),
        ("a: 1\n\"a\": 2\n", "x.yaml:2:1: a: the key stands here again, first in line 1; keep one of them"),
        (
            "a: 1\n---\nb: 1\n",
            "x.yaml:2:1: a second document begins here; give it a file of its own and remove the ---"
        ),
        ("<<: {a: 1}\n", "x.yaml:1:1: keys cannot be merged (<<) here; write them out"),
        ("? [a]\n: 1\n", "x.yaml:1:3: a key has to be a text; write it before the colon"),
        ("b:\n  ? \n  : 1\n", "x.yaml:2:4: b: a key has to be a text; write it before the colon"),
        ("null: 1\n", "x.yaml:1:1: a key has to be a text; write it before the colon"),
        ("a: \"x\\0y\"\n", "x.yaml:1:4: a: the text holds a zero byte; remove the \\0"),
    ])
    func whatIsHardToReviewIsRefusedAndTheRestIsRead(text: String, problem: String) {
        let (root, problems) = read(text)
        #expect(root != nil)
        #expect(problems == [problem])
    }

    @Test func allOfAFileIsToldAtOnce() {
        let (_, problems) = read("a: &x 1\nb: *x\nc: !t 1\na: 2\n")
        #expect(problems.map { $0.prefix(10) } == ["x.yaml:1:4", "x.yaml:2:4", "x.yaml:3:4", "x.yaml:4:1"])
    }

    @Test(arguments: [
        ("a: b: c\n", "x.yaml:1:5: ", "in quotes"),
        ("a:\n\t- b\n", "x.yaml:2:1: ", "indent with spaces"),
        ("a: [1, 2\nb: 3\n", "x.yaml:2:2: ", "close the bracket"),
        ("a: 'x\n", "x.yaml:2:1: ", "close the quotes"),
        // Found by `fuzz-yaml`: in a last line without an end the place was that of the next line.
        ("a:\n  b: {c: 1, at söm", "x.yaml:2:19: ", "close the bracket"),
        ("a: [b,\u{85}cd", "x.yaml:2:3: ", "close the bracket"),
        ("a: @x\n", "x.yaml:1:4: ", "put the text in quotes"),
        ("a: \"\\q\"\n", "x.yaml:1:5: ", "single quotes"),
        ("a: 1\n  b: 2\n", "x.yaml:2:4: ", "indent"),
        ("a: 1\nb\n", "x.yaml:3:1: ", "end each key with a colon"),
        ("- a\nb: 1\n", "x.yaml:2:1: ", "indent"),
        ("%FOO\na\n", "x.yaml:1:5: ", "directive"),
    ])
    func whatIsNoYAMLIsToldWithPlaceAndAdvice(text: String, place: String, advice: String) {
        let (root, problems) = read(text)
        #expect(root == nil && problems.count == 1)
        let problem = problems.first ?? ""
        #expect(problem.hasPrefix("\(place)this is no YAML: ") && problem.contains(advice), "\(problem)")
    }

    /// Found by `fuzz-yaml`: a value that is left out there was said to be in the next line.
    @Test func whatIsLeftOutInALastLineWithoutAnEndIsAtItsEnd() throws {
        let (root, problems) = read("a: 1\n? inherit")
        guard case .mapping(let entries) = root?.content else { throw TestFailure("\(problems)") }
        let value = try #require(entries.last?.value)
        #expect(value.isNull && value.line == 2 && value.column == 10)
    }

    @Test func thirtyTwoLevelsAreReadAndNoMore() {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(read(nested(32)).problems == [])
        #expect(read(nested(33)).problems == ["x.yaml:1:33: this is nested more than 32 deep; nothing here has to be"])
        let mappings = (0..<40).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(read(mappings + String(repeating: " ", count: 40) + "a: 1\n").root == nil)
    }
}
