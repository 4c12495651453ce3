import ArgumentParser
import Glibc
import JSONCodec
import Linux
import MillraceProtocol

/// What `--wait`, `job watch`, `job wait` and `job follow` do: show the job until it ends, then its result, and end as it
/// ended.
struct JobWaiting {
    enum Show {
        /// The bar, or lines in a pipe; with `--json` the end alone.
        case progress
        /// The same; with `--json` each change as a line.
        case changes
        /// The bar with the job's log lines above it; with `--json` each change and each line of the log as a line.
        case progressAndLog
        /// How it ended.
        case end
    }

    let caller: Caller
    let id: JobID
    let global: GlobalOptions
    var show = Show.progress
    /// Whether the job ends with this connection.
    var attached = false
    /// How long it is waited for.
    var timeoutMs: Int?
    /// What is said of the job when it is over.
    var summary: @Sendable (JobView, Terminal) -> [String] = { JobWaiting.summary(of: $0, $1) }

    private static let time = SystemTime()

    /// Submits a job, which is one job however often the runner is restarted under it, and shows it until it ends.
    static func submit(
        _ job: JobSpecification, _ global: GlobalOptions, by caller: Caller? = nil,
        summary: @escaping @Sendable (JobView, Terminal) -> [String] = { JobWaiting.summary(of: $0, $1) }
    ) async throws {
        let caller = try caller ?? Caller(service: KnownService.runner.name, at: global.place)
        let answer = try await caller.call(JobSubmit.self, job, idempotencyKey: Identifier.random())
        try await JobWaiting(caller: caller, id: answer.value.id, global: global, summary: summary).run()
    }

    /// - Throws: ``Exit`` for a job that did not succeed.
    func run() async throws {
        let display = display()
        Interrupts.say { [id, attached, option = global.place.option] in
            display?.finish(nil)
            Output.error(
                attached
                    ? "millctl: interrupted; job \(id) was attached and is cancelled"
                    : "millctl: interrupted; job \(id) goes on: millctl job watch \(id)\(option)")
        }
        let ticker = Task { [display] in
            while (try? await Self.time.sleep(for: JobDisplay.beat)) != nil { display?.turn() }
        }
        let complaint = Task { await tellWhatNeedsAHand(display) }
        let log = show == .progressAndLog ? JobLogLines(id: id, global: global, display: display) : nil
        defer {
            ticker.cancel()
            complaint.cancel()
        }

        let streams = global.json && (show == .changes || show == .progressAndLog)
        let follower = JobFollower(
            caller: caller, id: id, deadline: timeoutMs.map { Self.time.boot() + .milliseconds($0) }, time: Self.time
        ) { raw in
            if streams { JSONOutput.line(raw) }
            if let progress = try? raw.decode(JobProgress.self) { display?.show(progress) }
        } onAbsence: {
            display?.say("runner is away, waiting for it; job \(id) is on disk")
        }
        let end: Answer<JobDetail>
        do {
            end = try await follower.end()
            await log?.finish()
        } catch {
            display?.finish(nil)
            throw error
        }
        Interrupts.say(nil)
        display?.finish(end.value.job)
        if global.json {
            streams ? JSONOutput.line(end.raw) : JSONOutput.document(end.raw)
        } else {
            Output.lines(summary(end.value.job, global.terminal))
        }
        let outcome = Exit(end.value.job.state)
        if outcome != .ok { throw outcome }
    }

    private func display() -> JobDisplay? {
        if show == .end { return nil }
        // With --json standard output is for the document; a person at the terminal still sees the bar.
        let output = global.json ? STDERR_FILENO : STDOUT_FILENO
        let terminal = Terminal(descriptor: output, noColor: global.noColor)
        if global.json && !terminal.isInteractive { return nil }
        return JobDisplay(terminal: terminal, output: output, time: Self.time)
    }

    /// Who waits for a job that cannot begin by itself is told at once.
    private func tellWhatNeedsAHand(_ display: JobDisplay?) async {
        guard let answer = try? await caller.call(JobWhy.self, JobReference(id: id), timeout: .seconds(5)),
            !answer.value.state.isFinal
        else { return }
        let reasons = answer.value.reasons.filter(WhyText.needsAHand)
        guard !reasons.isEmpty else { return }
        let text = WhyText(terminal: global.errorTerminal, now: Self.time.wall(), option: global.place.option)
        for reason in reasons {
            var line = "job \(id) waits: \(text.sentence(reason))"
            if let advice = text.advice(reason, job: id) { line += "; \(DisplayText.harmless(advice))" }
            if let display, display.isMoving { display.say(line) } else { Output.error("millctl: \(line)") }
        }
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
