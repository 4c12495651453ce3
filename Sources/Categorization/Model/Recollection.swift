/// What is remembered of an example's merchant, level by level: how often which label, from what says least to what says
/// most.
struct Recollection: Sendable {
    typealias Tally = MerchantTable.Tally

    private(set) var tallies: [Tally] = []
    /// Where the tallies of each level end.
    private var ends: [Int] = []
    private var totals: [Float] = []
    /// The label of a correction that has the last word; -1 for none.
    var corrected: Int32 = -1

    mutating func removeAll() {
        tallies.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        totals.removeAll(keepingCapacity: true)
        corrected = -1
    }

    /// The tallies of the next level; a label may come several times.
    mutating func addLevel(_ level: some Sequence<Tally>) {
        var total: Float = 0
        for tally in level where tally.weight > 0 {
            tallies.append(tally)
            total += tally.weight
        }
        ends.append(tallies.count)
        totals.append(total)
    }

    /// Mixes the levels into the probabilities of the labels; the prior of a level is how many rows of it weigh as much as
    /// all that stands before.
    func mix(_ priors: [Float], into mixed: inout [Float]) {
        var start = 0
        for level in ends.indices {
            let total = totals[level]
            if total > 0 {
                let scale = 1 / (total + priors[level])
                let share = priors[level] * scale
                for label in mixed.indices { mixed[label] *= share }
                for tally in tallies[start..<ends[level]] { mixed[Int(tally.label)] += tally.weight * scale }
            }
            start = ends[level]
        }
        guard corrected >= 0 else { return }
        for label in mixed.indices { mixed[label] *= 0.1 }
        mixed[Int(corrected)] += 0.9
    }
}
