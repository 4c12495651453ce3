import Categorization
import Glibc
import Linux

/// Purchases of a CSV file, as the learned layer and as the rules see them.
struct Purchases {
    var examples: [LabelledExample]
    var expenses: [Expense]

    init(_ path: String, texts: [String], label: String) throws {
        var columns = ExpenseTable.Columns(texts: texts, label: label)
        columns.amount = "amount"
        columns.date = "date"
        let table = ExpenseTable(try Files.read(path), columns)
        for problem in table.problems {
            print("\(path): \(problem)")
            exit(65)
        }
        examples = table.examples
        expenses = table.rows.map { row in
            let texts = row.example.example.texts
            return Expense(
                id: "\(row.line)", merchant: texts.first, description: texts.count > 1 ? texts[1] : nil,
                amount: row.amount, date: row.example.example.date)
        }
    }
}
