import ArgumentParser
import Glibc
import JSONCodec
import Linux
import MillraceProtocol

/// `millctl job …`
struct JobCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Submits jobs and looks after them.",
        subcommands: [
            Submit.self, Show.self, List.self, Stats.self, WhyCommand.self, Watch.self, Follow.self, Wait.self,
            Log.self,
            Edit.self, Cancel.self, Retry.self, Bury.self, Redrive.self,
        ])

    @OptionGroup var global: GlobalOptions
}

extension JobCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows one job, with as much detail as asked for.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's number.", transform: OptionValue.job) var id: JobID
        @Flag(help: "Its items too.") var items = false
        @Flag(help: "What was tried, the latest first.") var attempts = false
        @Flag(help: "How its state changed.") var transitions = false
        @Option(
            name: .customLong("items-after"), help: "Items after this index.",
            transform: OptionValue.integer(0...Int(Int32.max)))
        var itemsAfter: Int?
        @Option(help: "Rows of each list, 1 to 1000; 100 when left out.", transform: OptionValue.integer(1...1000))
        var limit: Int?

        func run() async throws {
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            let params = JobShow.Params(
                id: id, items: items || itemsAfter != nil, attempts: attempts, transitions: transitions,
                itemsAfter: itemsAfter, limit: limit)
            let answer = try await caller.call(JobShow.self, params)
            if global.json {
                JSONOutput.document(answer.raw)
            } else {
                Output.lines(lines(answer.value, global.terminal))
            }
        }

        private func lines(_ detail: JobDetail, _ terminal: Terminal) -> [String] {
            let now = SystemTime().wall()
            var lines = JobText.facts(detail.job, now: now).lines(for: terminal)
            if let items = detail.items { lines += [""] + JobText.items(items).lines(for: terminal) }
            if let next = detail.nextItemsAfter { lines.append("and more: --items-after \(next)") }
            if let leftOut = detail.leftOut {
                let parts = leftOut.map(\.rawValue).joined(separator: ", ")
                lines.append("left out, for all of it is longer than a message may be: \(parts)")
            }
            if let attempts = detail.attempts {
                lines += [""] + JobText.attempts(attempts, now: now).lines(for: terminal)
            }
            if let transitions = detail.transitions {
                lines += [""] + JobText.transitions(transitions).lines(for: terminal)
            }
            // The server's JSON reads; one that does not is left out, as null is.
            if let result = detail.job.result, let value = try? result.decode(JSONValue.self), !value.isNull {
                lines += ["", terminal.paint("Result", .strong)] + JobResult(terminal: terminal).lines(value)
            }
            return lines
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists jobs, the newest first.")

        @OptionGroup var global: GlobalOptions
        @Option(
            name: .customLong("states"),
            help:
                "In these states: \(JobState.allCases.map(\.rawValue).joined(separator: ",")).",
            transform: OptionValue.states)
        var states: [JobState]?
        @Option(help: "Only this kind.") var kind: String?
        @Option(help: "Only this queue.") var queue: String?
        @Option(help: "Only this key.") var key: String?
        @Option(help: "How many, 1 to 1000; 50 when left out.", transform: OptionValue.integer(1...1000))
        var limit: Int?
        @Option(help: "Only jobs with a smaller number.", transform: OptionValue.job) var before: JobID?

        func validate() throws {
            guard let state = global.state, JobState(rawValue: state) != nil else { return }
            throw ValidationError("--state is the folder of a suite; jobs that are \(state): --states \(state)")
        }

        func run() async throws {
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            let params = JobList.Params(
                states: states, kind: kind, queue: queue, key: key, limit: limit, before: before)
            let answer = try await caller.call(JobList.self, params)
            if global.json {
                JSONOutput.document(answer.raw)
                return
            }
            if answer.value.jobs.isEmpty {
                Output.line("no such job")
                return
            }
            Output.table(JobText.list(answer.value.jobs, now: SystemTime().wall()), global.terminal)
            if let next = answer.value.nextBefore { Output.line("and more: --before \(next)") }
        }
    }

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Counts jobs by kind and state, those that are over too.",
            discussion:
                "Jobs that are over count for as long as they are kept. For instance: millctl job stats --since 1d")

        @OptionGroup var global: GlobalOptions
        @Option(help: "Only this kind.") var kind: String?
        @Option(help: "Only this queue.") var queue: String?
        @Option(help: "Only this key.") var key: String?
        @Option(
            help: "Only jobs submitted since: RFC 3339, or 2h before now.", transform: OptionValue.pastTime)
        var since: Timestamp?

        func run() async throws {
            let params = JobStats.Params(kind: kind, queue: queue, key: key, since: since)
            try await global.ask(JobStats.self, params) { answer, terminal in
                answer.counts.isEmpty ? ["no such job"] : JobText.stats(answer.counts).lines(for: terminal)
            }
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a job until it ends.",
            discussion: "Ends with 0, 1, 2 or 3 as the job succeeded, failed, succeeded in parts or was cancelled.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's number.", transform: OptionValue.job) var id: JobID

        func run() async throws {
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            try await JobWaiting(caller: caller, id: id, global: global, show: .changes).run()
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a job early; what is done stays done.",
            discussion: "Cancelling a job that is over changes nothing.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's number.", transform: OptionValue.job) var id: JobID
        @Option(help: "Why; kept with the job.") var reason: String?

        func run() async throws {
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            let answer = try await caller.call(JobCancel.self, JobCancel.Params(id: id, reason: reason))
            if global.json {
                JSONOutput.document(answer.raw)
            } else if answer.value.cancelling {
                Output.line("job \(id) is being cancelled; see it end: millctl job watch \(id)\(global.place.option)")
            } else {
                Output.line("job \(id) is \(answer.value.state.rawValue)")
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Runs again what did not succeed in a job that is over.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's number.", transform: OptionValue.job) var id: JobID
        @Flag(help: "Show the job until it ends.") var wait = false

        func run() async throws {
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            let answer = try await caller.call(JobRetry.self, JobReference(id: id))
            if wait {
                try await JobWaiting(caller: caller, id: id, global: global).run()
            } else if global.json {
                JSONOutput.document(answer.raw)
            } else {
                let items = answer.value.items == 0 ? "" : ", \(Counted.text(answer.value.items, "item")) run again"
                Output.line("job \(id) is \(answer.value.state.rawValue)\(items)")
            }
        }
    }
}
