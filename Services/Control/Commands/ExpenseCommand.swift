import ArgumentParser
import Decimals
import MillraceProtocol

/// `millctl expense …`
struct ExpenseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expense", abstract: "Tells the categories of expenses, teaches them, and says how good it is.",
        subcommands: [
            Categorize.self, Learn.self, Explain.self, Import.self, List.self, Evaluate.self, Chat.self,
        ])

    /// The kind of the job that categorizes what is open.
    static let kind = "categorize-expenses"

    @OptionGroup var global: GlobalOptions
}

/// Which expense: one the categorizer keeps, by its id, or one as it is described here.
struct ExpenseSelection: ParsableArguments {
    @Argument(help: "The id of an expense; with --merchant or --description, of the one described here.") var id:
        String?
    @Option(help: "The merchant's text as booked.") var merchant: String?
    @Option(help: "What else is said.") var description: String?
    @Option(help: "The amount, such as -12.50.") var amount: String?
    @Option(help: "The day or time, such as 2026-11-21.") var date: String?
    @Option(help: "The account whose preferences and rules apply.") var owner: String?

    var isDescribed: Bool { merchant != nil || description != nil }
    var isGiven: Bool { id != nil || isDescribed }

    func need() throws {
        if !isGiven { throw ValidationError("give the id of an expense, or --merchant or --description") }
    }

    func validate() throws {
        if !isDescribed {
            if amount != nil || date != nil || owner != nil {
                throw ValidationError("--amount, --date and --owner go with --merchant or --description")
            }
        }
        if let amount, ExactDecimal(amount) == nil {
            throw ValidationError("'\(amount)' is no amount such as -12.50")
        }
    }

    /// Nil for one that is kept.
    var record: ExpenseRecord? {
        guard isDescribed else { return nil }
        return ExpenseRecord(
            id: id ?? "asked", owner: owner, merchantName: merchant, description: description,
            amount: amount.flatMap { ExactDecimal($0) }, transactionDate: date)
    }

    var keptID: String? { isDescribed ? nil : id }
}
