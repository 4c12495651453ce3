import Glibc

/// A weight for each row of pieces and label; a label's score is the sum of its pieces' weights. About 1 where a label is certain,
/// -1 where it is not.
struct LinearLayer: Sendable {
    typealias Lane = SIMD8<Float>

    let labels: Int
    /// Lanes of eight labels.
    let lanes: Int
    /// Row after row, each of as many lanes.
    var weights: [Lane]
    var bias: [Lane]

    init(rows: Int, labels: Int) {
        self.labels = labels
        lanes = (labels + 7) / 8
        weights = [Lane](repeating: .zero, count: rows * lanes)
        bias = [Lane](repeating: .zero, count: lanes)
    }

    /// Sets `scores` to the sum of the pieces' weights.
    func score(_ vector: SparseVector, into scores: inout [Lane]) {
        scores.withUnsafeMutableBufferPointer { scores in
            bias.withUnsafeBufferPointer { bias in for lane in 0..<lanes { scores[lane] = bias[lane] } }
            weights.withUnsafeBufferPointer { weights in
                for place in vector.numbers.indices {
                    let row = Int(vector.numbers[place]) * lanes
                    let value = Lane(repeating: vector.values[place])
                    for lane in 0..<lanes { scores[lane] += weights[row + lane] * value }
                }
            }
        }
    }

    /// One step towards the label: where a score is on the wrong side of its margin, the share `weight` of what would mend it.
    ///
    /// - Parameters:
    ///   - moves: the rows of `vector`, and by how much each moves against the others.
    ///   - scores: room for the scores, of ``lanes`` lanes.
    mutating func learn(
        _ vector: SparseVector, moves: SparseVector, label: Int, weight: Float, scores: inout [Lane]
    ) {
        score(vector, into: &scores)
        let square = zip(vector.values, moves.values).reduce(1) { $0 + $1.0 * $1.1 }
        for lane in 0..<lanes {
            var step = (-1 - scores[lane])
            step.replace(with: Lane.zero, where: step .> 0)
            if label / 8 == lane { step[label % 8] = max(1 - scores[lane][label % 8], 0) }
            for place in 0..<8 where lane * 8 + place >= labels { step[place] = 0 }
            scores[lane] = step * (weight / square)
        }
        scores.withUnsafeBufferPointer { step in
            weights.withUnsafeMutableBufferPointer { weights in
                for place in vector.numbers.indices {
                    let row = Int(vector.numbers[place]) * lanes
                    let value = moves.values[place]
                    for lane in 0..<lanes { weights[row + lane] += step[lane] * value }
                }
            }
            for lane in 0..<lanes { bias[lane] += step[lane] }
        }
    }

    /// Scores to probabilities; places beyond the labels become 0.
    static func softmax(_ scores: inout [Lane], labels: Int) {
        var most = -Float.infinity
        for index in 0..<labels { most = max(most, scores[index / 8][index % 8]) }
        var sum: Float = 0
        for lane in scores.indices {
            var powers = Lane.zero
            for place in 0..<8 where lane * 8 + place < labels { powers[place] = expf(scores[lane][place] - most) }
            scores[lane] = powers
            sum += powers.sum()
        }
        let scale = Lane(repeating: 1 / sum)
        for lane in scores.indices { scores[lane] *= scale }
    }
}
