import Testing

@testable import Control

@Suite struct ProgramTests {
    @Test func whatASystemsCommandSaysAndHowItEnded() throws {
        let said = try #require(Program.output(of: "sh -c 'echo well; exit 3'"))
        #expect(said.text == "well\n" && said.status == 3)
        #expect(Program.output(of: "no-such-command-of-any-system") == nil)
    }

    @Test func oneThatDoesNotEndIsNotWaitedFor() {
        #expect(Program.output(of: "sleep 1000", within: 1) == nil)
    }

    @Test func whatIsTooMuchIsCutOff() throws {
        let said = try #require(Program.output(of: "sh -c 'head -c 3000000 /dev/zero; exit 0'"))
        #expect(said.text.utf8.count == 1 << 20)
    }
}
