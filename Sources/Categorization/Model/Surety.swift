import Glibc

/// How likely an answer is to be right by more than its own share: also by how far the second is behind, by how much of
/// the text is known, and by what is remembered. A logistic regression.
struct Surety: Hashable, Sendable {
    /// What is seen of an answer.
    struct Signs: Hashable, Sendable {
        var values: [Float]

        static let count = 9

        init(
            best: Float, second: Float, familiarity: Familiarity, remembered: Float, purity: Float, knowsAmount: Bool
        ) {
            let clear = min(max(best, 1e-4), 0.9999)
            values = [
                1, logf(clear / (1 - clear)), min(logf(max(best, 1e-6) / max(second, 1e-6)), 8),
                familiarity.shareOfLetters, familiarity.shareOfWords, familiarity.hasKind ? 1 : 0,
                log1pf(remembered), purity, knowsAmount ? 1 : 0,
            ]
        }
    }

    struct Sample {
        var signs: Signs
        var isRight: Bool
        var weight: Float
    }

    /// Empty leaves the answer's share as it is.
    var weights: [Float] = []

    init(weights: [Float] = []) { self.weights = weights }

    func score(_ signs: Signs) -> Float {
        guard weights.count == Signs.count else { return 1 / (1 + expf(-signs.values[1])) }
        var sum: Float = 0
        for place in 0..<Signs.count { sum += weights[place] * signs.values[place] }
        return 1 / (1 + expf(-sum))
    }

    /// By Newton's method; weights are held small where few samples speak.
    init(_ samples: [Sample], hold: Double = 3) {
        let count = Signs.count
        var weights = [Double](repeating: 0, count: count)
        weights[1] = 1
        for _ in 0..<12 {
            var slope = [Double](repeating: 0, count: count)
            var bend = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
            for place in 0..<count {
                slope[place] = hold * (weights[place] - (place == 1 ? 1 : 0))
                bend[place][place] = hold
            }
            for sample in samples {
                let values = sample.signs.values
                var sum = 0.0
                for place in 0..<count { sum += weights[place] * Double(values[place]) }
                let share = 1 / (1 + exp(-sum))
                let error = Double(sample.weight) * (share - (sample.isRight ? 1 : 0))
                let curve = Double(sample.weight) * max(share * (1 - share), 1e-6)
                for row in 0..<count {
                    slope[row] += error * Double(values[row])
                    for column in 0...row {
                        bend[row][column] += curve * Double(values[row]) * Double(values[column])
                    }
                }
            }
            guard let step = Self.solve(bend, slope) else { break }
            for place in 0..<count { weights[place] -= step[place] }
            if step.allSatisfy({ abs($0) < 1e-4 }) { break }
        }
        self.weights = weights.allSatisfy(\.isFinite) ? weights.map { Float($0) } : []
    }

    /// Of a symmetric, positive matrix, of which the lower half is given (Cholesky); nil where it is not.
    private static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
        let count = right.count
        var lower = matrix
        for row in 0..<count {
            for column in 0...row {
                var sum = matrix[row][column]
                for place in 0..<column { sum -= lower[row][place] * lower[column][place] }
                if row == column {
                    guard sum > 0 else { return nil }
                    lower[row][row] = sum.squareRoot()
                } else {
                    lower[row][column] = sum / lower[column][column]
                }
            }
        }
        var solution = right
        for row in 0..<count {
            for place in 0..<row { solution[row] -= lower[row][place] * solution[place] }
            solution[row] /= lower[row][row]
        }
        for row in (0..<count).reversed() {
            for place in (row + 1)..<count { solution[row] -= lower[place][row] * solution[place] }
            solution[row] /= lower[row][row]
        }
        return solution
    }
}
