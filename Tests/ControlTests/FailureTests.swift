import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import Testing

@testable import Control

struct FailureTests {
    private let state = Place.state(StateDirectory("/srv/mill state"))

    @Test func aServiceThatIsNotThereIsNamedWithWhatStartsIt() {
        let missing = SystemError(number: ENOENT, call: "connect")
        let local = Caller.unreachable("runner", state, missing)
        #expect(
            local.message == "no runner at /srv/mill state/run/runner.sock: not started? "
                + "try `millctl up --state '/srv/mill state'`")
        #expect(local.exit == .unavailable)
        let system = Caller.unreachable("runner", .system, SystemError(number: ECONNREFUSED, call: "connect"))
        #expect(
            system.message
                == "no runner at /run/millrace/runner.sock: not started? try `systemctl start millrace.target`")
    }

    @Test func aSocketThatIsClosedToTheUserIsNoPermission() {
        let failure = Caller.unreachable("runner", .system, SystemError(number: EACCES, call: "connect"))
        #expect(failure.exit == .noPermission)
        #expect(failure.message.contains("/run/millrace/runner.sock"))
    }

    @Test(arguments: [
        (StatusWord.invalidArgument, Exit.dataError), (.failedPrecondition, .dataError), (.alreadyExists, .dataError),
        (.notFound, .noInput), (.unavailable, .unavailable), (.permissionDenied, .noPermission),
        (.resourceExhausted, .temporaryFailure), (.aborted, .temporaryFailure), (.deadlineExceeded, .temporaryFailure),
        (.cancelled, .temporaryFailure), (.unimplemented, .usage), (.internal, .software), (.dataLoss, .software),
        (StatusWord(rawValue: "NEW_WORD"), .software),
    ])
    func theStatusOfAnAnswerDecidesTheExitCode(status: StatusWord, exit: Exit) {
        #expect(Exit(RPCError(status, "x", reason: "y")) == exit)
    }

    @Test func anUnknownMethodIsWrongUsage() {
        #expect(Exit(RPCError.methodNotFound("job.shwo")) == .usage)
        #expect(
            Failure(RPCError.methodNotFound("job.shwo")).message == "there is no method job.shwo (method.unknown)")
    }

    @Test(arguments: [
        (JobState.succeeded, Int32(0)), (.failed, 1), (.partial, 2), (.cancelled, 3),
    ])
    func theEndOfAJobDecidesTheExitCode(state: JobState, code: Int32) {
        #expect(Exit(state).rawValue == code)
    }

    @Test func everyExitCodeIsExplainedOnce() {
        let codes = Exit.meanings.map(\.0.rawValue)
        #expect(Set(codes).count == codes.count)
        #expect(codes == codes.sorted())
        #expect(Set(codes).isSuperset(of: [0, 1, 2, 3, 64, 65, 66, 69, 70, 75, 77, 78]))
    }

    @Test func anAnswerKeepsItsReasonAndField() {
        var error = RPCError(.invalidArgument, "is no month", reason: "params.invalid", field: "params.month")
        error.retryAfterMs = 1500
        #expect(
            Failure(error).message == "params.month: is no month (params.invalid), try again in 1.5 s")
    }

    @Test func aFaultOfTheServicePointsIntoTheLog() {
        var error = RPCError(.internal, "internal error", reason: "internal")
        error.correlationId = "abc"
        #expect(Failure(error).lines == ["look into the log: millctl logs --correlation abc"])
    }

    @Test func forPeopleItIsTheNameTheMessageAndItsLines() {
        let failure = Failure(.configuration, "runner ended with exit code 78", lines: ["runner | a\u{1B}[2Jb"])
        #expect(failure.text(for: .pipe) == "millctl: runner ended with exit code 78\n  runner | a\u{FFFD}[2Jb")
    }

    @Test func forProgramsItIsOneObjectWithTheAnswerAsItCame() throws {
        let own = try JSON.decode(JSONValue.self, from: JSONOutput.text(Failure(.unavailable, "no runner")))
        #expect(own == ["error": ["message": "no runner"], "exitCode": 69])

        let answer = Failure(RPCError(.notFound, "no job 9", reason: "job.notFound"))
        let json = try JSON.decode(JSONValue.self, from: JSONOutput.text(answer))
        #expect(json["error"]?["data"]?["reason"] == "job.notFound")
        #expect(json["error"]?["message"] == "no job 9")
        #expect(json["exitCode"] == 66)
    }

    @Test(arguments: [
        (ENOENT, Exit.noInput), (EACCES, .noPermission), (ENOSPC, .ioError), (EMFILE, .osError),
    ])
    func aSystemCallThatFailedDecidesTheExitCode(number: Int32, exit: Exit) {
        #expect(Failure(SystemError(number: number, call: "open x")).exit == exit)
    }
}

struct ParamsSourceTests {
    private func source(_ input: String = "") -> ParamsSource {
        ParamsSource(option: "--params") { Array(input.utf8) }
    }

    private func failure(_ text: String, input: String = "") -> Failure? {
        do {
            _ = try source(input).read(text)
            return nil
        } catch {
            return error
        }
    }

    @Test func parametersAreTakenAsTheyStand() throws {
        #expect(
            try source().read(" {\"month\": \"2026-11\", \"n\": 1.50} ").text == "{\"month\": \"2026-11\", \"n\": 1.50}"
        )
    }

    @Test func parametersComeFromStandardInput() throws {
        #expect(try source("[1]\n").read("@-").text == "[1]")
    }

    @Test func whatIsNoJSONIsToldWithItsPlace() {
        let wrong = failure("{\"month\": 2026-11}")
        #expect(wrong?.exit == .dataError)
        #expect(wrong?.message.hasPrefix("--params: not JSON at byte 14: ") == true, "\(wrong?.message ?? "")")
        #expect(failure("@-", input: "nope")?.message.hasPrefix("--params: standard input: not JSON at byte 0") == true)
        #expect(failure("")?.exit == .dataError)
    }

    @Test func aFileThatIsNotThereIsNamed() {
        let missing = failure("@/nowhere/params.json")
        #expect(missing?.exit == .noInput)
        #expect(missing?.message.contains("/nowhere/params.json") == true)
    }

    @Test func whatNoFrameHoldsIsRefusedBeforeItIsSent() {
        let long = failure("@-", input: "\"" + String(repeating: "x", count: ParamsSource.limit) + "\"")
        #expect(long?.exit == .dataError)
        #expect(long?.message.contains("\(16 << 20)") == true)
    }
}
