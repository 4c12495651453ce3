extension WallRecurrence.Search {
    /// The last run at or before `to`.
    func previous(from to: Int64) -> Int64? {
        var segment = zone.segment(at: to)
        var best = Int64.min
        while true {
            let (run, behind) = shown(in: segment, upTo: to)
            if let run { best = max(best, run) }
            // What this change has put off, or in a crowded zone one shortly before, falls into this segment too.
            var change = segment
            while change > 0, zone.starts[segment] - zone.starts[change] < Zone.reach {
                if let run = made(at: change, upTo: to) { best = max(best, run) }
                change -= 1
            }
            if best >= zone.starts[segment] { return best }
            guard segment > 0, zone.starts[segment] > Self.first else { return best == .min ? nil : best }
            segment -= 1
            // The pattern has no time back to `behind`. An overlap just behind may show later ones.
            if run == nil, best == .min, !zone.isCrowded, zone.offsets[segment] <= zone.offsets[segment + 1] {
                segment = min(segment, zone.segment(at: (behind ?? Self.first) + Zone.reach))
            }
        }
    }

    /// The last run in the segment at its own wall time; else the pattern's last time before the segment.
    private func shown(in segment: Int, upTo to: Int64) -> (run: Int64?, behind: Int64?) {
        let window = zone.window(of: segment)
        let offset = zone.offsets[segment]
        var wall = min(to + offset, window.to - 1)
        guard isOpen(segment) else { return (nil, pattern.previous(from: window.from - 1, excluding: exclusions)) }
        while wall >= window.from, let time = pattern.previous(from: wall, excluding: exclusions) {
            if time < window.from { return (nil, time) }
            if time - window.from < Zone.reach, let owner = earlierOwner(of: time, in: segment) {
                wall = zone.window(of: owner).from - 1
            } else if window.to - time < Zone.reach, let owner = laterOwner(of: time, in: segment) {
                wall = zone.window(of: owner).from - 1
            } else {
                return (time - offset, nil)
            }
        }
        return (nil, pattern.previous(from: window.from - 1, excluding: exclusions))
    }

    /// The last run at or before `to` that the gap at the change has put off.
    private func made(at change: Int, upTo to: Int64) -> Int64? {
        guard let gap = gap(at: change), isOpen(change - 1) else { return nil }
        let moment = zone.starts[change]
        switch rules.gap(length: Int64(gap.count)) {
        case .skip: return nil
        case .after: return moment <= to && lastLost(in: gap, at: change) != nil ? moment : nil
        case .shift:
            let offset = zone.offsets[change - 1]
            let high = min(gap.upperBound, to + offset + 1)
            guard gap.lowerBound < high else { return nil }
            return lastLost(in: gap.lowerBound..<high, at: change).map { $0 - offset }
        }
    }

    private func lastLost(in gap: Range<Int64>, at change: Int) -> Int64? {
        var wall = gap.upperBound - 1
        while wall >= gap.lowerBound, let time = pattern.previous(from: wall, excluding: exclusions),
            time >= gap.lowerBound
        {
            guard let claim = claim(on: time, at: change) else { return time }
            wall = claim.lowerBound - 1
        }
        return nil
    }
}
