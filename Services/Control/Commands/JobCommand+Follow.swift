import ArgumentParser
import Linux
import MillraceProtocol

extension JobCommand {
    /// `millctl job log ID`
    struct Log: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what was said while a job ran, by it and about it.",
            discussion: "The same as `millctl logs --job ID`.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's number.", transform: OptionValue.job) var id: JobID
        @Option(
            name: .shortAndLong, help: "Only the last lines, so many.",
            transform: OptionValue.integer(0...1_000_000_000))
        var lines: Int?
        @Flag(name: .customShort("f"), help: "Go on as more is said; `job follow` ends with the job.")
        var follow = false

        func run() throws {
            try LogShow(filter: LogFilter(job: id.rawValue), lines: lines, follow: follow, global: global).run()
        }
    }

    /// `millctl job wait ID`
    struct Wait: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Waits quietly until a job is over, then says how it ended.",
            discussion: """
                Ends with 0, 1, 2 or 3 as the job succeeded, failed, succeeded in parts or was cancelled, with 75 when \
                --timeout has passed before that.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's number.", transform: OptionValue.job) var id: JobID
        @Option(
            help: "How long to wait at most: 90s, 15min; for ever when left out.",
            transform: OptionValue.milliseconds(1...604_800_000))
        var timeout: Int?

        func run() async throws {
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            try await JobWaiting(caller: caller, id: id, global: global, show: .end, timeoutMs: timeout).run()
        }
    }

    /// `millctl job follow ID`
    struct Follow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a job and what is said of it until it ends.",
            discussion: "Ends with 0, 1, 2 or 3 as the job succeeded, failed, succeeded in parts or was cancelled.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The job's number.", transform: OptionValue.job) var id: JobID

        func run() async throws {
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            try await JobWaiting(caller: caller, id: id, global: global, show: .progressAndLog).run()
        }
    }
}
