import JSONCodec
import Linux
import MillraceProtocol

/// Jobs and what belongs to them in words and tables.
enum JobText {
    static func tone(_ state: JobState) -> Tone {
        switch state {
        case .succeeded: .good
        case .failed: .bad
        case .partial, .cancelled: .warning
        case .scheduled, .ready, .running: .plain
        }
    }

    static func tone(_ state: ItemState) -> Tone {
        switch state {
        case .succeeded: .good
        case .failed: .bad
        case .cancelled: .warning
        case .ready, .running: .plain
        }
    }

    /// "8/20, 2 failed"; empty before it is planned.
    static func items(_ items: ItemCounts) -> String {
        guard items.total > 0 else { return "" }
        var text = "\(items.ended)/\(items.total)"
        if items.failed > 0 { text += ", \(items.failed) failed" }
        if items.cancelled > 0 { text += ", \(items.cancelled) cancelled" }
        return text
    }

    /// How long it ran, or runs by `now`.
    static func took(_ job: JobView, now: Timestamp) -> String {
        guard let started = job.startedAt else { return "" }
        return ((job.finishedAt ?? now) - started).short
    }

    /// "job 17 succeeded: 20/20 items in 3.2 s"
    static func outcome(_ job: JobView) -> String {
        var text = "job \(job.id) \(job.state.rawValue)"
        if job.items.total > 0 {
            text += ": \(job.items.ended)/\(job.items.total) items"
            if job.items.failed > 0 { text += ", \(job.items.failed) failed" }
            if job.items.cancelled > 0 { text += ", \(job.items.cancelled) cancelled" }
        }
        let took = took(job, now: job.finishedAt ?? job.submittedAt)
        return took.isEmpty ? text : text + " in \(took)"
    }

    static func facts(_ job: JobView, now: Timestamp) -> Facts {
        var facts = Facts()
        facts.add("Job", "\(job.id)", .strong)
        facts.add("Kind", job.kind)
        let phase = job.phase.map { ", \($0.rawValue)" } ?? ""
        facts.add(
            "State", job.state.rawValue + phase + (job.cancelRequested && !job.state.isFinal ? ", cancelling" : ""),
            tone(job.state))
        facts.add("Hold", job.hold.map(hold), .warning)
        facts.add("Cause", job.cause)
        facts.add("Items", items(job.items))
        facts.add("Slots", job.slots.map(String.init))
        facts.add("Queue", job.queue)
        facts.add("Key", job.key)
        facts.add("Unique key", job.uniqueKey)
        facts.add("After", job.after.map { ids in ids.map(\.description).joined(separator: ", ") })
        facts.add("Hook of", job.hookOf.map { "job \($0)" })
        if job.attached { facts.add("Attached", "ends with the connection it was submitted on") }
        facts.add("Durability", job.durability.rawValue)
        if job.priority != 0 { facts.add("Priority", String(job.priority)) }
        facts.add("Submitted", "\(job.submittedAt.short) by \(UserName.of(job.user))")
        facts.add("Run at", job.runAt?.short)
        facts.add("Started", job.startedAt?.short)
        facts.add("Finished", job.finishedAt?.short)
        facts.add("Took", took(job, now: now))
        facts.add("Attempts", "at most \(job.maxAttempts) of each part")
        facts.add("Time-out", job.timeoutMs.map { Duration.milliseconds($0).short })
        facts.add("Part time-out", job.itemTimeoutMs.map { Duration.milliseconds($0).short })
        facts.add("Correlation", job.correlationId)
        if let params = job.params, params != .emptyObject { facts.add("Params", params.text) }
        if let error = job.error { facts.add("Error", "\(error)", .bad) }
        return facts
    }

    /// What a hold means, in words.
    static func hold(_ hold: JobHold) -> String {
        switch hold {
        case .key: "stands in the line of its key"
        case .dependency: "waits for the jobs it comes after"
        case .bury: "buried until job redrive"
        }
    }

    /// What the job does, or what keeps it, in a word or two.
    static func stage(of job: JobView) -> String {
        let stage = ProgressBar.stage(of: job)
        guard let hold = job.hold, !job.state.isFinal else { return stage }
        switch hold {
        case .key: return "\(stage), key"
        case .dependency: return "\(stage), after"
        case .bury: return "buried"
        }
    }

