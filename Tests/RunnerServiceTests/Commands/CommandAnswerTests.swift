import JSONCodec
import Linux
import MillraceProtocol
import Testing

@testable import RunnerService

@Suite struct CommandAnswerTests {
    @Test(arguments: ["", "\n", " \t\r\n"])
    func nothingWrittenIsNoResult(output: String) throws {
        #expect(try answer(.exited(0), output).get() == nil)
    }

    @Test func whatIsWrittenIsTheResult() throws {
        #expect(try answer(.exited(0), "{\"a\": [1, 2]}\n").get()?.text == "{\"a\": [1, 2]}")
        #expect(try answer(.exited(0), " null ").get()?.text == "null")
    }

    @Test(arguments: [("{\"a\": nul}", 6), ("{} {}", 3), ("done", 0), ("{\"a\":1", 6)])
    func whatIsNotJSONFailsAtItsByte(output: String, offset: Int) {
        let error = failure(.exited(0), output)
        #expect(error?.reason == "command.output" && error?.status == .internal)
        #expect(error?.message.hasSuffix(" at byte \(offset)") == true)
        #expect(error?.status?.isTransient == false)
    }

    @Test func exit75AsksForAnotherTry() {
        let plain = failure(.exited(75), "not json")
        #expect(
            plain?.reason == "command.tryAgain" && plain?.status == .unavailable
                && plain?.retryAfterMs == nil)
        #expect(plain?.message == "the command asks to be tried again (exit status 75)")
        #expect(
            failure(.exited(75), "", lastLine: "the export is not there")?.message.hasSuffix(
                "75): the export is not there") == true)
        #expect(failure(.exited(75), "{\"retryAfterMs\": 2500}")?.retryAfterMs == 2500)
        #expect(failure(.exited(75), "{\"retryAfterMs\": -1}")?.retryAfterMs == nil)
        #expect(failure(.exited(75), "{\"retryAfterMs\": \"soon\"}")?.retryAfterMs == nil)
    }

    @Test func aSnoozeIsToldApart() {
        let error = failure(.exited(75), "{\"snoozeMs\": 60000, \"retryAfterMs\": 1}")
        #expect(error?.reason == "job.snoozed" && error?.retryAfterMs == 60_000)
        let said = failure(.exited(75), "{\"snoozeMs\": 60000}", lastLine: "not yet")
        #expect(said?.message == "the command asks to be called again: not yet")
    }

    @Test func anotherExitFailsForGood() {
        let error = failure(.exited(3), "", lastLine: "no such month")
        #expect(error?.message == "exit status 3: no such month" && error?.reason == "command.exit")
        #expect(error?.status?.isTransient == false && error?.details == nil)
        #expect(failure(.exited(4), "")?.message == "exit status 4")
    }

    @Test func theErrorOfTheObjectItWroteIsPassedOn() {
        let error = failure(.exited(3), "{\"error\": {\"code\": 7}, \"other\": 1}")
        #expect(error?.details?.text == "{\"error\":{\"code\": 7}}")
        #expect(failure(.exited(3), "[{\"error\": 1}]")?.details == nil)
    }

    @Test func aSignalIsTheLossOfAWorker() {
        let error = failure(.signalled(9), "{}")
        #expect(error?.reason == "command.signal" && error?.status == .aborted)
        #expect(
            error?.message.contains("signal 9 (SIGKILL), as the kernel does when memory runs out") == true
        )
        #expect(failure(.signalled(11), "")?.message == "the command was ended by signal 11 (SIGSEGV)")
    }

    @Test func whatWasDoneBeforeTheCancellationIsKept() {
        for stop in [CommandStop.cancelled, .timedOut(after: .milliseconds(50))] {
            for exit in [Linux.ExitStatus.exited(0), .exited(3), .exited(75), .signalled(15)] {
                let error = failure(exit, "{\"done\": 3}", stop: stop)
                #expect(error?.status == (stop == .cancelled ? .cancelled : .deadlineExceeded))
                #expect(error?.details?.text == "{\"partial\":{\"done\": 3}}")
                #expect(failure(exit, "{\"done\": ", stop: stop)?.details == nil)
                #expect(failure(exit, "[1]", stop: stop)?.details == nil)
            }
        }
        #expect(failure(.signalled(9), "", stop: .cancelled)?.reason == "command.cancelled")
        #expect(
            failure(.signalled(9), "", stop: .timedOut(after: .seconds(2)))?.reason == "command.timeout")
    }

    @Test func stoppingTheRunnerIsNotTheCommandsFault() {
        let error = failure(.signalled(15), "", stop: .stopping)
        #expect(error?.status == .unavailable && error?.reason == "service.stopping")
    }

    @Test func whetherALaterStartMayWorkIsTold() {
        let gone = CommandAnswer.cannotStart("/x", SystemError(number: 2, call: "spawn /x"))
        #expect(gone.status == .failedPrecondition && gone.reason == "command.cannotStart")
        #expect(gone.message == "cannot start /x: spawn /x: No such file or directory (ENOENT)")
        #expect(
            CommandAnswer.cannotStart("/x", SystemError(number: 24, call: "pipe")).status == .unavailable)
    }

    private func answer(
        _ exit: Linux.ExitStatus, _ output: String, stop: CommandStop? = nil, lastLine: String = ""
    ) -> Result<JSONRaw?, RPCError> {
        CommandAnswer.result(exit, stop: stop, output: Array(output.utf8), lastLine: lastLine)
    }

    private func failure(
        _ exit: Linux.ExitStatus, _ output: String, stop: CommandStop? = nil, lastLine: String = ""
    ) -> RPCError? {
        if case .failure(let error) = answer(exit, output, stop: stop, lastLine: lastLine) {
            error
        } else {
            nil
        }
    }
}
