import Linux
import MillraceProtocol

/// The answer of `job.why` in sentences: each reason with its numbers, and below it what to do.
struct WhyText {
    let terminal: Terminal
    let now: Timestamp
    /// ` --state DIR` for the commands that are proposed.
    let option: String

    func lines(_ answer: JobWhy.Result) -> [String] {
        var lines = [terminal.paint(Self.head(answer), answer.state.isFinal ? JobText.tone(answer.state) : .strong)]
        for reason in answer.reasons {
            let mark = terminal.isUnicode ? "•" : "-", arrow = terminal.isUnicode ? "→" : ">"
            lines.append("  \(mark) \(sentence(reason))")
            if let advice = advice(reason, job: answer.id) {
                lines.append(terminal.paint("    \(arrow) \(DisplayText.harmless(advice))", .quiet))
            }
        }
        return lines
    }

    private static func head(_ answer: JobWhy.Result) -> String {
        switch answer.state {
        case .scheduled, .ready: "job \(answer.id) is \(answer.state.rawValue) and waits:"
        case .running: "job \(answer.id) runs:"
        case .succeeded, .partial, .failed, .cancelled: "job \(answer.id) is over: \(answer.state.rawValue)"
        }
    }

    /// The reason's own words, then the figures that they do not hold already.
    func sentence(_ reason: WhyReason) -> String {
        var text = reason.message.isEmpty ? reason.code.rawValue : reason.message
        var more: [String] = []
        if let jobs = reason.jobs, !jobs.isEmpty, !jobs.allSatisfy({ text.holds("\($0)") }) {
            more.append((jobs.count == 1 ? "job " : "jobs ") + Self.list(jobs))
        }
        if let limit = reason.limit, let used = reason.used, !text.holds("\(used)") || !text.holds("\(limit)") {
            more.append("\(used) of \(limit)")
        }
        if let ahead = reason.ahead, !text.holds("\(ahead)") {
            let count = ahead >= 10_000 ? "10000 jobs or more" : Counted.text(ahead, "job")
            more.append("\(count) before it")
        }
        if let items = reason.items, !text.holds("\(items)") { more.append(Counted.text(items, "item")) }
        if let worker = reason.worker, !text.contains(worker) { more.append("worker \(worker)") }
        if let since = reason.since {
            let long = (now - since).short
            more.append(
                Self.isAnEnd(reason.code) ? "\(long) ago, at \(since.short)" : "for \(long), since \(since.short)")
        }
        if let until = reason.until {
            more.append(until > now ? "until \(until.short), in \((until - now).short)" : "until \(until.short)")
        }
        if !more.isEmpty { text += " (\(more.joined(separator: "; ")))" }
        return DisplayText.harmless(text)
    }

    private static func isAnEnd(_ code: WhyCode) -> Bool {
        switch code {
        case .succeeded, .partial, .failed, .timedOut, .crashed, .cancelled, .replaced, .dependencyFailed: true
        default: false
        }
    }

    private static func list(_ jobs: [JobID]) -> String {
        let shown = jobs.prefix(10).map(\.description).joined(separator: ", ")
        return jobs.count > 10 ? "\(shown) and \(jobs.count - 10) more" : shown
    }

    /// What a person can do about it; nil where waiting is all there is to do.
    func advice(_ reason: WhyReason, job: JobID) -> String? {
        let name = reason.name.map(ShellWord.quoted)
        switch reason.code {
        case .time: return "begin now: millctl job edit \(job) --run-at now\(option)"
        case .retry, .snoozed: return "try now: millctl job edit \(job) --run-at now\(option)"
        case .dependency:
            return reason.jobs?.first.map { "see what keeps that one: millctl why \($0)\(option)" }
        case .keyLimit:
            return "let more of a key run: millctl limit set key \(Self.place) --running N\(option)"
        case .buried: return "take it out again: millctl job redrive \(job)\(option)"
        case .queuePaused: return name.map { "go on: millctl queue resume \($0)\(option)" }
        case .kindPaused: return name.map { "go on: millctl kind resume \($0)\(option)" }
        case .draining: return "it begins once the runner has been started again"
        case .noWorker where reason.worker != nil: return "see why it does not start: millctl logs\(option)"
        case .noWorker: return "start a worker that serves it, or see what is declared: millctl kind list\(option)"
        case .workersBusy: return "see them: millctl worker list\(option); more processes: millctl pool resize\(option)"
        case .jobSlots: return "let more jobs run: millctl pool resize --jobs N\(option)"
        case .queueLimit:
            return name.map { "let more of the queue run: millctl queue set \($0) --running N\(option)" }
        case .kindLimit:
            return name.map { "let more of the kind run: millctl limit set kind \($0) --running N\(option)" }
        case .userLimit:
            return name.map { "let more of the user run: millctl limit set user \($0) --running N\(option)" }
        case .breaker: return name.map { "when it works again: millctl breaker reset \($0)\(option)" }
        case .rate, .permit: return "see the rates: millctl limit list\(option)"
        case .place: return "let more of its items run: millctl pool resize --job \(job) --slots N\(option)"
        case .partial, .failed, .timedOut, .crashed:
            return "see what was tried: millctl job show \(job) --attempts\(option); run again what is left: "
                + "millctl job retry \(job)\(option)"
        case .replaced: return reason.jobs?.first.map { "the one in its place: millctl job show \($0)\(option)" }
        case .dependencyFailed: return reason.jobs?.first.map { "see why: millctl why \($0)\(option)" }
        case .turn, .planning, .preloading, .processing, .summarizing, .itemsRetry, .saving, .cancelling, .succeeded,
            .cancelled:
            return nil
        }
    }

    private static let place = "KIND"

    /// Reasons that do not pass by themselves, so that who waits for the job should know at once.
    static func needsAHand(_ reason: WhyReason) -> Bool {
        switch reason.code {
        case .noWorker, .queuePaused, .kindPaused, .buried, .draining: true
        default: false
        }
    }
}

extension String {
    /// Whether the number stands in it, not as a part of another.
    fileprivate func holds(_ number: String) -> Bool {
        split { !$0.isNumber }.contains { $0 == number }
    }
}
