import ArgumentParser
import MillraceProtocol

/// `millctl worker list`
struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "The workers that are connected.", subcommands: [List.self],
        defaultSubcommand: List.self)

    @OptionGroup var global: GlobalOptions

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the connected workers.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            try await global.ask(WorkerList.self, Empty()) { answer, terminal in
                answer.workers.isEmpty
                    ? ["no worker is connected; the runner starts one when a job needs it"]
                    : PoolText.workers(answer.workers).lines(for: terminal)
            }
        }
    }
}
