import ArgumentParser
import JSONCodec
import Linux
import MillraceProtocol

extension ExpenseCommand {
    /// `millctl expense categorize ID`, `millctl expense categorize --open`
    struct Categorize: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells the category of an expense; with --open a job for all that have none.",
            discussion: """
                For instance: millctl expense categorize --merchant "SHELL 4711" --amount 40
                              millctl expense categorize e-17
                              millctl expense categorize --open --limit 5000
                Ends with 1 where there is no answer.
                """)

        @OptionGroup var global: GlobalOptions
        @OptionGroup var selection: ExpenseSelection
        @Flag(help: "Submit a job for the expenses without a category, and show it until it ends.") var open = false
        @Option(help: "With --open: how many at most.", transform: OptionValue.integer(1...1_000_000)) var limit: Int?

        func validate() throws {
            if open == selection.isGiven { throw ValidationError("give either one expense or --open") }
            if !open, limit != nil { throw ValidationError("--limit goes with --open") }
        }

        func run() async throws {
            if open { return try await submit() }
            var hasAnswer = true
            // A person at a terminal rather waits for a busy machine than for nothing.
            let patient = CategorizeOptions(timeoutMs: 10_000)
            try await global.ask(
                ExpenseCategorize.self, .init(expense: selection.record, id: selection.keptID, options: patient),
                of: .categorizer
            ) { answer, terminal in
                hasAnswer = answer.categoryID != nil
                return ExpenseText.lines(answer, for: terminal)
            }
            if !hasAnswer { throw Exit.failure }
        }

        private func submit() async throws {
            var params: [JSONMember] = []
            if let limit { params.append(JSONMember("limit", .number(String(limit)))) }
            let specification = JobSpecification(
                kind: kind, params: JSONRaw(JSONValue.object(params)), uniqueKey: kind, uniqueMode: .reject)
            try await JobWaiting.submit(specification, global)
        }
    }

    /// `millctl expense explain ID`
    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says why an expense gets its category, and what nearly gave it another.")

        @OptionGroup var global: GlobalOptions
        @OptionGroup var selection: ExpenseSelection

        func validate() throws { try selection.need() }

        func run() async throws {
            try await global.ask(
                ExpenseExplain.self, .init(expense: selection.record, id: selection.keptID), of: .categorizer,
                ExpenseText.explanation)
        }
    }

    /// `millctl expense learn ID --category NAME`
    struct Learn: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Teaches the category of an expense; its merchant is right from the next answer on.",
            discussion: "For instance: millctl expense learn e-17 --category Fuel --predicted Travel")

        @OptionGroup var global: GlobalOptions
        @OptionGroup var selection: ExpenseSelection
        @Option(help: "The right category.") var category: String
        @Option(help: "What had been answered.") var predicted: String?

        func validate() throws {
            if selection.id == nil { throw ValidationError("what is learned is kept: give the expense an id") }
        }

        func run() async throws {
            let correction = CorrectionRecord(
                expense: selection.record, id: selection.keptID, category: category, predicted: predicted)
            try await global.ask(ExpenseLearn.self, .init(corrections: [correction]), of: .categorizer) { answer, _ in
                answer.lessons.flatMap(ExpenseText.lines)
            }
        }
    }

    /// `millctl expense chat`
    struct Chat: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what asking the chat service about merchants has cost this month, and what it may.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            try await global.ask(ChatShow.self, Empty(), of: .categorizer, ExpenseText.budget)
        }
    }

    /// `millctl expense list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the expenses that the categorizer keeps.")

        @OptionGroup var global: GlobalOptions
        @Flag(help: "Only those without a category.") var open = false
        @Option(help: "Only those of this account.") var owner: String?
        @Option(help: "Only ids behind this one.") var after: String?
        @Option(help: "How many at most.", transform: OptionValue.integer(1...1000)) var limit: Int = 100

        func run() async throws {
            let params = ExpenseList.Params(uncategorized: open, owner: owner, after: after, limit: limit)
            try await global.ask(ExpenseList.self, params, of: .categorizer, ExpenseText.list)
        }
    }
}
