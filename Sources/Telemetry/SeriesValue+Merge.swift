extension SeriesValue {
    /// Both together, for what counts: as if one instance had counted it all. Nil where that has no meaning (gauges of different
    /// instances, states) or the shapes differ.
    public func adding(_ other: SeriesValue) -> SeriesValue? {
        switch (self, other) {
        case (.counter(let one), .counter(let two)):
            return .counter(
                CounterValue(one.value + two.value, exemplar: Exemplar.newer(one.exemplar, two.exemplar)))
        case (.histogram(let one), .histogram(let two)):
            guard one.counts.count == two.counts.count else { return nil }
            return .histogram(
                HistogramValue(
                    counts: zip(one.counts, two.counts).map(&+), sum: one.sum + two.sum,
                    exemplars: one.exemplars.merging(two.exemplars) { $0.time < $1.time ? $1 : $0 }))
        case (.distribution(let one), .distribution(let two)):
            return .distribution(
                DistributionValue(
                    counts: DistributionValue.merged(one.counts, two.counts, &+), sum: one.sum + two.sum,
                    max: max(one.max, two.max)))
        case (.info, .info): return .info
        default: return nil
        }
    }

    /// What was counted since an earlier value of the same series; the whole value where the series began anew in between. Nil
    /// for what does not count.
    public func since(_ earlier: SeriesValue) -> SeriesValue? {
        switch (self, earlier) {
        case (.counter(let now), .counter(let then)):
            return .counter(
                CounterValue(now.value < then.value ? now.value : now.value - then.value, exemplar: now.exemplar))
        case (.histogram(let now), .histogram(let then)):
            guard now.counts.count == then.counts.count, zip(now.counts, then.counts).allSatisfy(>=) else {
                return self
            }
            return .histogram(
                HistogramValue(
                    counts: zip(now.counts, then.counts).map(&-), sum: now.sum - then.sum, exemplars: now.exemplars))
        case (.distribution(let now), .distribution(let then)):
            guard then.isContained(in: now) else { return self }
            return .distribution(
                DistributionValue(
                    counts: DistributionValue.merged(now.counts, then.counts, &-), sum: now.sum - then.sum, max: now.max
                )
            )
        default: return nil
        }
    }
}

extension Exemplar {
    static func newer(_ one: Exemplar?, _ two: Exemplar?) -> Exemplar? {
        guard let one else { return two }
        guard let two else { return one }
        return one.time < two.time ? two : one
    }
}

extension DistributionValue {
    static func merged(_ one: [Count], _ two: [Count], _ combine: (UInt64, UInt64) -> UInt64) -> [Count] {
        var result: [Count] = []
        result.reserveCapacity(Swift.max(one.count, two.count))
        var (left, right) = (0, 0)
        func put(_ bucket: Int, _ count: UInt64) {
            if count > 0 { result.append(Count(bucket: bucket, count: count)) }
        }
        while left < one.count || right < two.count {
            if right == two.count || left < one.count && one[left].bucket < two[right].bucket {
                put(one[left].bucket, combine(one[left].count, 0))
                left += 1
            } else if left == one.count || two[right].bucket < one[left].bucket {
                put(two[right].bucket, combine(0, two[right].count))
                right += 1
            } else {
                put(one[left].bucket, combine(one[left].count, two[right].count))
                left += 1
                right += 1
            }
        }
        return result
    }

    /// Whether every bucket holds no more than that of the later value.
    func isContained(in later: DistributionValue) -> Bool {
        var next = later.counts[...]
        for part in counts {
            while let first = next.first, first.bucket < part.bucket { next = next.dropFirst() }
            guard let first = next.first, first.bucket == part.bucket, first.count >= part.count else { return false }
        }
        return true
    }
}
