/// Values by number, each changed where it lies: a dictionary would hash by a keyed hash and move each value out and back.
///
/// Rows are where values lie for the moment: the last one moves when another is removed. Numbers are the runner's own;
/// nobody outside can choose them so that they fall together.
struct NumberTable<Key: FixedWidthInteger & Sendable, Value: Sendable>: Sendable {
    private(set) var keys: [Key] = []
    private(set) var values: [Value] = []
    /// For each bucket the row that is to be found there, or where the search goes on in the next; -1 for none.
    private var buckets = [Int32](repeating: -1, count: 16)
    private var shift: UInt64 = 60

    var count: Int { keys.count }
    var isEmpty: Bool { keys.isEmpty }

    func row(of key: Key) -> Int? {
        let bucket = bucket(of: key)
        let row = buckets[bucket]
        return row < 0 ? nil : Int(row)
    }

    subscript(row row: Int) -> Value {
        _read { yield values[row] }
        _modify { yield &values[row] }
    }

    /// A copy of the value.
    subscript(key: Key) -> Value? { row(of: key).map { values[$0] } }

    /// Changes the value where there is one.
    mutating func change(_ key: Key, _ body: (inout Value) -> Void) {
        if let row = row(of: key) { body(&values[row]) }
    }

    /// Sets the value and returns its row.
    @discardableResult
    mutating func set(_ key: Key, _ value: Value) -> Int {
        if let row = row(of: key) {
            values[row] = value
            return row
        }
        if 2 * keys.count >= buckets.count { grow() }
        buckets[bucket(of: key)] = Int32(keys.count)
        keys.append(key)
        values.append(value)
        return keys.count - 1
    }

    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        let hole = bucket(of: key)
        let row = Int(buckets[hole])
        guard row >= 0 else { return nil }
        close(hole)
        let last = keys.count - 1
        if row != last {
            buckets[bucket(of: keys[last])] = Int32(row)
            keys.swapAt(row, last)
            values.swapAt(row, last)
        }
        keys.removeLast()
        return values.removeLast()
    }

    /// The bucket that has the key's row, or the free one where it would go.
    private func bucket(of key: Key) -> Int {
        var bucket = home(of: key)
        while true {
            let row = buckets[bucket]
            if row < 0 || keys[Int(row)] == key { return bucket }
            bucket = (bucket + 1) & (buckets.count - 1)
        }
    }

    private func home(of key: Key) -> Int {
        Int(truncatingIfNeeded: (UInt64(truncatingIfNeeded: key) &* 0x9E37_79B9_7F4A_7C15) >> shift)
    }

    /// Empties a bucket and moves up what was put behind it because it was taken.
    private mutating func close(_ bucket: Int) {
        let mask = buckets.count - 1
        var hole = bucket
        var next = (hole + 1) & mask
        while buckets[next] >= 0 {
            let home = home(of: keys[Int(buckets[next])])
            // Whoever would be looked for from the hole on, or before it, may move there.
            if (next - home) & mask >= (next - hole) & mask {
                buckets[hole] = buckets[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        buckets[hole] = -1
    }

    private mutating func grow() {
        shift -= 1
        buckets = [Int32](repeating: -1, count: 2 * buckets.count)
        for (row, key) in keys.enumerated() { buckets[bucket(of: key)] = Int32(row) }
    }
}
