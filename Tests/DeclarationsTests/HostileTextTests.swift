import Declarations
import TestSupport
import Testing

struct HostileTextTests {
    @Test func theBillionLaughsAreNotLaughed() {
        var text = "a0: &a0 [lol, lol]\n"
        for level in 1...30 {
            let names = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(names)]\n"
        }
        let (_, problems) = read(text)
        #expect(problems.count == ProblemList.perFile + 1)
        #expect(problems.first == "x.yaml: there are 201 more problems; mend the others first")
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["[", "{", "- ", "? ", "a: ", "[a,", "\"", "'", "#", "\n", "\u{E4}", "&a ", "*a ", "!"])
    func aMebibyteOfAnythingIsAnsweredSoon(piece: String) {
        let text = String(repeating: piece, count: (1 << 20) / piece.utf8.count)
        let (_, problems) = read(text)
        #expect(problems.count <= ProblemList.perFile + 1)
    }

    @Test func manyKeysAndManyDuplicatesAreAnsweredSoon() {
        let different = (0..<80_000).map { "key\($0): 1\n" }.joined()
        #expect(read(different).problems == [])
        let (_, problems) = decode(different) { $0.fields { _ in 0 } }
        #expect(problems.count == ProblemList.perFile + 1)
        let same = String(repeating: "a: 1\n", count: 200_000)
        #expect(read(same).problems.count == ProblemList.perFile + 1)
    }

    @Test func aKeyThatIsTooLongIsRefused() {
        let key = String(repeating: "k", count: 2000)
        #expect(
            read("? \(key)\n: 1\n").problems == ["x.yaml:1:3: a key is at most 1024 bytes long; write a shorter one"])
    }

    @Test func moreThanAMebibyteIsNotRead() {
        let bytes = [UInt8](repeating: 0x23, count: (1 << 20) + 1)
        #expect(
            read(bytes).problems == [
                "x.yaml: the file is larger than 1 MiB; spread the declarations over several files"
            ])
        #expect(read(Array(bytes.dropLast())).problems == [])
    }

    @Test(arguments: [
        (Array("a: b\nä: ".utf8) + [0xFF], "x.yaml:2:4: the file is not UTF-8 here; save it as UTF-8"),
        ([0xC3], "x.yaml:1:1: the file is not UTF-8 here; save it as UTF-8"),
        ([0xED, 0xA0, 0x80], "x.yaml:1:1: the file is not UTF-8 here; save it as UTF-8"),
        ([0xFF, 0xFE, 0x61, 0x00], "x.yaml:1:1: the file is not UTF-8 here; save it as UTF-8"),
        (Array("a: 1\nb: \u{0}".utf8), "x.yaml:2:4: there is a control character here (U+0000); remove it"),
        (Array("a: \u{1B}[31m".utf8), "x.yaml:1:4: there is a control character here (U+001B); remove it"),
        (Array("a: \u{7F}".utf8), "x.yaml:1:4: there is a control character here (U+007F); remove it"),
        (Array("ää: \u{9F}".utf8), "x.yaml:1:5: there is a control character here (U+009F); remove it"),
        (Array("a: \u{FFFE}".utf8), "x.yaml:1:4: there is a control character here (U+FFFE); remove it"),
        (Array("a: \u{FFFF}".utf8), "x.yaml:1:4: there is a control character here (U+FFFF); remove it"),
    ])
    func bytesThatAreNoTextAreToldWithTheirPlace(bytes: [UInt8], problem: String) {
        let (root, problems) = read(bytes)
        #expect(root == nil && problems == [problem])
    }

    @Test(arguments: ["a: \u{85}", "a: \u{A0}b", "a: \u{E000}", "a: \u{FFFD}", "a: \u{1F600}", "a:\tb", "a: b\r\n"])
    func charactersThatYAMLAllowsAreRead(text: String) {
        #expect(read(text).problems == [])
    }

    @Test func nothingThatIsCutOrChangedCrashesTheReader() {
        let text = "a: [1, {b: 'c', \"d\\n\": e}]\nf: |\n  g\nh: >-\n  i\n? j\n: - k\n  - &l m\nn: !o p # q\n---\n...\n"
        let bytes = Array(text.utf8)
        for end in bytes.indices { _ = read(Array(bytes[..<end])) }
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: changed.indices, using: &generator)
                switch Int.random(in: 0...3, using: &generator) {
                case 0: changed[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: changed[index] = Array("[]{}:,-?&*!|>'\"%@`# \n\t".utf8).randomElement(using: &generator)!
                case 2: changed.insert(contentsOf: changed[index...].prefix(8), at: 0)
                default: changed.removeSubrange(index..<min(index + 3, changed.count - 1))
                }
            }
            for problem in read(changed).problems { #expect(problem.hasPrefix("x.yaml")) }
        }
    }
}
