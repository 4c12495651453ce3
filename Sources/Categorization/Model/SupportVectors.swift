/// Finds weights that part each label from all others with a margin: a linear support vector machine with squared hinge loss
/// for each label, by dual coordinate descent (Hsieh and others, 2008), eight labels at a time.
///
/// Rows of the same text are one step, whatever labels they bear: what takes time is how many texts differ.
struct SupportVectors {
    typealias Lane = LinearLayer.Lane

    /// How often a text bears a label.
    struct Tally {
        var label: Int32
        var count: Float
    }

    private var starts: [Int32] = [0]
    private var numbers: [Int32] = []
    private var values: [Float] = []
    /// Squared length of each text, with its part in the bias.
    private var squares: [Float] = []
    private var totals: [Float] = []
    private var tallies: [[Tally]] = []

    private let labels: Int
    /// Of each row of weights, the root of how many pieces share it: so much longer than each of theirs is the one column
    /// that stands for them all.
    private let roots: [Float]

    /// - Parameter shares: how many pieces share each row of weights.
    init(shares: [Float], labels: Int) {
        roots = shares.map { $0.squareRoot() }
        self.labels = labels
    }

    mutating func add(_ vector: SparseVector, _ tallies: [Tally]) {
        numbers += vector.numbers
        var square: Float = 1
        for (number, value) in zip(vector.numbers, vector.values) {
            let value = value / roots[Int(number)]
            values.append(value)
            square += value * value
        }
        starts.append(Int32(numbers.count))
        squares.append(square)
        totals.append(tallies.reduce(0) { $0 + $1.count })
        self.tallies.append(tallies)
    }

    /// The search ends when no text's part changes by more.
    private static let tolerance: Float = 0.02

    /// - Parameters:
    ///   - cost: of a row's squared violation.
    ///   - epochs: times that all texts are gone through, at most.
    func solve(cost: Float, epochs: Int) -> LinearLayer {
        var layer = LinearLayer(rows: roots.count, labels: labels)
        for block in 0..<layer.lanes {
            let (weights, bias) = solve(block: block, cost: cost, epochs: epochs)
            layer.bias[block] = bias
            for row in roots.indices { layer.weights[row * layer.lanes + block] = weights[row] / roots[row] }
        }
        return layer
    }

    /// Eight labels side by side. Each text is gone to in turn, and its part of the weights made what is best while the
    /// others stay.
    private func solve(block: Int, cost: Float, epochs: Int) -> ([Lane], Lane) {
        let texts = totals.count
        var weights = [Lane](repeating: .zero, count: roots.count)
        var bias = Lane.zero
        /// How often each text stands in the weights.
        var parts = [Lane](repeating: .zero, count: texts)
        // Twice what the text's rows with the label cost, and those without.
        var pulls = parts
        var pushes = parts
        for text in 0..<texts {
            for tally in tallies[text] where Int(tally.label) / 8 == block {
                pulls[text][Int(tally.label) % 8] += 2 * cost * tally.count
            }
            pushes[text] = Lane(repeating: 2 * cost * totals[text]) - pulls[text]
            for place in 0..<8 where block * 8 + place >= labels { pushes[text][place] = 0 }
        }
        var order = Array(0..<texts)
        var random = Shuffle(seed: 42)
        for _ in 0..<epochs {
            random.shuffle(&order)
            var worst = Lane.zero
            weights.withUnsafeMutableBufferPointer { weights in
                numbers.withUnsafeBufferPointer { numbers in
                    values.withUnsafeBufferPointer { values in
                        for text in order {
                            let range = Int(starts[text])..<Int(starts[text + 1])
                            var score = bias
                            for place in range { score += weights[Int(numbers[place])] * values[place] }
                            let square = squares[text]
                            let others = score - parts[text] * square
                            let best = Self.best(others, square, pulls[text], pushes[text])
                            let change = (best - score) / square
                            let size = change.replacing(with: -change, where: change .< 0)
                            worst.replace(with: size, where: size .> worst)
                            guard any(size .> 1e-5) else { continue }
                            parts[text] += change
                            for place in range { weights[Int(numbers[place])] += change * values[place] }
                            bias += change
                        }
                    }
                }
            }
            if worst.max() < Self.tolerance { break }
        }
        return (weights, bias)
    }

    /// The text's score that costs least: (score - others)² / (2 · square), what its own part of the weights costs, and
    /// half of pull · (1 - score)² below 1 and push · (1 + score)² above -1, what its rows cost.
    private static func best(_ others: Lane, _ square: Float, _ pull: Lane, _ push: Lane) -> Lane {
        let own = Lane(repeating: 1 / square)
        let middle = (own * others + pull - push) / (own + pull + push)
        let above = (own * others - push) / (own + push)
        let below = (own * others + pull) / (own + pull)
        return middle.replacing(with: above, where: middle .> 1).replacing(with: below, where: middle .< -1)
    }
}
