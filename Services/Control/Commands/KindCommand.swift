import ArgumentParser
import MillraceProtocol

/// `millctl kind …`
struct KindCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kind", abstract: "The kinds of job there are.",
        subcommands: [List.self, Check.self, Pause.self, Resume.self, Drain.self], defaultSubcommand: List.self)

    @OptionGroup var global: GlobalOptions

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the kinds of job that are declared, in files or by workers.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            try await global.ask(KindList.self, Empty()) { answer, terminal in
                answer.kinds.isEmpty
                    ? ["no kind is declared, and no worker has registered one"]
                    : PoolText.kinds(answer.kinds).lines(for: terminal)
            }
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets no job of a kind begin; running ones go on, new ones are taken in.",
            discussion: "It lasts until `kind resume`, over restarts too, or until --until.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The kind.") var kind: String
        @OptionGroup var pause: PauseOptions

        func run() async throws {
            try await pause.run(global, kind: kind)
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Opens a kind that was paused or drained.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The kind.") var kind: String

        func run() async throws {
            try await global.ask(QueueResume.self, .init(kind: kind)) { gate, _ in [GateText.sentence("kind", gate)] }
        }
    }

    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuses new jobs of a kind and lets those that are there run.",
            discussion: "It lasts until `kind resume`, over restarts too.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The kind.") var kind: String
        @Option(help: "Why; shown to whoever asks.") var reason: String?

        func run() async throws {
            try await global.ask(QueueDrain.self, .init(kind: kind, reason: reason)) { gate, _ in
                [GateText.sentence("kind", gate)]
            }
        }
    }
}
