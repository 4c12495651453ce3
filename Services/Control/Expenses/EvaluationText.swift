import Categorization
import Linux

/// What `millctl expense evaluate` says to a person.
enum EvaluationText {
    static func lines(_ run: EvaluationRun, for terminal: Terminal) -> [String] {
        var facts = Facts([
            ("Learned", "\(Counted.text(run.learnedRows, "row")), \(run.labels) categories, \(seconds(run))"),
            ("Judged", Counted.text(run.whole.evaluation.count, "row")),
        ])
        facts.add(
            "Never learned",
            run.unknownLabels == 0
                ? nil : "\(Counted.text(run.unknownLabels, "row")) of a category that was not in what was learned",
            .warning)
        facts.add(
            "Would answer",
            run.threshold <= 1
                ? "from a probability of \(percent(run.threshold)) on" : "never: no probability was sure enough")
        var lines = facts.lines(for: terminal) + [""]
        lines += figures(run).lines(for: terminal)
        lines += [
            "",
            terminal.paint("Reliability: of those answered with about this probability, how many were right", .strong),
        ]
        lines += reliability(run.whole.evaluation).lines(for: terminal)
        if let trial = run.corrections {
            lines += [
                "",
                "After \(Counted.text(trial.corrections, "correction")), of which \(trial.rightAtOnce) were right at once: "
                    + "\(percent(trial.after)) of other rows are right, \(percent(trial.before)) before, "
                    + "\(percent(trial.anew)) of a model trained anew",
            ]
        }
        if !run.whole.evaluation.confusions.isEmpty {
            lines += ["", terminal.paint("Most often mistaken", .strong)]
            lines += confusions(run.whole.evaluation).lines(for: terminal)
        }
        return lines
    }

    private static func figures(_ run: EvaluationRun) -> Table {
        var table = Table([
            .text(run.by ?? "", shrinksTo: 10), .number("Rows"), .number("Accuracy"), .number("At 95 %"),
            .number("Macro F1"), .number("Calibration"), .number("Answered"), .number("Right of these"),
            .number("A second", leaves: 1),
        ])
        for part in [run.whole] + run.groups {
            let evaluation = part.evaluation
            let answered = evaluation.answered(from: run.threshold)
            table.add([
                Table.Cell(part.name ?? "all"), Table.Cell(evaluation.count),
                Table.Cell(percent(evaluation.accuracy)),
                Table.Cell(percent(evaluation.coverage(atPrecision: EvaluationRun.precision).share)),
                Table.Cell(percent(evaluation.macroF1)), Table.Cell(percent(evaluation.calibrationError)),
                Table.Cell(percent(answered.share)), Table.Cell(answered.share > 0 ? percent(answered.precision) : ""),
                Table.Cell(Int(part.decisionsPerSecond)),
            ])
        }
        return table
    }

    private static func reliability(_ evaluation: Evaluation) -> Table {
        var table = Table([.text("Probability"), .number("Rows"), .number("Said"), .number("Right"), .text("")])
        for bin in evaluation.reliability where bin.count > 0 {
            let width = Int((bin.accuracy * 30).rounded())
            table.add([
                Table.Cell("\(percent(bin.lower)) to \(percent(bin.upper))"), Table.Cell(bin.count),
                Table.Cell(percent(bin.probability)), Table.Cell(percent(bin.accuracy)),
                Table.Cell(String(repeating: "#", count: width), .quiet),
            ])
        }
        return table
    }

    private static func confusions(_ evaluation: Evaluation) -> Table {
        var table = Table([.number("Rows"), .text("Is", shrinksTo: 15), .text("Was taken for", shrinksTo: 15)])
        for confusion in evaluation.confusions {
            table.add([Table.Cell(confusion.count), Table.Cell(confusion.truth), Table.Cell(confusion.answer)])
        }
        return table
    }

    private static func seconds(_ run: EvaluationRun) -> String {
        "in \(Duration.milliseconds(Int64(run.trainingSeconds * 1000)).short)"
    }

    /// "93.4 %"
    static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
