/// The pieces a model knows, each with a number and a scale. An open table: a look-up is one or two steps.
struct Vocabulary: Sendable {
    /// Hash of a known piece by its number.
    private(set) var hashes: [UInt64] = []
    /// What the piece's value is multiplied with.
    private(set) var scales: [Float] = []
    /// How long the vector of a group of pieces is made.
    private(set) var lengths: [Float] = [1, 1, 1, 1]
    private var slots: [Int32] = [-1]
    private var mask = 0

    var count: Int { hashes.count }

    init() {}

    /// - Precondition: the hashes differ, and there are as many scales.
    init(hashes: [UInt64], scales: [Float], lengths: [Float]) {
        precondition(hashes.count == scales.count, "a scale for each piece")
        precondition(lengths.count == Features.Group.allCases.count, "a length for each group")
        self.hashes = hashes
        self.scales = scales
        self.lengths = lengths
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

/// Known pieces of an example with their values.
struct SparseVector: Sendable {
    var numbers: [Int32] = []
    var values: [Float] = []

    mutating func removeAll() {
        numbers.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }

    mutating func append(_ other: SparseVector) {
        numbers += other.numbers
        values += other.values
    }
}
