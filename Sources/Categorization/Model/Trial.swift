import Glibc

/// What models trained on a part say of the rest: from it scores become probabilities.
struct Trial {
    typealias Judgement = TextModel.Judgement

    private struct Row {
        /// Linear scores, before any temperature.
        var scores: [LinearLayer.Lane]
        var recollection: Recollection
        var model: Int
        var row: Int
        var regime: TextModel.Regime
    }

    private let rows: TrainingRows
    private var models: [TextModel] = []
    private var held: [Row] = []

    /// Rows of merchants that the model knows, and of others, that are looked at, at most for each model.
    private static let maximumRows = 4000
    /// Rows by which a regime's parameters are chosen, at most.
    private static let maximumTried = 4000

    init(_ rows: TrainingRows, folds: Int, train: ([Int]) -> TextModel) {
        self.rows = rows
        for fold in 0..<max(folds, 2) {
            let part = rows.part(fold, of: max(folds, 2))
            var model = train(part.learn)
            var scratch = ModelScratch()
            for regime in TextModel.Regime.allCases {
                let judged = part.judge.filter { model.regime(rows.keys[$0], day: rows.day[$0]) == regime }
                let stride = judged.count / Self.maximumRows + 1
                for row in judged.indices.lazy.filter({ $0 % stride == 0 }).map({ judged[$0] }) {
                    let keys = rows.keys[row]
                    model.scores(of: rows.examples[row].example, keys, &scratch)
                    model.recall(rows.examples[row].example, keys, &scratch)
                    held.append(
                        Row(
                            scores: scratch.scores, recollection: scratch.recollection, model: fold, row: row,
                            regime: regime))
                }
            }
            model.dropKnowledge()
            models.append(model)
        }
    }

    func judgements() -> [Judgement] {
        var known = Judgement()
        return TextModel.Regime.allCases.map { regime in
            let judgement = judgement(regime, regime == .unknown ? Judgement() : known)
            if regime == .known { known = judgement }
            return judgement
        }
    }

    /// The parameters under which the held rows of a regime are likeliest, and the curve that makes scores probabilities;
    /// the other where too few rows were held. What holds for merchants that are known says nothing of those that are not.
    private func judgement(_ regime: TextModel.Regime, _ other: Judgement) -> Judgement {
        let rows = held.filter { $0.regime == regime }
        var best = Judgement()
        guard rows.count >= 2 * Calibration.minimumPool else { return other }
        let tried = rows.indices.filter { $0 % (rows.count / Self.maximumTried + 1) == 0 }.map { rows[$0] }
        var least = loss(tried, best)
        func choose<Value>(_ path: WritableKeyPath<Judgement, Value>, _ values: [Value]) {
            for value in values {
                var next = best
                next[keyPath: path] = value
                let loss = loss(tried, next)
                if loss < least { (least, best) = (loss, next) }
            }
        }
        for _ in 0..<2 {
            choose(\.temperature, [0.06, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.6])
            choose(\.value, [0, 0.25, 0.5, 0.75, 1, 1.5, 2])
            guard regime != .unknown else { continue }
            for place in 0..<MemoryKeys.levelCount {
                choose(\.priors[place], [0.3, 1, 3, 10, 30, 100, 300, 1000])
            }
        }
        best.calibration = Calibration(
            rows.map { row in
                let answer = answer(row, best)
                return Calibration.Sample(
                    score: answer.score, isRight: answer.isRight, weight: weight(row),
                    group: row.regime != .known ? self.rows.keys[row.row].merchant : UInt64(row.row))
            })
        return best
    }

    /// A merchant nobody knows is right or wrong as a whole: a thousand rows of one say little of another.
    private func weight(_ row: Row) -> Float {
        row.regime == .unknown ? 1 / Float(rows.merchantRows[row.row]).squareRoot() : 1
    }

    private func loss(_ rows: [Row], _ judgement: Judgement) -> Double {
        rows.reduce(0) { $0 - Double(weight($1)) * log(max(Double(answer($1, judgement).truth), 1e-4)) }
    }

    /// The lowest probability above which answers reach the precision; above 1 when none does.
    func threshold(_ judgements: [Judgement], precision: Double) -> Float {
        let judged = held.map { row in
            let answer = answer(row, judgements[row.regime.rawValue])
            return (probability: answer.probability, isRight: answer.isRight)
        }
        .sorted { $0.probability > $1.probability }
        var (right, all) = (0.0, 0.0)
        var threshold: Float = 2
        for (place, one) in judged.enumerated() {
            all += 1
            if one.isRight { right += 1 }
            let isLastOfEqual = place + 1 == judged.count || judged[place + 1].probability < one.probability
            if isLastOfEqual, right >= precision * all { threshold = one.probability }
        }
        return threshold
    }

    private func answer(
        _ row: Row, _ judgement: Judgement
    ) -> (score: Float, probability: Float, isRight: Bool, truth: Float) {
        var scratch = ModelScratch()
        scratch.scores = row.scores
        scratch.recollection = row.recollection
        let example = rows.examples[row.row].example
        let answer = models[row.model].judge(example, judgement, &scratch)
        let label = rows.label[row.row]
        return (answer.score, answer.probability, answer.label == label, scratch.mixed[Int(label)])
    }
}
