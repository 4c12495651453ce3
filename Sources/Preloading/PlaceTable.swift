/// Finds places in a list that is somebody else's by the hash of what is there.
///
/// Open addressing with linear probing; what is removed leaves no trace, so however much comes and goes, the table stays as
/// large as what is in it has once needed: 8 bytes for a cell, a quarter of them free at least.
struct PlaceTable: Sendable {
    /// The hash in the upper half, the place in the lower, counted from 1; 0 is free.
    private var cells: [UInt64] = []
    private(set) var count = 0

    /// The place of that hash which `isIt` accepts.
    @inline(__always)
    func find(_ hash: UInt32, _ isIt: (Int32) -> Bool) -> Int32? {
        guard count > 0 else { return nil }
        let mask = cells.count &- 1
        var at = Int(hash) & mask
        while cells[at] != 0 {
            if Self.hash(cells[at]) == hash, isIt(Self.place(cells[at])) { return Self.place(cells[at]) }
            at = (at &+ 1) & mask
        }
        return nil
    }

    /// Adds a place that is not there yet.
    mutating func insert(_ place: Int32, _ hash: UInt32) {
        if (count + 1) * 4 > cells.count * 3 { grow() }
        count += 1
        put(UInt64(hash) << 32 | UInt64(place) + 1)
    }

    /// Takes out a place that is there.
    mutating func remove(_ place: Int32, _ hash: UInt32) {
        let mask = cells.count - 1
        var hole = Int(hash) & mask
        while Self.place(cells[hole]) != place {
            precondition(cells[hole] != 0, "the place is not in the table")
            hole = (hole + 1) & mask
        }
        // What comes behind moves up, unless it stands where it belongs.
        var next = (hole + 1) & mask
        while cells[next] != 0 {
            let home = Int(Self.hash(cells[next])) & mask
            if (next &- home) & mask >= (next &- hole) & mask {
                cells[hole] = cells[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        cells[hole] = 0
        count -= 1
    }

    private mutating func grow() {
        let old = cells
        cells = Array(repeating: 0, count: max(16, old.count * 2))
        for cell in old where cell != 0 { put(cell) }
    }

    private mutating func put(_ cell: UInt64) {
        let mask = cells.count - 1
        var at = Int(Self.hash(cell)) & mask
        while cells[at] != 0 { at = (at + 1) & mask }
        cells[at] = cell
    }

    private static func hash(_ cell: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: cell >> 32) }
    private static func place(_ cell: UInt64) -> Int32 { Int32(truncatingIfNeeded: cell) &- 1 }
}
