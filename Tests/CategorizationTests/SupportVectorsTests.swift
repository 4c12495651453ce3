import TestSupport
import Testing

@testable import Categorization

@Suite struct SupportVectorsTests {
    private struct Row {
        var vector: SparseVector
        var label: Int
    }

    private static let pieces = 12
    private static let labels = 10

    /// Labels that hang on two pieces each, with some by chance.
    private func rows(_ count: Int, seed: UInt64) -> [Row] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let label = Int.random(in: 0..<Self.labels, using: &random)
            var vector = SparseVector()
            for piece in Set([label, label + 1, Int.random(in: 0..<Self.pieces, using: &random)]).sorted() {
                vector.numbers.append(Int32(piece))
                vector.values.append(Float.random(in: 0.2...1, using: &random))
            }
            let noise = Int.random(in: 0..<10, using: &random) == 0
            return Row(vector: vector, label: noise ? Int.random(in: 0..<Self.labels, using: &random) : label)
        }
    }

    private func layer(_ rows: [(Row, Float)], epochs: Int = 2000) -> LinearLayer {
        var search = SupportVectors(
            shares: [Float](repeating: 1, count: Self.pieces), labels: Self.labels)
        for (row, count) in rows { search.add(row.vector, [.init(label: Int32(row.label), count: count)]) }
        return search.solve(cost: 0.5, epochs: epochs)
    }

    /// Half the squared length of a label's weights and bias, and what its rows on the wrong side of the margin cost.
    private func objective(_ layer: LinearLayer, _ rows: [Row], label: Int, change: (place: Int, by: Float)? = nil)
        -> Double
    {
        var weights = (0..<Self.pieces).map { layer.weights[$0 * layer.lanes + label / 8][label % 8] }
        weights.append(layer.bias[label / 8][label % 8])
        if let change { weights[change.place] += change.by }
        var sum = weights.reduce(0.0) { $0 + Double($1 * $1) / 2 }
        for row in rows {
            var score = weights[Self.pieces]
            for (number, value) in zip(row.vector.numbers, row.vector.values) { score += weights[Int(number)] * value }
            let loss = max(0, 1 - (row.label == label ? score : -score))
            sum += 0.5 * Double(loss * loss)
        }
        return sum
    }

    /// The problem is convex: where no single weight can be changed for the better, it is solved.
    @Test func noWeightCanBeChangedForTheBetter() {
        let rows = rows(150, seed: 1)
        let layer = layer(rows.map { ($0, 1) })
        for label in 0..<Self.labels {
            let best = objective(layer, rows, label: label)
            for place in 0...Self.pieces {
                for step in [Float(0.05), -0.05] {
                    #expect(objective(layer, rows, label: label, change: (place, step)) > best)
                }
            }
        }
    }

    @Test func aTextThatCameThriceIsThreeRows() {
        let rows = rows(60, seed: 2)
        let once = layer(rows.map { ($0, 3) })
        let thrice = layer((rows + rows + rows).map { ($0, 1) })
        for (left, right) in zip(once.weights, thrice.weights) {
            for place in 0..<8 { #expect(abs(left[place] - right[place]) < 0.05) }
        }
    }

    /// Three pieces that always come together, once as three columns and once as one row that they share.
    @Test func piecesThatShareARowAreWeighedAsIfEachHadItsOwn() {
        var apart = SupportVectors(shares: [1, 1, 1, 1], labels: 3)
        var shared = SupportVectors(shares: [3, 1], labels: 3)
        var random = SeededGenerator(seed: 5)
        for _ in 0..<60 {
            let label = Int32.random(in: 0..<3, using: &random)
            let (three, one) = (Float.random(in: 0...1, using: &random), Float.random(in: 0...1, using: &random))
            apart.add(
                SparseVector(numbers: [0, 1, 2, 3], values: [three, three, three, one]), [.init(label: label, count: 1)]
            )
            shared.add(SparseVector(numbers: [0, 1], values: [3 * three, one]), [.init(label: label, count: 1)])
        }
        let (left, right) = (apart.solve(cost: 0.5, epochs: 500), shared.solve(cost: 0.5, epochs: 500))
        for label in 0..<3 {
            for piece in 0..<3 { #expect(abs(left.weights[piece][label] - right.weights[0][label]) < 1e-3) }
            #expect(abs(left.weights[3][label] - right.weights[1][label]) < 1e-3)
        }
    }

    @Test func aTextMayBearSeveralLabels() {
        var search = SupportVectors(shares: [1, 1], labels: 3)
        var vector = SparseVector()
        vector.numbers = [0]
        vector.values = [1]
        search.add(vector, [.init(label: 0, count: 90), .init(label: 1, count: 10)])
        vector.numbers = [1]
        search.add(vector, [.init(label: 2, count: 50)])
        let layer = search.solve(cost: 10, epochs: 500)
        var scores = [LinearLayer.Lane.zero]
        vector.numbers = [0]
        layer.score(vector, into: &scores)
        // The best score for a squared loss is twice the share, less one.
        #expect(abs(scores[0][0] - 0.8) < 0.05)
        #expect(abs(scores[0][1] + 0.8) < 0.05)
        #expect(scores[0][2] < -0.9)
        #expect(scores[0][3] == 0)
    }
}

@Suite struct ValueLayerTests {
    private let layer = ValueLayer(
        labels: 9,
        rows: (0..<400).map { number -> (amount: Double?, label: Int32, weight: Float) in
            let isSmall = number % 2 == 0
            return (isSmall ? Double(number % 7) + 4.99 : Double(number) * 10, isSmall ? 0 : 8, 1)
        })

    @Test func anAmountSpeaksForTheLabelThatHasSuchOnes() {
        #expect(layer.contribution(7.99, label: 0) > layer.contribution(7.99, label: 8) + 2)
        #expect(layer.contribution(2000, label: 8) > layer.contribution(2000, label: 0) + 2)
        // Of a label without amounts nothing is said.
        #expect(abs(layer.contribution(7.99, label: 4)) < 1e-5)
    }

    @Test func whatIsAddedIsTheContribution() {
        var scores = [LinearLayer.Lane](repeating: .zero, count: 2)
        layer.add(7.99, weight: 0.5, to: &scores)
        #expect(scores[0][0] == layer.contribution(7.99, label: 0) * 0.5)
        #expect(scores[1][0] == layer.contribution(7.99, label: 8) * 0.5)
    }

    @Test func strangeAmountsSayNothingOrSomething() {
        for amount in [nil, .nan, .infinity, -.infinity] as [Double?] {
            #expect(ValueLayer.places(amount) == nil)
            #expect(layer.contribution(amount, label: 0) == 0)
        }
        for amount in [0, -0.001, 1e-300, 1e300, -1e300, 0.99, -12.5] {
            guard let places = ValueLayer.places(amount) else {
                Issue.record("\(amount) has no place")
                continue
            }
            #expect((0..<ValueLayer.bands).contains(places.band))
            #expect((ValueLayer.bands..<(ValueLayer.bands + ValueLayer.cents)).contains(places.cents))
        }
        // A refund is no purchase.
        #expect(ValueLayer.places(-20)?.band != ValueLayer.places(20)?.band)
    }
}
