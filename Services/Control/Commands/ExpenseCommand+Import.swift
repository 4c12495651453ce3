import ArgumentParser
import Categorization
import JSONCodec
import Linux
import MillraceProtocol
import Tables

extension ExpenseCommand {
    /// `millctl expense import FILE --merchant COLUMN`
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes in expenses from CSV, with their categories where people have told them.",
            discussion: """
                For instance: millctl expense import card.csv --merchant description --category category --id id \
                --amount amount --date date --create-categories
                From the confirmed ones the categorizer learns. Rows that are wrong are told with their line and left out; \
                the same file again changes nothing. Of an expense that is known only what the file tells is changed, and \
                never a category that a person has corrected since. Ends with 65 when rows were left out.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The CSV file.", completion: .file()) var file: String
        @Option(help: "The column with the merchant's text.") var merchant: String
        @Option(help: "The column with what else is said.") var description: String?
        @Option(help: "The column with the category, if there is one; an empty one is not told yet.") var category:
            String?
        @Option(help: "The column with the id; without one, it is made of all the other columns but the category.")
        var id: String?
        @Option(help: "The column with the amount.") var amount: String?
        @Option(help: "The column with the day.") var date: String?
        @Option(help: "The column with the account.") var owner: String?
        @Flag(name: .customLong("create-categories"), help: "Make categories that are not there.")
        var createCategories = false

        func run() async throws {
            var columns = ExpenseTable.Columns(texts: [merchant] + (description.map { [$0] } ?? []), label: category)
            (columns.id, columns.amount, columns.date, columns.owner) = (id, amount, date, owner)
            columns.needsLabel = false
            columns.makesIDs = true
            let table = ExpenseTable(try Files.read(file), columns)
            guard !table.isUnusable else {
                throw Failure(.dataError, "\(file) cannot be used", lines: table.problems.map { "\(file): \($0)" })
            }
            var total = ExpenseImport.Result(imported: 0, updated: 0, unchanged: 0)
            total.problems = table.problems.map { RowProblem(line: $0.line, field: $0.field, message: $0.message) }
            let caller = try Caller(service: KnownService.categorizer.name, at: global.place)
            let rows = table.rows.map(Self.row)
            for first in stride(from: 0, to: rows.count, by: Self.portion) {
                let part = Array(rows[first..<min(first + Self.portion, rows.count)])
                let done = try await caller.call(
                    ExpenseImport.self, .init(rows: part, createCategories: createCategories)
                ).value
                total.imported += done.imported
                total.updated += done.updated
                total.unchanged += done.unchanged
                total.overruled += done.overruled
                total.categories += done.categories
                total.problems += done.problems
            }
            total.problems.sort { $0.line < $1.line }
            show(total)
            if !total.problems.isEmpty { throw Exit.dataError }
        }

        /// Rows of one request, whose frame has to hold them.
        private static let portion = 2000

        /// An empty field tells nothing, as one that is not there.
        private static func row(_ row: ExpenseTable.Row) -> HistoryRow {
            let texts = row.example.example.texts.map { trimmed($0).isEmpty ? nil : $0 }
            return HistoryRow(
                line: row.line,
                expense: ExpenseRecord(
                    id: row.id, owner: row.owner.isEmpty ? nil : row.owner, merchantName: texts[0],
                    description: texts.count > 1 ? texts[1] : nil, amount: row.amount,
                    transactionDate: row.example.example.date.map { "\($0)" }),
                category: row.example.label.isEmpty ? nil : row.example.label)
        }

        private func show(_ total: ExpenseImport.Result) {
            if global.json { return JSONOutput.document(total) }
            for problem in total.problems.prefix(Evaluate.shownProblems) {
                let field = problem.field.map { " (\($0))" } ?? ""
                Output.error("\(file): line \(problem.line)\(field): \(problem.message), left out")
            }
            if total.problems.count > Evaluate.shownProblems {
                Output.error("and \(total.problems.count - Evaluate.shownProblems) more")
            }
            var facts = Facts([("Imported", "\(total.imported)")])
            facts.add("Updated", total.updated == 0 ? nil : "\(total.updated)")
            facts.add("Unchanged", total.unchanged == 0 ? nil : "\(total.unchanged)")
            facts.add("Corrected", total.overruled == 0 ? nil : "\(total.overruled) since; their category stands")
            facts.add("Left out", total.problems.isEmpty ? nil : "\(total.problems.count)", .warning)
            facts.add("Made", total.categories.isEmpty ? nil : "\(total.categories.count) new categories")
            Output.lines(facts.lines(for: global.terminal))
        }
    }
}
