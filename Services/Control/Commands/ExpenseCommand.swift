import ArgumentParser

/// `millctl expense …`
struct ExpenseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expense", abstract: "Categories of expenses: how well they would be told.",
        subcommands: [Evaluate.self])

    @OptionGroup var global: GlobalOptions
}
