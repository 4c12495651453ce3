import Categorization
import JSONCodec
import Linux

/// What came of learning from one table and judging another.
struct EvaluationRun {
    /// The precision at which the coverage is given.
    static let precision = 0.95

    /// Figures of all judged rows, or of a group of them.
    struct Part {
        /// Nil for all rows.
        var name: String?
        var evaluation: Evaluation
        /// Answers given one after the other, by the clock on the wall.
        var decisionsPerSecond: Double
    }

    let whole: Part
    /// In the order of their names.
    let groups: [Part]
    /// The column of the groups.
    let by: String?
    let learnedRows: Int
    let labels: Int
    /// Judged rows whose category was not among those learned.
    let unknownLabels: Int
    /// From this probability on the categorizer would answer by itself; above 1 never.
    let threshold: Double
    let trainingSeconds: Double
    /// Nil where nobody asked for it.
    let corrections: CorrectionTrial?

    /// - Parameters:
    ///   - judge: rows with the names of their groups.
    ///   - by: what the groups are by; nil for none.
    ///   - corrections: answers that are corrected at most, to see how the model keeps up; 0 for none.
    init(
        _ learn: [LabelledExample], _ judge: [(example: LabelledExample, group: String)], by: String?,
        corrections most: Int = 0, clock: some TimeSource
    ) {
        let start = clock.boot()
        let model = TextModel(learn)
        trainingSeconds = (clock.boot() - start).seconds
        let parts = Dictionary(grouping: judge) { $0.group }.sorted { $0.key < $1.key }
        var answers: [JudgedAnswer] = []
        var groups: [String] = []
        var rates: [String: Double] = [:]
        var total = 0.0
        for (name, rows) in parts {
            let examples = rows.map(\.example)
            let start = clock.boot()
            answers += EvaluationReport.judge(examples, by: model)
            let seconds = max((clock.boot() - start).seconds, 1e-9)
            rates[name] = Double(examples.count) / seconds
            total += seconds
            groups += Array(repeating: name, count: examples.count)
        }
        let report = EvaluationReport(answers, groups: by == nil ? [] : groups, of: model)
        whole = Part(name: nil, evaluation: report.whole, decisionsPerSecond: Double(answers.count) / total)
        self.groups = report.groups.map {
            Part(name: $0.name, evaluation: $0.evaluation, decisionsPerSecond: rates[$0.name] ?? 0)
        }
        self.by = by
        learnedRows = learn.count
        corrections =
            most > 0 ? CorrectionTrial(model, history: learn, rows: judge.map(\.example), most: most) : nil
        labels = model.labels.count
        unknownLabels = report.unknownLabels
        threshold = Double(model.threshold)
    }
}

extension EvaluationRun: JSONEncodable {
    /// Shares and probabilities are from 0 to 1, four decimals.
    func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("learned") { json in
                json.object {
                    $0.member("rows", learnedRows)
                    $0.member("labels", labels)
                    $0.member("seconds", trainingSeconds.short)
                }
            }
            json.member("unknownLabels", unknownLabels)
            // A threshold above 1 is never reached.
            json.member("threshold", ifPresent: threshold <= 1 ? threshold.short : nil)
            encode(whole, to: &json)
            json.member("reliability") { json in
                json.array { json in
                    for bin in whole.evaluation.reliability {
                        json.object {
                            $0.member("from", bin.lower.short)
                            $0.member("to", bin.upper.short)
                            $0.member("rows", bin.count)
                            $0.member("probability", bin.probability.short)
                            $0.member("accuracy", bin.accuracy.short)
                        }
                    }
                }
            }
            json.member("confusions") { json in
                json.array { json in
                    for confusion in whole.evaluation.confusions {
                        json.object {
                            $0.member("truth", confusion.truth)
                            $0.member("answer", confusion.answer)
                            $0.member("rows", confusion.count)
                        }
                    }
                }
            }
            if let corrections {
                json.member("corrections") { json in
                    json.object {
                        $0.member("made", corrections.corrections)
                        $0.member("rightAtOnce", corrections.rightAtOnce)
                        $0.member("accuracyBefore", corrections.before.short)
                        $0.member("accuracyAfter", corrections.after.short)
                        $0.member("accuracyTrainedAnew", corrections.anew.short)
                    }
                }
            }
            if let by {
                json.member("by") { json in
                    json.object { json in
                        json.member("column", by)
                        json.member("groups") { json in
                            json.array { json in
                                for group in groups {
                                    json.object { json in
                                        json.member("value", group.name ?? "")
                                        encode(group, to: &json)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private func encode(_ part: Part, to json: inout JSONWriter) {
        let evaluation = part.evaluation
        let coverage = evaluation.coverage(atPrecision: Self.precision)
        let answered = evaluation.answered(from: threshold)
        json.member("rows", evaluation.count)
        json.member("accuracy", evaluation.accuracy.short)
        json.member("coverageAt95", coverage.share.short)
        json.member("coverageAt95From", ifPresent: coverage.share > 0 ? coverage.threshold.short : nil)
        json.member("macroF1", evaluation.macroF1.short)
        json.member("calibrationError", evaluation.calibrationError.short)
        json.member("answered", answered.share.short)
        json.member("answeredPrecision", answered.precision.short)
        json.member("decisionsPerSecond", Int(part.decisionsPerSecond))
    }
}

extension Double {
    /// Four decimals.
    fileprivate var short: Double { (self * 10_000).rounded() / 10_000 }
}
