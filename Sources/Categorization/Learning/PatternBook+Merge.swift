extension PatternBook {
    /// How alike two values must be to be one pattern.
    static let mergeRatio = 0.85

    /// Lets active patterns of the same account, category and type that say nearly the same become one with `id`.
    mutating func merge(around id: PatternID, _ today: Int64) -> [Lesson.Change] {
        var changes: [Lesson.Change] = []
        for other in byCategory[byID[id]?.category ?? 0] ?? [] where other != id {
            guard let one = byID[id], one.isActive, let two = byID[other], two.isActive, Self.areAlike(one, two) else {
                continue
            }
            let keepsOne = one.usageCount != two.usageCount ? one.usageCount > two.usageCount : one.id < two.id
            changes.append(merge(keepsOne ? two : one, into: keepsOne ? one : two, today))
            if !keepsOne { break }
        }
        return changes
    }

    static func areAlike(_ one: Pattern, _ two: Pattern) -> Bool {
        guard one.owner == two.owner, one.category == two.category, one.type == two.type else { return false }
        switch one.type {
        case .merchant, .keyword, .description:
            return Levenshtein.ratio(Letters.scalars(one.value), Letters.scalars(two.value)) >= mergeRatio
        case .amountRange:
            guard let left = AmountRange(one.value), let right = AmountRange(two.value) else { return false }
            return left.overlap(with: right) >= mergeRatio
        case .regex, .time: return false
        }
    }

    /// The weight by use of each, the counts summed, the amounts of both; the dropped one's value goes on in the kept.
    private mutating func merge(_ dropped: Pattern, into kept: Pattern, _ today: Int64) -> Lesson.Change {
        var (kept, dropped) = (kept, dropped)
        let uses = Double(kept.usageCount + dropped.usageCount)
        let weight =
            uses > 0
            ? (kept.weight * Double(kept.usageCount) + dropped.weight * Double(dropped.usageCount)) / uses
            : (kept.weight + dropped.weight) / 2
        kept.weight = Pattern.sound(weight.rounded(places: 3))
        kept.usageCount += dropped.usageCount
        kept.successCount += dropped.successCount
        kept.statistics = kept.statistics.merged(with: dropped.statistics)
        kept.touchedOn = today
        dropped.isActive = false
        dropped.mergedInto = kept.id
        byID[kept.id] = kept
        byID[dropped.id] = dropped
        return .merged(into: kept, dropped)
    }
}
