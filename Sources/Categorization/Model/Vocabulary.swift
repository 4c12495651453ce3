import Glibc

/// The pieces a model knows. Pieces that always came together, as those of a name that is like no other, share one row of
/// weights: they could not be told apart by what was learned. An open table: a look-up is one or two steps.
struct Vocabulary: Sendable {
    /// Hash of a known piece by its number; pieces of the same row stand together.
    private(set) var hashes: [UInt64] = []
    /// The row of a piece by its number, rising.
    private(set) var rows: [Int32] = []
    /// What the values of a row's pieces are multiplied with.
    private(set) var scales: [Float] = []
    /// How many pieces share the row.
    private(set) var shares: [Float] = []
    /// How long the vector of a group of pieces is made.
    private(set) var lengths = [Float](repeating: 1, count: Features.Group.allCases.count)
    private var slots: [Int32] = [-1]
    private var mask = 0

    /// Pieces known.
    var count: Int { hashes.count }

    init() {}

    /// - Precondition: the hashes differ, each has a row, and rows rise from 0 without a gap, each with a scale.
    init(hashes: [UInt64], rows: [Int32], scales: [Float], lengths: [Float]) {
        precondition(
            Self.isWhole(hashes: hashes, rows: rows, scales: scales), "a row for each piece, a scale for each row")
        precondition(lengths.count == Features.Group.allCases.count, "a length for each group")
        self.hashes = hashes
        self.rows = rows
        self.scales = scales
        self.lengths = lengths
        shares = [Float](repeating: 0, count: scales.count)
        for row in rows { shares[Int(row)] += 1 }
        var size = 16
        while size < hashes.count * 2 { size *= 2 }
        mask = size - 1
        slots = [Int32](repeating: -1, count: size)
        for (number, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot] >= 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(number)
        }
    }

    /// Whether these make a vocabulary, the hashes not looked at.
    static func isWhole(hashes: [UInt64], rows: [Int32], scales: [Float]) -> Bool {
        guard hashes.count == rows.count, hashes.count < 1 << 28 else { return false }
        var last: Int32 = -1
        for row in rows {
            guard row >= 0, row == last || row == last + 1 else { return false }
            last = row
        }
        return Int(last) + 1 == scales.count
    }

    func number(of hash: UInt64) -> Int32? {
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let number = slots[slot]
            if number < 0 { return nil }
            if hashes[Int(number)] == hash { return number }
            slot = (slot + 1) & mask
        }
    }
}

/// Rows of weights that an example asks for, each with its value.
struct SparseVector: Sendable {
    var numbers: [Int32] = []
    var values: [Float] = []

    mutating func removeAll() {
        numbers.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }

    /// By how much each row of weights moves when one example is learned: its value, parted by the pieces that share the row,
    /// the less the more rows have the piece, by the root of their number. What many rows agreed on stays.
    func moves(_ vocabulary: Vocabulary) -> SparseVector {
        var moves = self
        for place in numbers.indices {
            let row = Int(numbers[place])
            moves.values[place] *= expf((vocabulary.scales[row] - 1) / 2) / vocabulary.shares[row]
        }
        return moves
    }
}
