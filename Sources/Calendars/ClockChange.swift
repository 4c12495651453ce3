/// A moment at which the clocks of a zone are set forward or back.
public struct ClockChange: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// Times from ``ClockChange/from`` to before ``ClockChange/to`` are left out.
        case gap
        /// Times from ``ClockChange/from`` to before ``ClockChange/to`` come twice.
        case overlap
    }

    public let instant: Instant
    public let before: Zone.Kind
    public let after: Zone.Kind

    public var kind: Kind { after.offset > before.offset ? .gap : .overlap }

    /// By how much the clocks are set, in seconds, more than 0.
    public var length: Int { abs(after.offset - before.offset) }

    /// The first wall time that is left out or comes twice.
    public var from: WallTime {
        WallTime(microseconds: instant.microseconds + Int64(min(before.offset, after.offset)) * 1_000_000)
    }

    /// The wall time after the last that is left out or comes twice.
    public var to: WallTime {
        WallTime(microseconds: instant.microseconds + Int64(max(before.offset, after.offset)) * 1_000_000)
    }
}

extension Zone {
    /// The clock changes after `from` and not after `to`, in order; changes of name alone are none.
    public func changes(after from: Instant, through to: Instant) -> [ClockChange] {
        var found: [ClockChange] = []
        var index = segment(at: from.microseconds) + 1
        while index < starts.count, starts[index] <= to.microseconds {
            if let change = change(at: index) { found.append(change) }
            index += 1
        }
        return found
    }

    /// The first `count` clock changes after the instant.
    public func changes(after from: Instant, count: Int) -> [ClockChange] {
        var found: [ClockChange] = []
        var index = segment(at: from.microseconds) + 1
        while index < starts.count, found.count < count {
            if let change = change(at: index) { found.append(change) }
            index += 1
        }
        return found
    }

    private func change(at index: Int) -> ClockChange? {
        guard offsets[index] != offsets[index - 1] else { return nil }
        return ClockChange(
            instant: Instant(microseconds: starts[index]), before: kinds[index - 1], after: kinds[index])
    }
}
