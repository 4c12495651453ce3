import Glibc
import TestSupport
import Testing

@testable import Linux

@Suite struct ProgramAnswerTests {
    private let patience = Duration.seconds(60)

    init() { Signals.ignoreBrokenPipes() }

    @Test func whatAProgramSaysAndHowItEnded() async throws {
        let answer = try await ProgramAnswer.of(["sh", "-c", "echo well; echo but >&2; exit 3"], within: patience)
        #expect(answer == ProgramAnswer(status: .exited(3), output: "well\n", errors: "but\n"))
        #expect(try await ProgramAnswer.output(of: ["echo", "a'b"], within: patience) == "a'b\n")
    }

    @Test func oneThatHasToSucceedAndDoesNotSaysWhy() async throws {
        let failed = try await #require(throws: ProgramAnswer.Failed.self) {
            try await ProgramAnswer.output(of: ["sh", "-c", "echo no >&2; exit 4"], within: .seconds(60))
        }
        #expect("\(failed)" == "sh ended with exit code 4: no")
    }

    @Test func oneThatIsNotThereIsNamed() async throws {
        let error = try await #require(throws: SystemError.self) {
            try await ProgramAnswer.of(["no-such-program-of-any-system"], within: .seconds(60))
        }
        #expect(error.number == ENOENT)
    }

    /// More than a pipe holds, both ways at once.
    @Test func whatItIsGivenComesBack() async throws {
        let input = (0..<500_000).map { UInt8(0x20 + $0 % 0x40) }
        let answer = try await ProgramAnswer.of(["cat"], input: input, within: patience)
        #expect(answer.status.isSuccess && Array(answer.output.utf8) == input)
        #expect(try await ProgramAnswer.of(["true"], input: input, within: patience).status.isSuccess)
    }

    @Test func whatIsTooMuchIsLeftOutAndDoesNotHoldItUp() async throws {
        let answer = try await ProgramAnswer.of(
            ["sh", "-c", "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; echo >&2; exit 5"],
            within: patience,
            keeping: 1000)
        #expect(answer.status == .exited(5) && answer.output.utf8.count == 1000 && answer.errors.utf8.count == 1000)
    }

    @Test func oneThatDoesNotEndIsKilledWithWhatItStarted() async throws {
        let folder = TemporaryDirectory()
        let time = ManualTime()
        let script = "sleep 1000 & echo $! >\"$0\"; wait"
        let file = folder.file("pid")
        let answer = Task { try await ProgramAnswer.of(["sh", "-c", script, file], within: .seconds(5), time: time) }
        let pid = try await started(file)
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(6))
        let late = await #expect(throws: ProgramAnswer.Late.self) { try await answer.value }
        #expect(late.map { "\($0)" } == "sh did not end within 5s")
        try await eventually("what it started is gone") { ProcessTable.entry(of: pid)?.isZombie != false }
    }

    @Test func whoIsCancelledLeavesNothingBehind() async throws {
        let folder = TemporaryDirectory()
        let file = folder.file("pid")
        let answer = Task {
            try await ProgramAnswer.of(["sh", "-c", "echo $$ >\"$0\"; sleep 1000", file], within: patience)
        }
        let pid = try await started(file)
        answer.cancel()
        await #expect(throws: CancellationError.self) { try await answer.value }
        try await eventually("it is gone") { ProcessTable.entry(of: pid)?.isZombie != false }
    }

    /// What outlives it elsewhere, with its output in its hands, is not waited for.
    @Test func whatLeftItsGroupHoldsNothingUp() async throws {
        let answer = try await ProgramAnswer.of(["sh", "-c", "setsid sleep 10 & echo well"], within: patience)
        #expect(answer.output == "well\n")
    }

    private func started(_ file: String) async throws -> Int32 {
        let pid = Watched<Int32?>(nil)
        try await eventually("it has started") {
            pid.update { $0 = text(of: file).flatMap { Int32($0.filter(\.isNumber)) } }
            return pid.value != nil
        }
        return try #require(pid.value)
    }
}
