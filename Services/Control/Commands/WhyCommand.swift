import ArgumentParser
import Linux
import MillraceProtocol

/// `millctl why JOB`, also `millctl job why JOB`.
struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Says why a job waits, what it is doing, or how it ended.",
        discussion: "The reasons come from a closed list, with the numbers behind them and what to do about each.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The job's number.", transform: OptionValue.job) var id: JobID

    func run() async throws {
        try await global.ask(JobWhy.self, JobReference(id: id)) { answer, terminal in
            WhyText(terminal: terminal, now: SystemTime().wall(), option: global.place.option).lines(answer)
        }
    }
}
