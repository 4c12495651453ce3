import Glibc

/// What models trained on a part say of the rest: from it scores become probabilities.
struct Trial {
    private struct Row {
        /// Linear scores, before any temperature.
        var scores: [LinearLayer.Lane]
        var model: Int
        var row: Int
        var isKnown: Bool
        var weight: Double
    }

    private let rows: TrainingRows
    private var models: [TextModel] = []
    private var held: [Row] = []

    /// Rows that are looked at, at most for each model.
    private static let maximumRows = 6000

    init(_ rows: TrainingRows, folds: Int, train: ([Int]) -> TextModel) {
        self.rows = rows
        var counts: [UInt64: Int] = [:]
        for keys in rows.keys { counts[keys.merchant, default: 0] += 1 }
        for fold in 0..<max(folds, 2) {
            let chosen = rows.heldBack(fold, of: max(folds, 2))
            let isHeld = Set(chosen)
            var model = train((0..<rows.count).filter { !isHeld.contains($0) })
            var scratch = ModelScratch()
            let stride = chosen.count / Self.maximumRows + 1
            for (place, row) in chosen.enumerated() where place % stride == 0 {
                let keys = rows.keys[row]
                model.scores(of: rows.examples[row].example, keys, &scratch)
                let isKnown = model.table.contains(keys.merchant)
                // A few large merchants must not speak for all that are yet unknown.
                let weight = isKnown ? 1 : 1 / Double(counts[keys.merchant] ?? 1).squareRoot()
                held.append(Row(scores: scratch.scores, model: fold, row: row, isKnown: isKnown, weight: weight))
            }
            // From here on only its memory of merchants is asked; the weights would fill the machine's.
            model.dropWeights()
            models.append(model)
        }
    }

    /// The temperature under which the held rows are likeliest, and the curve that makes its scores probabilities.
    func judgement(known: Bool) -> TextModel.Judgement {
        let rows = held.filter { $0.isKnown == known }
        var judgement = TextModel.Judgement()
        guard rows.count >= 2 * Calibration.minimumPool else { return judgement }
        var least = Double.infinity
        for temperature in [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1, 1.25] as [Float] {
            var tried = TextModel.Judgement()
            tried.temperature = temperature
            var loss = 0.0
            for row in rows {
                loss -= log(max(Double(answer(row, tried).truth), 1e-4)) * row.weight
            }
            if loss < least {
                least = loss
                judgement = tried
            }
        }
        let samples = rows.map { row in
            let answer = answer(row, judgement)
            return Calibration.Sample(score: answer.score, isRight: answer.isRight, weight: row.weight)
        }
        judgement.calibration = Calibration(samples)
        return judgement
    }

    /// The lowest probability above which answers reach the precision; above 1 when none does.
    func threshold(_ known: TextModel.Judgement, _ unknown: TextModel.Judgement, precision: Double) -> Float {
        let judged = held.map { row in
            let answer = answer(row, row.isKnown ? known : unknown)
            return (probability: answer.probability, isRight: answer.isRight, weight: row.weight)
        }
        .sorted { $0.probability > $1.probability }
        var (right, all) = (0.0, 0.0)
        var threshold: Float = 2
        for (place, one) in judged.enumerated() {
            all += one.weight
            if one.isRight { right += one.weight }
            let isLastOfEqual = place + 1 == judged.count || judged[place + 1].probability < one.probability
            if isLastOfEqual, right >= precision * all { threshold = one.probability }
        }
        return threshold
    }

    private func answer(
        _ row: Row, _ judgement: TextModel.Judgement
    ) -> (score: Float, probability: Float, isRight: Bool, truth: Float) {
        var scratch = ModelScratch()
        scratch.scores = row.scores
        let answer = models[row.model].judge(rows.keys[row.row], judgement, isKnown: row.isKnown, &scratch)
        let label = rows.label[row.row]
        return (answer.score, answer.probability, answer.label == label, scratch.mixed[Int(label)])
    }
}
