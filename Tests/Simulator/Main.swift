import ArgumentParser

/// The simulated outside systems as a program.
@main struct SimulatorProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "millrace-simulator", abstract: "Outside systems to try millrace on, without an account.",
        discussion: "Without a subcommand it is the company: a Notion and a chat service.",
        subcommands: [CompanyProgram.self, ClinicProgram.self], defaultSubcommand: CompanyProgram.self)
}
