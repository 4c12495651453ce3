/// How well a model that is corrected answer by answer keeps up with one that is trained anew with all that was said.
public struct CorrectionTrial: Hashable, Sendable {
    /// Wrong answers that were corrected.
    public private(set) var corrections = 0
    /// Of these, how many had the right label at once, by the next answer for the same example.
    public private(set) var rightAtOnce = 0
    /// Shares of right answers for rows that taught nothing: before, after the corrections, and of the model trained anew.
    public private(set) var before = 0.0
    public private(set) var after = 0.0
    public private(set) var anew = 0.0

    /// - Parameters:
    ///   - model: what was trained on `history`.
    ///   - rows: every second one teaches where it is answered wrongly, the others judge.
    ///   - most: corrections at most.
    public init(_ model: TextModel, history: [LabelledExample], rows: [LabelledExample], most: Int) {
        let judged = rows.indices.filter { $0 % 2 == 1 }.map { rows[$0] }
        let accuracy = { (model: TextModel) in Evaluation(EvaluationReport.judge(judged, by: model)).accuracy }
        before = accuracy(model)
        var corrected = model
        var scratch = ModelScratch()
        var taught: [LabelledExample] = []
        for row in rows.indices.lazy.filter({ $0 % 2 == 0 }).map({ rows[$0] }) {
            guard taught.count < most else { break }
            guard corrected.predict(row.example, top: 1, &scratch).first?.label != row.label else { continue }
            corrected.correct(row.example, label: row.label)
            taught.append(row)
            if corrected.predict(row.example, top: 1, &scratch).first?.label == row.label { rightAtOnce += 1 }
        }
        corrections = taught.count
        after = accuracy(corrected)
        anew = accuracy(TextModel(history + taught))
    }
}
