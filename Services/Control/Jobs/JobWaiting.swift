import ArgumentParser
import Glibc
import JSONCodec
import Linux
import MillraceProtocol

/// What `--wait` and `job watch` do: show the job until it ends, then its result, and end as it ended.
struct JobWaiting {
    let caller: Caller
    let id: JobID
    let global: GlobalOptions
    /// With `--json`: each change as a line, as `job watch` has it, or the end alone.
    var streams = false
    /// Whether the job ends with this connection.
    var attached = false

    /// - Throws: ``Exit`` for a job that did not succeed.
    func run() async throws {
        let time = SystemTime()
        // With --json standard output is for the document; a person at the terminal still sees the bar.
        let output = global.json ? STDERR_FILENO : STDOUT_FILENO
        let terminal = Terminal(descriptor: output, noColor: global.noColor)
        let display =
            global.json && !terminal.isInteractive ? nil : JobDisplay(terminal: terminal, output: output, time: time)
        Interrupts.say { [id, attached, option = global.place.option] in
            display?.finish(nil)
            Output.error(
                attached
                    ? "millctl: interrupted; job \(id) was attached and is cancelled"
                    : "millctl: interrupted; job \(id) goes on: millctl job watch \(id)\(option)")
        }
        let ticker = Task { [display] in
            while (try? await time.sleep(for: JobDisplay.beat)) != nil { display?.turn() }
        }
        defer { ticker.cancel() }

        let streams = streams && global.json
        let follower = JobFollower(caller: caller, id: id, time: time) { raw in
            if streams { JSONOutput.line(raw) }
            if let progress = try? raw.decode(JobProgress.self) { display?.show(progress) }
        } onAbsence: {
            display?.say("runner is away, waiting for it; job \(id) is on disk")
        }
        let end: Answer<JobDetail>
        do {
            end = try await follower.end()
        } catch {
            display?.finish(nil)
            throw error
        }
        Interrupts.say(nil)
        display?.finish(end.value.job)
        if global.json {
            streams ? JSONOutput.line(end.raw) : JSONOutput.document(end.raw)
        } else {
            Output.lines(Self.summary(of: end.value.job, global.terminal))
        }
        let outcome = Exit(end.value.job.state)
        if outcome != .ok { throw outcome }
    }

    /// How it ended, why if it did not succeed, and its result.
    static func summary(of job: JobView, _ terminal: Terminal) -> [String] {
        var lines = [terminal.paint(JobText.outcome(job), JobText.tone(job.state))]
        if let error = job.error {
            lines.append(terminal.paint("  \(DisplayText.harmless("\(error)"))", .bad))
        } else if job.state == .failed || job.state == .cancelled {
            lines.append("  cause: \(DisplayText.harmless(job.cause))")
        }
        if let result = job.result, let value = try? result.decode(JSONValue.self) {
            lines += JobResult(terminal: terminal).lines(value)
        }
        return lines
    }
}
