import Glibc

/// What models trained on a part say of the rest: from it scores become probabilities.
struct Trial {
    typealias Judgement = TextModel.Judgement

    private struct Row {
        /// Linear scores, before any temperature.
        var scores: [LinearLayer.Lane]
        var familiarity: Familiarity
        var model: Int
        var row: Int
        var regime: TextModel.Regime
    }

    private let rows: TrainingRows
    private var models: [TextModel] = []
    private var held: [Row] = []

    /// Rows of merchants that the model knows, and of others, that are looked at, at most for each model.
    private static let maximumRows = 3000
    /// Rows by which a regime's parameters are chosen, at most.
    private static let maximumTried = 4000

    init(_ rows: TrainingRows, folds: Int, train: ([Int]) -> TextModel) {
        self.rows = rows
        for fold in 0..<max(folds, 2) {
            let chosen = rows.heldBack(fold, of: max(folds, 2))
            let isHeld = Set(chosen)
            var model = train((0..<rows.count).filter { !isHeld.contains($0) })
            var scratch = ModelScratch()
            for part in [chosen.filter({ model.knows(rows.keys[$0]) }), chosen.filter({ !model.knows(rows.keys[$0]) })]
            {
                let stride = part.count / Self.maximumRows + 1
                for row in part.indices.lazy.filter({ $0 % stride == 0 }).map({ part[$0] }) {
                    let keys = rows.keys[row]
                    model.scores(of: rows.examples[row].example, keys, &scratch)
                    held.append(
                        Row(
                            scores: scratch.scores, familiarity: scratch.familiarity, model: fold, row: row,
                            regime: model.regime(keys, day: rows.day[row])))
                }
            }
            // From here on only its memory of merchants is asked; the weights would fill the machine's.
            model.dropWeights()
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

    /// The parameters under which the held rows of a regime are likeliest, and what makes scores probabilities; the other
    /// where too few rows were held. What holds for merchants that are known says nothing of those that are not.
    private func judgement(_ regime: TextModel.Regime, _ other: Judgement) -> Judgement {
        let rows = held.filter { $0.regime == regime }
        guard rows.count >= 2 * Calibration.minimumPool else { return other }
        var best = Judgement()
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
        let levels = regime == .unknown ? MemoryKeys.sharedLevelCount : MemoryKeys.levelCount
        for _ in 0..<2 {
            choose(\.temperature, [0.06, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.6])
            choose(\.value, [0, 0.25, 0.5, 0.75, 1, 1.5, 2])
            for place in 0..<levels { choose(\.priors[place], [1, 3, 10, 30, 100, 300, 1000]) }
        }
        let answers = rows.map { (weight: weight($0), answer: answer($0, best)) }
        best.surety = Surety(
            answers.map { weight, answer in
                Surety.Sample(signs: answer.signs, isRight: answer.isRight, weight: weight)
            })
        best.calibration = Calibration(
            answers.map { weight, answer in
                Calibration.Sample(score: best.surety.score(answer.signs), isRight: answer.isRight, weight: weight)
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
    ) -> (signs: Surety.Signs, probability: Float, isRight: Bool, truth: Float) {
        var scratch = ModelScratch()
        scratch.familiarity = row.familiarity
        scratch.scores = row.scores
        let example = rows.examples[row.row].example
        let answer = models[row.model].judge(example, rows.keys[row.row], judgement, &scratch)
        let label = rows.label[row.row]
        return (answer.signs, answer.probability, answer.label == label, scratch.mixed[Int(label)])
    }
}
