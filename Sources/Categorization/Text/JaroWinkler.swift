/// Jaro-Winkler in the variant of Lucene: letters match within floor(longer / 2) - 1 places; the bonus for a common
/// beginning counts from a Jaro value of 0.7 on, is min(0.1, 1 / longer) a letter, and the beginning is not capped at four.
enum JaroWinkler {
    static func similarity(_ left: [UInt32], _ right: [UInt32]) -> Double {
        let (short, long) = left.count <= right.count ? (left, right) : (right, left)
        guard !short.isEmpty else { return 0 }
        return short.withUnsafeBufferPointer { short in
            long.withUnsafeBufferPointer { long in
                let jaro = long.count <= 64 ? jaroOfShort(short, long) : jaroOfLong(short, long)
                return boosted(jaro, short, long)
            }
        }
    }

    private static func boosted(
        _ jaro: Double, _ short: UnsafeBufferPointer<UInt32>, _ long: UnsafeBufferPointer<UInt32>
    ) -> Double {
        guard jaro >= 0.7 else { return jaro }
        var prefix = 0
        while prefix < short.count, short[prefix] == long[prefix] { prefix += 1 }
        return jaro + min(0.1, 1 / Double(long.count)) * Double(prefix) * (1 - jaro)
    }

    /// Up to 64 letters: which letters are matched fits a machine word.
    private static func jaroOfShort(
        _ short: UnsafeBufferPointer<UInt32>, _ long: UnsafeBufferPointer<UInt32>
    ) -> Double {
        let window = max(long.count / 2 - 1, 0)
        var taken: UInt64 = 0
        var matched: UInt64 = 0
        for place in 0..<short.count {
            let letter = short[place]
            var other = max(place - window, 0)
            let end = min(place + window + 1, long.count)
            while other < end {
                if long[other] == letter, taken & (1 << UInt64(other)) == 0 {
                    taken |= 1 << UInt64(other)
                    matched |= 1 << UInt64(place)
                    break
                }
                other += 1
            }
        }
        guard matched != 0 else { return 0 }
        var swapped = 0
        var (ours, theirs) = (matched, taken)
        while ours != 0 {
            if short[ours.trailingZeroBitCount] != long[theirs.trailingZeroBitCount] { swapped += 1 }
            ours &= ours - 1
            theirs &= theirs - 1
        }
        return jaro(matches: matched.nonzeroBitCount, swapped: swapped, short.count, long.count)
    }

    private static func jaroOfLong(
        _ short: UnsafeBufferPointer<UInt32>, _ long: UnsafeBufferPointer<UInt32>
    ) -> Double {
        let window = max(long.count / 2 - 1, 0)
        var taken = [Bool](repeating: false, count: long.count)
        var ours: [UInt32] = []
        for place in 0..<short.count {
            for other in max(place - window, 0)..<min(place + window + 1, long.count)
            where !taken[other] && long[other] == short[place] {
                taken[other] = true
                ours.append(short[place])
                break
            }
        }
        guard !ours.isEmpty else { return 0 }
        var swapped = 0
        var place = 0
        for other in 0..<long.count where taken[other] {
            if long[other] != ours[place] { swapped += 1 }
            place += 1
        }
        return jaro(matches: ours.count, swapped: swapped, short.count, long.count)
    }

    private static func jaro(matches: Int, swapped: Int, _ short: Int, _ long: Int) -> Double {
        let common = Double(matches)
        return (common / Double(short) + common / Double(long) + (common - Double(swapped / 2)) / common) / 3
    }
}
