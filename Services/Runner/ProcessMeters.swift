import Linux

/// What processes use while they work on an item.
struct ProcessMeters: Sendable {
    private struct Meter {
        var pid: Int32
        var since: Duration
        /// What the process had used before; nil when it worked on something else at the time.
        var before: Duration?
    }

    private var meters: [Int64: Meter] = [:]
    /// Items in work, by process.
    private var busy: [Int32: Int] = [:]
    /// The most memory that busy processes were seen to have, and when that was.
    private var peaks: [Int32: (seen: Duration, bytes: Int64?)] = [:]
    /// Reading the peak costs more than a short item does: it is read for longer ones, and not again for so long.
    private static let glance = Duration.milliseconds(50)

    mutating func begin(_ fence: Int64, pid: Int32, now: Duration) {
        guard pid > 0 else { return }
        let others = busy[pid, default: 0]
        busy[pid] = others + 1
        if others == 1 { for (fence, meter) in meters where meter.pid == pid { meters[fence]?.before = nil } }
        meters[fence] = Meter(pid: pid, since: now, before: others == 0 ? ProcessClock.used(by: pid) : nil)
    }

    mutating func end(_ fence: Int64, now: Duration) -> AttemptFacts {
        guard let meter = meters.removeValue(forKey: fence) else { return AttemptFacts() }
        let left = busy[meter.pid, default: 1] - 1
        busy[meter.pid] = left == 0 ? nil : left
        defer { if left == 0 { peaks[meter.pid] = nil } }
        var facts = AttemptFacts()
        if let before = meter.before, let after = ProcessClock.used(by: meter.pid) { facts.cpu = after - before }
        if now - meter.since >= Self.glance { facts.peakBytes = peak(of: meter.pid, now: now) }
        return facts
    }

    private mutating func peak(of pid: Int32, now: Duration) -> Int64? {
        if let last = peaks[pid], now - last.seen < Self.glance { return last.bytes }
        let bytes = ProcessClock.peakBytes(of: pid)
        peaks[pid] = (now, bytes)
        return bytes
    }
}
