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
    struct Sample {
        var score: Float
        var isRight: Bool
        var weight: Float = 1
        /// Samples of one group are right or wrong together: many of them say little more than one.
        var group: UInt64
    }

    /// Samples that do not hang together, pooled at least, so that chance does not shape the curve.
    static let minimumPool = 40

    init(points: [Point] = []) { self.points = points }

    private struct Pool {
        var scores = 0.0
        var right = 0.0
        var weight = 0.0
        var groups: [UInt64: Double] = [:]
        private var squares = 0.0

        var mean: Double { right / weight }
        /// As many samples that do not hang together say as much.
        var size: Double { squares > 0 ? weight * weight / squares : 0 }

        mutating func add(_ sample: Sample) {
            let weight = Double(sample.weight)
            scores += Double(sample.score) * weight
            right += sample.isRight ? weight : 0
            add(sample.group, weight)
        }

        mutating func add(_ other: Pool) {
            scores += other.scores
            right += other.right
            for (group, weight) in other.groups.sorted(by: { $0.key < $1.key }) { add(group, weight) }
        }

        private mutating func add(_ group: UInt64, _ more: Double) {
            let before = groups[group, default: 0]
            weight += more
            squares += more * (2 * before + more)
            groups[group] = before + more
        }

        /// How far the next pool lies above this one, in standard errors of the difference.
        func gap(to next: Pool) -> Double {
            let share = (right + next.right) / (weight + next.weight)
            let variance = max(share * (1 - share), 1e-4) * (1 / size + 1 / next.size)
            return (next.mean - mean) / variance.squareRoot()
        }
    }

    /// - Parameter gap: pools less far apart than so many standard errors are one.
    init(_ samples: [Sample], gap: Double = 1) {
        let sorted = samples.sorted { $0.score < $1.score }
        var pools: [Pool] = []
        var pool = Pool()
        for (place, sample) in sorted.enumerated() {
            pool.add(sample)
            let isLastOfEqual = place + 1 == sorted.count || sorted[place + 1].score > sample.score
            if isLastOfEqual, pool.size >= Double(Self.minimumPool) {
                pools.append(pool)
                pool = Pool()
            }
        }
        // What is left fills no pool of its own.
        if pool.weight > 0, !pools.isEmpty { pools[pools.count - 1].add(pool) }
        guard pools.count > 1 else { return }
        while pools.count > 1 {
            let gaps = pools.indices.dropLast().map { pools[$0].gap(to: pools[$0 + 1]) }
            guard let least = gaps.indices.min(by: { gaps[$0] < gaps[$1] }), gaps[least] < gap else { break }
            let next = pools.remove(at: least + 1)
            pools[least].add(next)
        }
        // A pool that was always right may still err once in its number of samples.
        points = pools.map { pool in
            Point(
                score: Float(pool.scores / pool.weight),
                probability: Float((pool.mean * pool.size + 0.5) / (pool.size + 1)))
        }
        for index in points.indices.dropFirst() {
            points[index].probability = max(points[index].probability, points[index - 1].probability)
            points[index].score = max(points[index].score, points[index - 1].score)
        }
        extend(from: sorted[0].score, to: sorted[sorted.count - 1].score)
    }

    /// Goes on beyond the first pool's mean and the last one's as steeply as between them, at most half of the way to 0 and
    /// to 1: without that the lower half of the first pool would count too little, and the surest would all be equal.
    private mutating func extend(from lowest: Float, to highest: Float) {
        guard let first = points.first, let last = points.last else { return }
        func slope(_ left: Point, _ right: Point) -> Float {
            guard right.score > left.score else { return 0.1 }
            return max((right.probability - left.probability) / (right.score - left.score), 0.1)
        }
        let (low, high) =
            points.count > 1
            ? (slope(first, points[1]), slope(points[points.count - 2], last)) : (Float(0.1), Float(0.1))
        if lowest < first.score {
            let probability = max(first.probability - low * (first.score - lowest), first.probability / 2)
            points.insert(Point(score: lowest, probability: probability), at: 0)
        }
        if highest > last.score {
            let probability = min(last.probability + high * (highest - last.score), (1 + last.probability) / 2)
            points.append(Point(score: highest, probability: probability))
        }
    }

    func probability(of score: Float) -> Float {
        guard let first = points.first, let last = points.last else { return score }
        if score <= first.score {
            return first.score > 0 ? first.probability * max(score, 0) / first.score : first.probability
        }
        if score >= last.score {
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
