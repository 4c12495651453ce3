import ArgumentParser
import Linux
import MillraceProtocol

/// `millctl schedule …`
struct ScheduleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "What runs when: schedules, their next runs, what became of the last.",
        subcommands: [
            List.self, Show.self, Next.self, Put.self, Pause.self, Resume.self, Run.self, Backfill.self, Why.self,
            Remove.self, Calendar.self,
        ], defaultSubcommand: List.self)

    @OptionGroup var global: GlobalOptions

    /// A schedule by its name, and what the scheduler is asked of it.
    struct One: ParsableArguments {
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The schedule.") var name: String

        func ask<M: RPCMethod>(
            _ method: M.Type, _ params: M.Params, _ lines: (M.Result, Terminal) -> [String]
        ) async throws {
            try await global.ask(method, params, of: .scheduler, lines)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists schedules with their next runs.")

        @OptionGroup var global: GlobalOptions
        @Option(help: "Only names that begin so.") var prefix: String?
        @Option(help: "Only names that come after this one.") var after: String?
        @Option(help: "How many.", transform: OptionValue.integer(1...1000)) var limit = 100

        func run() async throws {
            let params = ScheduleList.Params(prefix: prefix, after: after, limit: limit)
            try await global.ask(ScheduleList.self, params, of: .scheduler) { answer, terminal in
                guard !answer.schedules.isEmpty else { return ["there is no schedule"] }
                let lines = ScheduleText.table(answer.schedules).lines(for: terminal)
                guard answer.schedules.count < answer.total, let last = answer.schedules.last else { return lines }
                return lines + ["\(answer.total) in all; more with --after \(last.schedule.name)"]
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a schedule and its latest runs.")

        @OptionGroup var schedule: One
        @Option(help: "How many runs.", transform: OptionValue.integer(1...1000)) var limit = 20

        func run() async throws {
            try await schedule.ask(ScheduleShow.self, .init(name: schedule.name, limit: limit)) { answer, terminal in
                ScheduleText.facts(answer.schedule, for: terminal)
                    + (answer.history.isEmpty
                        ? ["it has not run yet"] : [""] + ScheduleText.history(answer.history).lines(for: terminal))
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets no run begin until it is resumed.",
            discussion: "Runs that fall into the pause do not take place; backfill makes up for them.")

        @OptionGroup var schedule: One
        @Option(help: "When it resumes by itself: RFC 3339 or +2h.", transform: OptionValue.time) var until: Timestamp?
        @Option(help: "Why.") var reason: String?

        func run() async throws {
            let params = SchedulePause.Params(name: schedule.name, until: until, reason: reason)
            try await schedule.ask(SchedulePause.self, params) { answer, _ in
                ["\(answer.schedule.name) is paused" + (answer.pausedUntil.map { " until \($0.short)" } ?? "")]
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ends a pause.")

        @OptionGroup var schedule: One

        func run() async throws {
            try await schedule.ask(ScheduleResume.self, .init(name: schedule.name)) { answer, _ in
                ["\(answer.schedule.name) runs again, next \(answer.next.map(\.short) ?? "never")"]
            }
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Submits the job of a schedule now, beside its times.")

        @OptionGroup var schedule: One

        func run() async throws {
            try await schedule.ask(ScheduleTrigger.self, .init(name: schedule.name)) { answer, _ in
                ["job \(answer.run.job.map(\.description) ?? "unknown")"]
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes a schedule and its history; its jobs stay.")

        @OptionGroup var schedule: One

        func run() async throws {
            try await schedule.ask(ScheduleRemove.self, .init(name: schedule.name)) { _, _ in
                ["\(schedule.name) is removed"]
            }
        }
    }

    struct Backfill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Runs a schedule for the times of a range that have no run yet.",
            discussion: """
                For instance: millctl schedule backfill payroll --from 2026-11-01T00:00:00Z --to now --dry-run
                One after the other, unless the schedule allows all at once.
                """)

        @OptionGroup var schedule: One
        @Option(help: "The first time that counts: RFC 3339, or 2h before now.", transform: OptionValue.pastTime)
        var from: Timestamp
        @Option(help: "The first that does not; now when left out.", transform: OptionValue.time) var to: Timestamp?
        @Flag(name: .customLong("dry-run"), help: "Says what would run and submits nothing.") var dryRun = false

        func run() async throws {
            let params = ScheduleBackfill.Params(
                name: schedule.name, from: from, to: to ?? SystemTime().wall(), dryRun: dryRun)
            try await schedule.ask(ScheduleBackfill.self, params) { answer, terminal in
                let more = answer.more ? "; there are more, ask again" : ""
                if dryRun {
                    return answer.runs.map(\.nominal.short) + [
                        "it would run for \(Counted.text(answer.runs.count, "time")); \(answer.already) had a run before\(more)"
                    ]
                }
                let submitted = answer.runs.count { $0.outcome == .submitted }
                return (answer.runs.isEmpty ? [] : ScheduleText.history(answer.runs).lines(for: terminal)) + [
                    "\(Counted.text(submitted, "job")) submitted; \(answer.already) had a run before\(more)"
                ]
            }
        }
    }

    struct Why: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says why a schedule runs when it does, or does not.")

        @OptionGroup var schedule: One

        func run() async throws {
            try await schedule.ask(ScheduleWhy.self, .init(name: schedule.name)) { answer, terminal in
                answer.reasons.map { reason in
                    let until = reason.until.map(\.short).flatMap { reason.text.contains($0) ? nil : ", until \($0)" }
                    return terminal.paint(reason.word.rawValue, .strong) + "  "
                        + DisplayText.harmless(reason.text + (until ?? ""))
                }
            }
        }
    }

    struct Calendar: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows how many runs begin in each hour of the next day.")

        @OptionGroup var global: GlobalOptions
        @Option(help: "From when on; now when left out.", transform: OptionValue.time) var from: Timestamp?
        @Option(help: "A part of the time.", transform: OptionValue.milliseconds(60_000...86_400_000))
        var step = 3_600_000
        @Option(help: "How many parts.", transform: OptionValue.integer(1...200)) var steps = 24

        func run() async throws {
            let params = ScheduleLoad.Params(from: from, stepMs: step, steps: steps)
            try await global.ask(ScheduleLoad.self, params, of: .scheduler) { answer, terminal in
                ScheduleText.load(answer, for: terminal)
            }
        }
    }
}
