import ArgumentParser
import BackOffice
import JSONCodec
import Linux
import MillraceProtocol

/// `millctl payout …`
struct PayoutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payout", abstract: "Pays contractors: shows who would be paid what and why, and does it.",
        discussion: """
            For instance: millctl payout preview --month 2026-11
            What is created are pending payouts in the books; moving the money is somebody else's. Whoever has a payout \
            that is not Cancelled gets no second one, however often and by whomever this is run.
            """,
        subcommands: [Preview.self, Run.self])

    /// The kind of the job behind both.
    static let kind = "create-contractor-payouts"

    @OptionGroup var global: GlobalOptions
}

extension PayoutRunType: ExpressibleByArgument {
    public init?(argument: String) { self.init(name: argument) }

    public static var allValueStrings: [String] { allCases.map(\.shortName) }
}

/// For whom and for what.
struct PayoutSelection: ParsableArguments {
    @Argument(help: "What is paid for.") var type = PayoutRunType.payroll
    @Option(help: "Payroll: only orders of this month, YYYY-MM.", transform: OptionValue.month) var month: Month?
    @Option(help: "Payroll: only this contractor, by the exact name, id or name on the chat server.")
    var contractor: String?
    @Option(
        name: .customLong("pay-day"), help: "Payroll: only contractors with this payday, 1 or 15.",
        transform: OptionValue.integer(1...31))
    var payDay: Int?
    @Option(help: "Refunds and splits: only those whose Refund ID or auto name contains this.") var id: String?
    @Flag(help: "Payroll: orders of every status, not only the Approved.") var force = false

    func validate() throws {
        let isPayroll = type == .payroll
        if isPayroll, id != nil { throw ValidationError("--id is for refund and invoice-split") }
        if !isPayroll, month != nil || contractor != nil || payDay != nil || force {
            throw ValidationError("--month, --contractor, --pay-day and --force are for payroll")
        }
    }

    func parameters(dryRun: Bool) -> PayoutParameters {
        PayoutParameters(
            type: type, contractor: contractor, month: month, payDay: payDay, id: id, force: force, dryRun: dryRun)
    }
}

extension PayoutCommand {
    /// `millctl payout preview [payroll|refund|invoice-split] …`
    struct Preview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows who would be paid what and why, and writes nothing.",
            discussion: "The same job as `payout run`, stopped before each creation; --json gives all its fields.")

        @OptionGroup var global: GlobalOptions
        @OptionGroup var selection: PayoutSelection

        func run() async throws { try await PayoutCommand.run(selection.parameters(dryRun: true), global) }
    }

    /// `millctl payout run [payroll|refund|invoice-split] …`
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Creates the pending payouts, and shows the job until it ends.",
            discussion: """
                One such job of each type runs at a time. It ends with 0 when nothing went wrong, 2 when somebody got an \
                error and others did not, 1 when nobody was paid for errors. `millctl job retry ID` looks at those \
                again, for instance when a rate was mended.
                """)

        @OptionGroup var global: GlobalOptions
        @OptionGroup var selection: PayoutSelection

        func run() async throws { try await PayoutCommand.run(selection.parameters(dryRun: false), global) }
    }

    private static func run(_ parameters: PayoutParameters, _ global: GlobalOptions) async throws {
        let specification = JobSpecification(
            kind: kind, params: JSONRaw(parameters),
            uniqueKey: parameters.dryRun ? nil : "\(kind)/\(parameters.type.shortName)",
            uniqueMode: parameters.dryRun ? nil : .reject)
        try await JobWaiting.submit(specification, global) { PayoutText.summary(of: $0, $1) }
    }
}
