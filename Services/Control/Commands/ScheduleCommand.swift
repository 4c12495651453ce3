import ArgumentParser

/// `millctl schedule …`
struct ScheduleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "What runs when.", subcommands: [Next.self])

    @OptionGroup var global: GlobalOptions
}
