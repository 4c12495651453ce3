import ArgumentParser
import MillraceProtocol

/// The root of the command tree.
struct Millctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "millctl",
        abstract: "Runs and looks after Millrace, the back-office batch suite.",
        discussion: """
            Every command finds the services by --state DIR or $MILLRACE_STATE, where `millctl up` has them, else \
            where systemd has them. `millctl exit-codes` lists what the exit codes mean.
            """,
        version: "millctl \(MillraceVersion.current)",
        subcommands: [
            StatusCommand.self, CallCommand.self, DescribeCommand.self, LogsCommand.self, WhyCommand.self,
            TopCommand.self,
        ],
        groupedSubcommands: [
            CommandGroup(
                name: "Care",
                subcommands: [
                    DoctorCommand.self, BackupCommand.self, RestoreCommand.self, CheckCommand.self,
                    VacuumCommand.self, SupportCommand.self,
                ]),
            CommandGroup(name: "Without systemd", subcommands: [UpCommand.self, DownCommand.self]),
            CommandGroup(
                name: "Work",
                subcommands: [
                    JobCommand.self, QueueCommand.self, KindCommand.self, WorkerCommand.self, PoolCommand.self,
                    LimitCommand.self, BreakerCommand.self, PreloadCommand.self, BenchCommand.self, BooksCommand.self,
                    PayoutCommand.self, ExpenseCommand.self, RuleCommand.self, ScheduleCommand.self,
                    BriefCommand.self, ClinicCommand.self,
                ]),
            CommandGroup(name: "Figures", subcommands: [MetricsCommand.self, AlertCommand.self]),
            CommandGroup(name: "Shell", subcommands: [CompletionCommand.self, ExitCodesCommand.self]),
        ])

    @OptionGroup var global: GlobalOptions
}
