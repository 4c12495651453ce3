import ArgumentParser
import MillraceProtocol

/// `millctl pool …`
struct PoolCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool", abstract: "Worker processes, and how much may run at once.",
        subcommands: [List.self, Resize.self], defaultSubcommand: List.self)

    @OptionGroup var global: GlobalOptions

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the worker processes the runner keeps, and the places of the machine.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            try await global.ask(PoolList.self, Empty(), PoolText.lines)
        }
    }

    struct Resize: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sets how much may run at once, until the settings are read again.",
            discussion: """
                One of: POOL --processes 4; --job 17 --slots 10; --jobs 64; --calls 256. More begins at once; fewer \
                lets what runs end.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The pool whose processes are meant.") var pool: String?
        @Option(help: "How many processes the pool may have.", transform: OptionValue.integer(1...64))
        var processes: Int?
        @Option(help: "The running job whose items are meant.", transform: OptionValue.job) var job: JobID?
        @Option(help: "How many items of the job may run at once.", transform: OptionValue.integer(1...20))
        var slots: Int?
        @Option(help: "How many jobs may run on the machine.", transform: OptionValue.integer(1...10_000))
        var jobs: Int?
        @Option(
            help: "How many calls to workers may be in flight on the machine.",
            transform: OptionValue.integer(1...10_000))
        var calls: Int?

        func validate() throws {
            guard (pool == nil) == (processes == nil) else {
                throw ValidationError("a pool is resized by its name and --processes: pool resize POOL --processes 4")
            }
            guard (job == nil) == (slots == nil) else {
                throw ValidationError("a job is resized by --job and --slots: pool resize --job 17 --slots 10")
            }
            guard [processes, slots, jobs, calls].compactMap(\.self).count == 1 else {
                throw ValidationError("name one thing: POOL --processes, --job --slots, --jobs or --calls")
            }
        }

        func run() async throws {
            let params = PoolResize.Params(
                pool: pool, processes: processes, job: job, slots: slots, jobs: jobs, calls: calls)
            try await global.ask(PoolResize.self, params, PoolText.lines)
        }
    }
}
