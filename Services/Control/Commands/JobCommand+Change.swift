import ArgumentParser
import JSONCodec
import Linux
import MillraceProtocol

extension JobCommand {
    /// `millctl job edit ID …`
    struct Edit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes a job that waits; what is left out stays.",
            discussion: "For instance: millctl job edit 17 --priority 10 --run-at now")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's number.", transform: OptionValue.job) var id: JobID
        @Option(
            parsing: .unconditional, help: "-1000 to 1000; the higher runs first.",
            transform: OptionValue.integer(-1000...1000))
        var priority: Int?
        @Option(
            name: .customLong("run-at"), help: "Not before this time: now, 2026-11-21T09:30:00Z or +15min.",
            transform: OptionValue.time)
        var runAt: Timestamp?
        @Option(
            help: ArgumentHelp(
                "Parameters in the place of those it has; @FILE reads a file, @- standard input.",
                valueName: "json|@file"))
        var params: String?
        @Option(help: "What the job is about.") var key: String?
        @Option(help: "Another queue.") var queue: String?
        @Option(help: "How long it may run: 90s, 15min, 2h.", transform: OptionValue.milliseconds(1...604_800_000))
        var timeout: Int?
        @Option(
            name: .customLong("item-timeout"), help: "How long one attempt of one part may take.",
            transform: OptionValue.milliseconds(1...604_800_000))
        var itemTimeout: Int?
        @Option(
            name: .customLong("max-attempts"), help: "How often each part is tried.",
            transform: OptionValue.integer(1...100))
        var maxAttempts: Int?
        @Option(
            help: "The pause before the second try, doubled after each.",
            transform: OptionValue.milliseconds(0...3_600_000))
        var backoff: Int?

        func validate() throws {
            let numbers = [priority, timeout, itemTimeout, maxAttempts, backoff]
            if numbers.allSatisfy({ $0 == nil }) && runAt == nil && [params, key, queue].allSatisfy({ $0 == nil }) {
                throw ValidationError("name what is to be changed, for instance --priority 10 or --run-at now")
            }
        }

        func run() async throws {
            let edit = JobEdit.Params(
                id: id, priority: priority, runAt: runAt,
                params: try params.map { try ParamsSource(option: "--params").read($0) }, key: key, queue: queue,
                timeoutMs: timeout, itemTimeoutMs: itemTimeout, maxAttempts: maxAttempts, backoffMs: backoff)
            try await global.ask(JobEdit.self, edit) { detail, terminal in
                JobText.facts(detail.job, now: SystemTime().wall()).lines(for: terminal)
            }
        }
    }

    /// `millctl job bury ID`
    struct Bury: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lays a waiting job aside until `job redrive` takes it out again.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's number.", transform: OptionValue.job) var id: JobID
        @Option(help: "Why; kept with the job.") var reason: String?

        func run() async throws {
            try await global.ask(JobBury.self, .init(id: id, reason: reason)) { answer, _ in
                [
                    "job \(answer.id) is buried; take it out again: millctl job redrive \(answer.id)\(global.place.option)"
                ]
            }
        }
    }

    /// `millctl job redrive ID… | --kind K …`
    struct Redrive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes jobs that ended badly or were buried ready again, the oldest first.",
            discussion: """
                By number, or all that the options describe; without --states and --buried those that failed. What \
                succeeded in them is not run again.
                For instance: millctl job redrive 17 18
                              millctl job redrive --kind daily-brief --states failed,partial
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The jobs' numbers.", transform: OptionValue.job) var ids: [JobID] = []
        @Option(help: "Only this kind.") var kind: String?
        @Option(help: "Only this queue.") var queue: String?
        @Option(help: "In these states: failed,partial,cancelled.", transform: OptionValue.states)
        var states: [JobState]?
        @Flag(help: "Buried ones.") var buried = false
        @Option(help: "How many at most; 1000 when left out.", transform: OptionValue.integer(1...10_000))
        var limit: Int?

        func validate() throws {
            let isDescribed = kind != nil || queue != nil || states != nil || buried
            if ids.isEmpty && !isDescribed {
                throw ValidationError("name jobs, or describe them by --kind, --queue, --states or --buried")
            }
            if !ids.isEmpty && isDescribed { throw ValidationError("name jobs or describe them, not both") }
            if ids.count > 10_000 { throw ValidationError("at most 10000 jobs by number; describe more by --kind") }
            if let wrong = states?.first(where: { ![.failed, .partial, .cancelled].contains($0) }) {
                throw ValidationError(
                    "jobs that are \(wrong.rawValue) are not redriven; failed, partial, cancelled are")
            }
        }

        func run() async throws {
            let params = JobRedrive.Params(
                ids: ids.isEmpty ? nil : ids, kind: kind, queue: queue, states: states, buried: buried ? true : nil,
                limit: limit)
            try await global.ask(JobRedrive.self, params) { answer, _ in
                let verb = answer.redriven == 1 ? "waits" : "wait"
                return ["\(Counted.text(answer.redriven, "job")) \(verb) again"]
                    + (answer.more ? ["and there are more: say it again"] : [])
            }
        }
    }
}
