import ArgumentParser
import Categorization
import Linux
import Tables

extension ExpenseCommand {
    /// `millctl expense evaluate FILE --text description --label category`
    /// `millctl expense evaluate --learn FILE --judge FILE --text description --label category`
    struct Evaluate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Learns from one CSV file, judges another or a part of it, and says how good the answers are.",
            discussion: """
                For instance: millctl expense evaluate --learn 2019.csv --judge 2020.csv --text supplier,narrative \
                --label category --amount amount --date date
                A single FILE is parted: merchants of whom nothing is learned, the latest tenth of the time, and rows by \
                chance are judged, the rest is learned.
                No service is needed. Nothing of the judged file is learned. Each mistake in a file is told with its line: \
                a row without a category is left out, an amount or a day that cannot be read is done without.
                """)

        /// So many mistakes are told; the rest is counted.
        static let shownProblems = 50

        @OptionGroup var global: GlobalOptions
        @Argument(help: "A CSV file of which a part is learned and the rest is judged.", completion: .file())
        var file: String?
        @Option(help: "The CSV file to learn from.", completion: .file()) var learn: String?
        @Option(help: "The CSV file to judge.", completion: .file()) var judge: String?
        @Option(help: "The columns with text, the merchant's or supplier's first: column[,column].") var text: String
        @Option(help: "The column with the true category.") var label: String
        @Option(help: "The column with the amount, such as -12.50.") var amount: String?
        @Option(help: "The column with the day, such as 2026-11-21.") var date: String?
        @Option(help: "Figures apart for each value of this column of the judged file.") var by: String?
        @Option(help: "Correct so many wrong answers at most, and say how the model keeps up with one trained anew.")
        var correct = 0
        @Option(help: "A file for a drawing of the reliability curve, SVG.", completion: .file()) var plot: String?
        @Flag(help: "Refuse a file with mistakes, instead of judging by the rest.") var strict = false

        var texts: [String] {
            text.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
        }

        func validate() throws {
            switch (file, learn, judge) {
            case (.some, nil, nil), (nil, .some, .some): break
            default: throw ValidationError("give either one FILE, or both --learn FILE and --judge FILE")
            }
            if file != nil, by != nil { throw ValidationError("--by is for a file that is judged whole: --judge FILE") }
            if correct < 0 { throw ValidationError("--correct is a number of answers, from 0 on") }
            if texts.contains("") { throw ValidationError("--text has an empty name; give column or column,column") }
            if let plot, !plot.lowercased().hasSuffix(".svg") {
                throw ValidationError("--plot draws SVG; give a name that ends in .svg, not '\(plot)'")
            }
            for (option, value) in [("--label", label), ("--amount", amount ?? "-"), ("--date", date ?? "-")]
            where value.isEmpty {
                throw ValidationError("\(option) is empty; give the name of a column")
            }
        }

        func run() throws {
            var columns = ExpenseTable.Columns(texts: texts, label: label)
            columns.amount = amount
            columns.date = date
            columns.doesWithoutUnreadable = true
            let run: EvaluationRun
            if let file {
                let split = HistorySplit(try table(file, columns).examples)
                guard !split.learn.isEmpty, !split.judge.isEmpty else {
                    throw Failure(.dataError, "\(file) has too few rows to be parted")
                }
                let judged = zip(split.judge, split.reasons).map { (example: $0, group: $1.rawValue) }
                run = EvaluationRun(split.learn, judged, by: "split", corrections: correct, clock: SystemTime())
            } else {
                let learned = try table(learn ?? "", columns)
                columns.group = by
                let judged = try table(judge ?? "", columns).rows.map { (example: $0.example, group: $0.group) }
                run = EvaluationRun(learned.examples, judged, by: by, corrections: correct, clock: SystemTime())
            }
            if let plot {
                let file = try OutputFile(plot)
                try file.write(Array(ReliabilityPlot(run).svg.utf8))
                try file.finish()
            }
            if global.json {
                JSONOutput.document(run)
            } else {
                Output.lines(EvaluationText.lines(run, for: global.terminal))
            }
        }

        private func table(_ path: String, _ columns: ExpenseTable.Columns) throws -> ExpenseTable {
            let table = ExpenseTable(try Files.read(path), columns)
            var lines = table.problems.prefix(Self.shownProblems).map { "\(path): \($0)" }
            if table.problems.count > Self.shownProblems {
                lines.append("and \(table.problems.count - Self.shownProblems) more")
            }
            if table.isUnusable || table.rows.isEmpty || (strict && !table.problems.isEmpty) {
                throw Failure(.dataError, "\(path) cannot be used", lines: lines)
            }
            for line in lines { Output.error(line) }
            let leftOut = table.read - table.rows.count
            if leftOut > 0 { Output.error("\(path): \(Counted.text(leftOut, "row")) left out") }
            return table
        }
    }
}
