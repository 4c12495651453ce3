import Glibc

/// What an amount says of the label: how much oftener than others the label has amounts of this size, and such cents.
struct ValueLayer: Hashable, Sendable {
    typealias Lane = LinearLayer.Lane

    /// Rows of lanes, the logarithm of how much oftener; one for each band of sizes, then one for each kind of cents.
    var ratios: [Lane]
    let lanes: Int

    static let bands = 44
    static let cents = 5
    /// Rows of all labels that are counted to each label's own, so that few rows say little.
    private static let smoothing: Float = 20

    init(labels: Int) {
        lanes = (labels + 7) / 8
        ratios = [Lane](repeating: .zero, count: (Self.bands + Self.cents) * lanes)
    }

    init(labels: Int, rows: some Sequence<(amount: Double?, label: Int32, weight: Float)>) {
        self.init(labels: labels)
        var counts = [Float](repeating: 0, count: (Self.bands + Self.cents) * labels)
        var sums = [Float](repeating: 0, count: labels)
        var means = [Float](repeating: 0, count: Self.bands + Self.cents)
        var total: Float = 0
        // Weights count against each other: on average a row is one.
        let usual = rows.reduce((0, 0) as (sum: Float, count: Float)) { ($0.sum + $1.weight, $0.count + 1) }
        for var row in rows {
            guard let places = Self.places(row.amount) else { continue }
            row.weight *= usual.count / usual.sum
            for place in [places.band, places.cents] {
                counts[place * labels + Int(row.label)] += row.weight
                means[place] += row.weight
            }
            sums[Int(row.label)] += row.weight
            total += row.weight
        }
        guard total > 0 else { return }
        for place in means.indices {
            let mean = (means[place] + 0.5) / (total + 1)
            for label in 0..<labels {
                let share = (counts[place * labels + label] + Self.smoothing * mean) / (sums[label] + Self.smoothing)
                ratios[place * lanes + label / 8][label % 8] = logf(share / mean)
            }
        }
    }

    /// Half octaves from 0.01 on, refunds apart; and what the cents are like.
    static func places(_ amount: Double?) -> (band: Int, cents: Int)? {
        guard let amount, amount.isFinite else { return nil }
        let size = min(abs(amount), 1e12)
        let band =
            if amount < 0 {
                min(max(Int((log2(max(size, 1)) / 2).rounded(.down)), 0), 9)
            } else {
                10 + min(max(Int((log2(max(size, 0.01)) * 2).rounded(.down)) + 4, 0), bands - 11)
            }
        let cents = Int64((size * 100).rounded()) % 100
        let kind =
            switch cents {
            case 0: 0
            case 99: 1
            case let rest where rest % 10 == 0: 2
            case let rest where rest % 5 == 0: 3
            default: 4
            }
        return (band, bands + kind)
    }

    /// Adds what the amount says, `weight` times.
    func add(_ amount: Double?, weight: Float, to scores: inout [Lane]) {
        guard weight != 0, !ratios.isEmpty, let places = Self.places(amount) else { return }
        for lane in 0..<lanes {
            scores[lane] += (ratios[places.band * lanes + lane] + ratios[places.cents * lanes + lane]) * weight
        }
    }

    func contribution(_ amount: Double?, label: Int) -> Float {
        guard !ratios.isEmpty, let places = Self.places(amount) else { return 0 }
        return ratios[places.band * lanes + label / 8][label % 8] + ratios[places.cents * lanes + label / 8][label % 8]
    }
}
