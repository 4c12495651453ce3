import Glibc

/// A weight for each piece and label, with the steps by which it learns (softmax, one rate for each piece that falls as
/// the piece is seen: AdaGrad).
struct LinearLayer: Sendable {
    typealias Lane = SIMD8<Float>

    let labels: Int
    /// Lanes of eight labels.
    let lanes: Int
    /// One row of lanes for each piece.
    var weights: [Lane]
    var bias: [Lane]
    /// Sum of squared steps of each piece.
    var history: [Float]

    static let rate: Float = 0.3
    static let biasRate: Float = 0.01

    init(pieces: Int, labels: Int) {
        self.labels = labels
        lanes = (labels + 7) / 8
        weights = [Lane](repeating: .zero, count: pieces * lanes)
        bias = [Lane](repeating: .zero, count: lanes)
        history = [Float](repeating: 1e-6, count: pieces)
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

    /// One step towards the label.
    ///
    /// - Parameters:
    ///   - smoothing: the share of certainty kept back for the other labels: a label that is never certain leaves
    ///     weight to what is rare, and texts not seen before fare better.
    ///   - scores: room for the scores, of ``lanes`` lanes.
    mutating func learn(_ vector: SparseVector, label: Int, weight: Float, smoothing: Float, scores: inout [Lane]) {
        score(vector, into: &scores)
        Self.softmax(&scores, labels: labels)
        var squares: Float = 0
        for index in 0..<labels {
            scores[index / 8][index % 8] -= smoothing / Float(labels)
        }
        scores[label / 8][label % 8] -= 1 - smoothing
        for lane in scores { squares += (lane * lane).sum() }
        scores.withUnsafeBufferPointer { gradient in
            weights.withUnsafeMutableBufferPointer { weights in
                for place in vector.numbers.indices {
                    let number = Int(vector.numbers[place])
                    let value = vector.values[place] * weight
                    history[number] += squares * value * value
                    let step = Lane(repeating: Self.rate / history[number].squareRoot() * value)
                    let row = number * lanes
                    for lane in 0..<lanes { weights[row + lane] -= step * gradient[lane] }
                }
            }
            let step = Lane(repeating: Self.biasRate * weight)
            for lane in 0..<lanes { bias[lane] -= step * gradient[lane] }
        }
    }

    /// Scores to probabilities; places beyond the labels become 0.
    static func softmax(_ scores: inout [Lane], labels: Int, temperature: Float = 1) {
        var most = -Float.infinity
        for index in 0..<labels { most = max(most, scores[index / 8][index % 8]) }
        var sum: Float = 0
        for lane in scores.indices {
            var powers = Lane.zero
            for place in 0..<8 where lane * 8 + place < labels {
                powers[place] = expf((scores[lane][place] - most) / temperature)
            }
            scores[lane] = powers
            sum += powers.sum()
        }
        let scale = Lane(repeating: 1 / sum)
        for lane in scores.indices { scores[lane] *= scale }
    }
}
