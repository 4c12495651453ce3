import JSONCodec
import Linux
import MillraceProtocol

/// What the end of a command means for its attempt.
///
/// | end | status, reason | beside it |
/// | --- | --- | --- |
/// | exit 0, nothing written | no result | |
/// | exit 0, JSON | the result | |
/// | exit 0, not JSON | `INTERNAL` `command.output` | names the byte |
/// | exit 75 | `UNAVAILABLE` `command.tryAgain` | last line of stderr; `retryAfterMs` of the object it wrote |
/// | exit 75, `{"snoozeMs": N}` | `UNAVAILABLE` `job.snoozed` | last line of stderr; `retryAfterMs` N |
/// | other exit | `INTERNAL` `command.exit` | last line of stderr; `error` of the object it wrote |
/// | a signal not ours | `ABORTED` `command.signal` | counts as a lost worker |
/// | could not start | `FAILED_PRECONDITION` `command.cannotStart` | `UNAVAILABLE` where the machine is short of something |
/// | too much written | `INTERNAL` `command.outputTooLong` | |
/// | too slow | `DEADLINE_EXCEEDED` `command.timeout` | `partial` |
/// | cancelled | `CANCELLED` `command.cancelled` | `partial` |
/// | runner stops | `UNAVAILABLE` `service.stopping` | |
///
/// `partial` is what it had written, if that is one JSON object: what was done so far. A command that ends well although
/// it was asked to stop is cancelled all the same.
enum CommandAnswer {
    /// The exit code of a command that may succeed later: EX_TEMPFAIL of sysexits.h.
    static let tryAgain: Int32 = 75

    /// - Parameters:
    ///   - stop: why we ended it; nil when it ended by itself.
    ///   - lastLine: the last it wrote to stderr; empty when it wrote nothing.
    static func result(
        _ exit: ExitStatus, stop: CommandStop?, output: [UInt8], lastLine: String
    ) -> Result<JSONRaw?, RPCError> {
        if let stop { return .failure(failure(stop, output)) }
        let said = lastLine.isEmpty ? "" : ": \(lastLine)"
        switch exit {
        case .exited(0): return success(output)
        case .exited(tryAgain):
            var error = later(output)
            error.message += said
            return .failure(error)
        case .exited(let code):
            var error = RPCError(.internal, "exit status \(code)\(said)", reason: "command.exit")
            if let told = object(output)?.first(where: { $0.name == "error" }) {
                error.details = details(told.name, told.value)
            }
            return .failure(error)
        case .signalled(let number):
            let hint = number == 9 ? ", as the kernel does when memory runs out" : ""
            return .failure(
                RPCError(.aborted, "the command was ended by \(exit)\(hint)", reason: "command.signal"))
        }
    }

    static func cannotStart(_ program: String, _ error: SystemError) -> RPCError {
        // EAGAIN, ENOMEM, ENFILE, EMFILE, ETXTBSY: there may be room later.
        let isPassing = ["EAGAIN", "ENOMEM", "ENFILE", "EMFILE", "ETXTBSY"].contains(error.name)
        return RPCError(
            isPassing ? .unavailable : .failedPrecondition, "cannot start \(program): \(error)",
            reason: "command.cannotStart")
    }

    private static func success(_ output: [UInt8]) -> Result<JSONRaw?, RPCError> {
        if output.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) { return .success(nil) }
        do throws(JSONError) {
            return .success(try JSONRaw(validating: output))
        } catch {
            return .failure(
                RPCError(
                    .internal,
                    "what the command wrote is not one JSON value: \(error.message) at byte \(error.offset)",
                    reason: "command.output"))
        }
    }

    private static func later(_ output: [UInt8]) -> RPCError {
        let members = object(output) ?? []
        func number(_ name: String) -> Int? {
            guard let raw = members.first(where: { $0.name == name })?.value else { return nil }
            do throws(JSONError) {
                let number: Int = try raw.decode()
                return number >= 0 ? number : nil
            } catch {
                return nil
            }
        }
        if let pause = number("snoozeMs") {
            return RPCError(
                .unavailable, "the command asks to be called again", reason: "job.snoozed",
                retryAfterMs: pause)
        }
        return RPCError(
            .unavailable, "the command asks to be tried again (exit status 75)",
            reason: "command.tryAgain",
            retryAfterMs: number("retryAfterMs"))
    }

    private static func failure(_ stop: CommandStop, _ output: [UInt8]) -> RPCError {
        var error =
            switch stop {
            case .cancelled:
                RPCError(.cancelled, "the command was cancelled", reason: "command.cancelled")
            case .timedOut(let limit):
                RPCError(
                    .deadlineExceeded, "the command ran longer than \(limit.milliseconds) ms",
                    reason: "command.timeout"
                )
            case .outputTooLong(let limit):
                RPCError(
                    .internal, "the command wrote more than \(limit) bytes; the kind may allow more",
                    reason: "command.outputTooLong")
            case .stopping:
                RPCError(.unavailable, "the runner stops", reason: RPCError.Reason.stopping)
            }
        switch stop {
        case .cancelled, .timedOut:
            if object(output) != nil, let partial = try? JSONRaw(validating: output) {
                error.details = details("partial", partial)
            }
        case .outputTooLong, .stopping: break
        }
        return error
    }

    private static func details(_ name: String, _ value: JSONRaw) -> JSONRaw {
        var json = JSONWriter()
        json.object { $0.member(name, value) }
        return JSONRaw(unchecked: json.bytes)
    }

    /// The members of one JSON object; nil when the bytes are anything else.
    private static func object(_ bytes: [UInt8]) -> [(name: String, value: JSONRaw)]? {
        var members: [(name: String, value: JSONRaw)] = []
        do throws(JSONError) {
            var json = try JSONReader(bytes.span)
            try json.object { name, json throws(JSONError) in members.append((name, try json.raw())) }
            try json.finish()
        } catch {
            return nil
        }
        return members
    }
}
