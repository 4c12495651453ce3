extension WallRecurrence.Search {
    /// The first run at or after `from`.
    func next(from: Int64) -> Int64? {
        var segment = zone.segment(at: from)
        var best = Int64.max
        // Runs that an earlier gap has put off.
        var change = segment
        while change > 0, from - zone.starts[change] < Zone.reach {
            if let run = made(at: change, from: from) { best = min(best, run) }
            change -= 1
        }
        while true {
            let (run, ahead) = shown(in: segment, from: from)
            if let run { best = min(best, run) }
            if best < zone.end(of: segment) { return best }
            guard segment + 1 < zone.starts.count else { return best == .max ? nil : best }
            segment += 1
            // The pattern has no time until `ahead`. An overlap just ahead may show earlier ones again.
            if run == nil, best == .max, !zone.isCrowded, zone.offsets[segment] >= zone.offsets[segment - 1] {
                segment = max(segment, zone.segment(at: (ahead ?? Self.last) - Zone.reach))
            }
            if zone.starts[segment] > Self.last { return best == .max ? nil : best }
            if let run = made(at: segment, from: from) { best = min(best, run) }
        }
    }

    /// The first run in the segment at its own wall time; else the pattern's next time beyond the segment.
    private func shown(in segment: Int, from: Int64) -> (run: Int64?, ahead: Int64?) {
        let window = zone.window(of: segment)
        let offset = zone.offsets[segment]
        var wall = max(from + offset, window.from)
        guard isOpen(segment) else { return (nil, pattern.next(from: window.to, excluding: exclusions)) }
        while wall < window.to, let time = pattern.next(from: wall, excluding: exclusions) {
            if time >= window.to { return (nil, time) }
            if time - window.from < Zone.reach, let owner = earlierOwner(of: time, in: segment) {
                wall = zone.window(of: owner).to
            } else if window.to - time < Zone.reach, let owner = laterOwner(of: time, in: segment) {
                wall = min(zone.window(of: owner).to, window.to)
            } else {
                return (time - offset, nil)
            }
        }
        return (nil, pattern.next(from: max(wall, window.to), excluding: exclusions))
    }

    /// The first run at or after `from` that the gap at the change has put off.
    private func made(at change: Int, from: Int64) -> Int64? {
        guard let gap = gap(at: change), isOpen(change - 1) else { return nil }
        let moment = zone.starts[change]
        switch rules.gap(length: Int64(gap.count)) {
        case .skip: return nil
        case .after: return moment >= from && firstLost(in: gap, at: change) != nil ? moment : nil
        case .shift:
            let offset = zone.offsets[change - 1]
            let low = max(gap.lowerBound, from + offset)
            guard low < gap.upperBound else { return nil }
            return firstLost(in: low..<gap.upperBound, at: change).map { $0 - offset }
        }
    }

    /// The wall time that a run stands for; nil where none is at the instant.
    func wall(of run: Int64) -> Int64? {
        let segment = zone.segment(at: run)
        if shown(in: segment, from: run).run == run { return run + zone.offsets[segment] }
        var change = segment
        while change > 0, run - zone.starts[change] < Zone.reach {
            if made(at: change, from: run) == run, let gap = gap(at: change) {
                let isLater = rules.gap(length: Int64(gap.count)) == .shift
                return isLater ? run + zone.offsets[change - 1] : firstLost(in: gap, at: change)
            }
            change -= 1
        }
        return nil
    }

    private func firstLost(in gap: Range<Int64>, at change: Int) -> Int64? {
        var wall = gap.lowerBound
        while wall < gap.upperBound, let time = pattern.next(from: wall, excluding: exclusions), time < gap.upperBound {
            guard let claim = claim(on: time, at: change) else { return time }
            wall = claim.upperBound
        }
        return nil
    }
}
