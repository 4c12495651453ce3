import Glibc

/// Turns a model's score into how often it is right: a rising curve (isotonic regression by pooling neighbours that are out
/// of order), read with straight lines between its points.
struct Calibration: Hashable, Sendable {
    struct Point: Hashable, Sendable {
        var score: Float
        var probability: Float
    }

    /// Rising in both; empty leaves scores as they are.
    var points: [Point] = []

    /// A score, whether it was right, and as how many samples it counts.
    struct Sample: Hashable, Sendable {
        var score: Float
        var isRight: Bool
        var weight: Float = 1
    }

    /// Samples pooled at least, by their weights, so that chance does not shape the curve.
    static let minimumPool = 40

    init(points: [Point] = []) { self.points = points }

    init(_ samples: [Sample]) {
        var left = samples.reduce(0) { $0 + Double($1.weight) }
        guard left >= Double(Self.minimumPool * 2) else { return }
        struct Pool {
            var scores: Double
            var right: Double
            var count: Double
            var mean: Double { right / count }
        }
        var pools: [Pool] = []
        let sorted = samples.sorted { $0.score < $1.score }
        var start = 0
        while start < sorted.count {
            var pool = Pool(scores: 0, right: 0, count: 0)
            // The last one takes what would not fill another.
            let isLast = left < Double(2 * Self.minimumPool)
            while start < sorted.count, isLast || pool.count < Double(Self.minimumPool) {
                let weight = Double(sorted[start].weight)
                pool.scores += Double(sorted[start].score) * weight
                pool.right += sorted[start].isRight ? weight : 0
                pool.count += weight
                start += 1
            }
            left -= pool.count
            pools.append(pool)
            while pools.count > 1, pools[pools.count - 2].mean >= pools[pools.count - 1].mean {
                let last = pools.removeLast()
                pools[pools.count - 1].scores += last.scores
                pools[pools.count - 1].right += last.right
                pools[pools.count - 1].count += last.count
            }
        }
        // A pool that was always right may still err once in its number of samples.
        points = pools.map { pool in
            Point(
                score: Float(pool.scores / pool.count), probability: Float((pool.right + 0.5) / (pool.count + 1)))
        }
        for index in points.indices.dropFirst() {
            points[index].probability = max(points[index].probability, points[index - 1].probability)
            points[index].score = max(points[index].score, points[index - 1].score)
        }
    }

    func probability(of score: Float) -> Float {
        guard let first = points.first, let last = points.last else { return score }
        if score <= first.score {
            return first.score > 0 ? first.probability * max(score, 0) / first.score : first.probability
        }
        if score >= last.score {
            // Rises on to the highest that the pool allows at a score of 1.
            return last.probability
        }
        var (low, high) = (0, points.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if points[middle].score <= score { low = middle } else { high = middle }
        }
        let (left, right) = (points[low], points[high])
        guard right.score > left.score else { return right.probability }
        return left.probability + (right.probability - left.probability) * (score - left.score)
            / (right.score - left.score)
    }
}
