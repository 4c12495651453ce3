import ArgumentParser
import Linux
import MillraceProtocol

/// `millctl queue …`
struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "The queues: what waits in them, and whether it may begin.",
        subcommands: [List.self, Pause.self, Resume.self, Drain.self, Set.self], defaultSubcommand: List.self)

    @OptionGroup var global: GlobalOptions

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists queues and kinds with their jobs.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            try await global.ask(QueueList.self, Empty(), GateText.lines)
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets no job of a queue begin; running ones go on, new ones are taken in.",
            discussion: "It lasts until `queue resume`, over restarts too, or until --until.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The queue.") var queue: String
        @OptionGroup var pause: PauseOptions

        func run() async throws {
            try await pause.run(global, queue: queue)
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Opens a queue that was paused or drained.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The queue.") var queue: String

        func run() async throws {
            try await global.ask(QueueResume.self, .init(queue: queue)) { gate, _ in
                [GateText.sentence("queue", gate)]
            }
        }
    }

    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuses new jobs of a queue and lets those that are there run.",
            discussion: "It lasts until `queue resume`, over restarts too.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The queue.") var queue: String
        @Option(help: "Why; shown to whoever asks.") var reason: String?

        func run() async throws {
            try await global.ask(QueueDrain.self, .init(queue: queue, reason: reason)) { gate, _ in
                [GateText.sentence("queue", gate)]
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives a queue its own durability and limits.",
            discussion: "What is left out stays. For instance: millctl queue set mail --durability crash --running 8")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The queue.") var queue: String
        @Option(
            help: "disk: a job is on disk before it is acknowledged. crash: it survives a killed process.",
            transform: OptionValue.word)
        var durability: JobDurability?
        @Option(
            name: .customLong("running"), help: "How many jobs may run at once; 0 for any number.",
            transform: OptionValue.integer(0...1_000_000))
        var running: Int?
        @Option(
            name: .customLong("waiting"), help: "How many jobs may wait; 0 for any number.",
            transform: OptionValue.integer(0...100_000_000))
        var waiting: Int?

        func validate() throws {
            if durability == nil && running == nil && waiting == nil {
                throw ValidationError("name what is to be set: --durability, --running or --waiting")
            }
        }

        func run() async throws {
            let params = QueueSet.Params(
                queue: queue, durability: durability, runningLimit: running, waitingLimit: waiting)
            try await global.ask(QueueSet.self, params) { queue, _ in [GateText.settings(queue)] }
        }
    }
}

/// What `queue pause` and `kind pause` share.
struct PauseOptions: ParsableArguments {
    @Option(help: "Why; shown to whoever asks.") var reason: String?
    @Option(
        help: "When it goes on by itself: 2026-11-21T09:30:00Z or +15min.", transform: OptionValue.time)
    var until: Timestamp?

    func run(_ global: GlobalOptions, queue: String? = nil, kind: String? = nil) async throws {
        let params = QueuePause.Params(queue: queue, kind: kind, reason: reason, until: until)
        try await global.ask(QueuePause.self, params) { gate, _ in
            [GateText.sentence(queue == nil ? "kind" : "queue", gate)]
        }
    }
}