    static func list(_ jobs: [JobView], now: Timestamp) -> Table {
        var table = Table([
            .number("ID"), .text("Kind", shrinksTo: 16), .text("State"), .text("Items"),
            .number("Failed", optional: true), .text("Queue", shrinksTo: 7, leaves: 1),
            .text("Key", shrinksTo: 8, optional: true, leaves: 2), .text("Submitted", leaves: 4),
            .number("Took", leaves: 3), .text("Cause", shrinksTo: 10, leaves: 5),
        ])
        for job in jobs {
            table.add([
                Table.Cell(job.id.rawValue), Table.Cell(job.kind),
                Table.Cell(stage(of: job), tone(job.state)),
                Table.Cell(job.items.total == 0 ? "" : "\(job.items.ended)/\(job.items.total)"),
                Table.Cell(job.items.failed == 0 ? "" : "\(job.items.failed)", .warning),
                Table.Cell(job.queue), Table.Cell(job.key ?? ""),
                Table.Cell(job.submittedAt.short), Table.Cell(took(job, now: now)), Table.Cell(job.cause),
            ])
        }
        return table
    }

    /// A row for each kind, a column for each state that some job is in, and the sums.
    static func stats(_ counts: [JobStats.Count]) -> Table {
        var table = Table(
            [.text("Kind", shrinksTo: 16)]
                + JobState.allCases.map {
                    .number($0.rawValue.prefix(1).uppercased() + $0.rawValue.dropFirst(), optional: true)
                }
                + [.number("All")])
        func add(_ title: String, _ counts: [JobStats.Count], _ tone: Tone = .plain) {
            let sums = JobState.allCases.map { state in
                (state, counts.reduce(0) { $0 + ($1.state == state ? $1.jobs : 0) })
            }
            table.add(
                [Table.Cell(title, tone)]
                    + sums.map { state, sum in
                        sum == 0 ? "" : Table.Cell("\(sum)", state.isFinal ? Self.tone(state) : .plain)
                    }
                    + [Table.Cell(counts.reduce(0) { $0 + $1.jobs })])
        }
        let kinds = Dictionary(grouping: counts, by: \.kind).sorted { $0.key < $1.key }
        for (kind, counts) in kinds { add(kind, counts) }
        if kinds.count > 1 { add("all", counts, .quiet) }
        return table
    }

    static func items(_ items: [ItemView]) -> Table {
        var table = Table([
            .number("Index"), .text("Key", shrinksTo: 12), .text("State"), .number("Errors"),
            .number("Crashes", leaves: 2),
            .text("Error", shrinksTo: 20, optional: true), .text("Output", shrinksTo: 20, optional: true, leaves: 1),
        ])
        for item in items {
            table.add([
                Table.Cell(item.index), Table.Cell(item.key), Table.Cell(item.state.rawValue, tone(item.state)),
                Table.Cell(item.attempts), Table.Cell(item.crashes), Table.Cell(item.error.map { "\($0)" } ?? "", .bad),
                Table.Cell(item.output?.text ?? ""),
            ])
        }
        return table
    }

    static func attempts(_ attempts: [AttemptView], now: Timestamp) -> Table {
        var table = Table([
            .number("Attempt"), .text("Stage"), .text("Item", shrinksTo: 12, optional: true),
            .text("Worker", shrinksTo: 12, leaves: 2), .number("Lease", leaves: 1), .text("Started", leaves: 3),
            .number("Took"), .number("CPU", optional: true), .number("Memory", optional: true),
            .text("Cause", shrinksTo: 9), .text("Message", shrinksTo: 20, optional: true),
        ])
        for attempt in attempts {
            table.add([
                Table.Cell(attempt.number), Table.Cell(attempt.stage.rawValue), Table.Cell(attempt.item ?? ""),
                Table.Cell(attempt.worker), Table.Cell(attempt.fence), Table.Cell(attempt.startedAt.short),
                Table.Cell(((attempt.endedAt ?? now) - attempt.startedAt).short),
                Table.Cell(attempt.cpuUs.map { Duration.microseconds($0).short } ?? ""),
                Table.Cell(attempt.peakBytes.map(ByteText.short) ?? ""),
                Table.Cell(cause(attempt), attempt.cause == "succeeded" ? .good : .plain),
                Table.Cell(attempt.message ?? ""),
            ])
        }
        return table
    }

    /// "exit 75", "signal 9 (KILL)", "lost"
    static func cause(_ attempt: AttemptView) -> String {
        let cause = attempt.cause ?? "running"
        if let code = attempt.exitCode, code != 0 { return "\(cause) \(code)" }
        if let signal = attempt.signal.flatMap({ Int32(exactly: $0) }) {
            return "\(cause) \(signal) (\(Signals.name(of: signal)))"
        }
        return cause
    }

    static func transitions(_ transitions: [TransitionView]) -> Table {
        var table = Table([.text("At"), .text("From"), .text("To"), .text("Cause", shrinksTo: 20)])
        for transition in transitions {
            table.add([
                Table.Cell(transition.at.description), Table.Cell(transition.from?.rawValue ?? ""),
                Table.Cell(transition.to.rawValue, tone(transition.to)), Table.Cell(transition.cause),
            ])
        }
        return table
    }
}
