/// Jaro-Winkler in the variant of Lucene: letters match within floor(longer / 2) - 1 places; the bonus for a common
/// beginning counts from a Jaro value of 0.7 on, is min(0.1, 1 / longer) a letter, and the beginning is not capped at four.
enum JaroWinkler {
    static func similarity(_ left: [UInt32], _ right: [UInt32]) -> Double {
        let (short, long) = left.count <= right.count ? (left, right) : (right, left)
        guard !short.isEmpty else { return 0 }
        return short.withUnsafeBufferPointer { short in
            long.withUnsafeBufferPointer { long in
                var taken = [Bool](repeating: false, count: long.count)
                var ours: [UInt32] = []
                let window = max(long.count / 2 - 1, 0)
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
                return boosted(jaro(matches: ours.count, swapped: swapped, short.count, long.count), short, long)
            }
        }
    }

    fileprivate static func boosted<Letter: Equatable>(
        _ jaro: Double, _ short: UnsafeBufferPointer<Letter>, _ long: UnsafeBufferPointer<Letter>
    ) -> Double {
        guard jaro >= 0.7 else { return jaro }
        var prefix = 0
        while prefix < short.count, short[prefix] == long[prefix] { prefix += 1 }
        return jaro + min(0.1, 1 / Double(long.count)) * Double(prefix) * (1 - jaro)
    }

    fileprivate static func jaro(matches: Int, swapped: Int, _ short: Int, _ long: Int) -> Double {
        let common = Double(matches)
        return (common / Double(short) + common / Double(long) + (common - Double(swapped / 2)) / common) / 3
    }
}

/// Compares one text of at most 64 letters, none above 255, with many such: the same values as ``JaroWinkler``, but where a
/// letter stands is a bit of a machine word, so that a letter's place is found in one step.
struct JaroWinklerQuery: ~Copyable {
    private let letters: UnsafeBufferPointer<UInt8>
    /// Where each letter stands in the query.
    private let places: UnsafeMutablePointer<UInt64>
    /// Room for the same of a longer candidate; zeros between two comparisons.
    private let room: UnsafeMutablePointer<UInt64>

    static let maximumLetters = 64

    /// - Parameter letters: must outlive the query.
    init(_ letters: UnsafeBufferPointer<UInt8>) {
        self.letters = letters
        places = UnsafeMutablePointer<UInt64>.allocate(capacity: 512)
        places.initialize(repeating: 0, count: 512)
        room = places + 256
        for (place, letter) in letters.enumerated() { places[Int(letter)] |= 1 << UInt64(place) }
    }

    deinit { places.deallocate() }

    /// - Parameter least: 0 is returned where fewer letters match.
    func similarity(to other: UnsafeBufferPointer<UInt8>, from least: Int = 0) -> Double {
        guard !letters.isEmpty, !other.isEmpty else { return 0 }
        if other.count < letters.count { return Self.similarity(other, letters, places, least) }
        for place in 0..<other.count { room[Int(other[place])] |= 1 &<< UInt64(place) }
        defer { for letter in other { room[Int(letter)] = 0 } }
        return Self.similarity(letters, other, room, least)
    }

    private static func similarity(
        _ short: UnsafeBufferPointer<UInt8>, _ long: UnsafeBufferPointer<UInt8>,
        _ places: UnsafeMutablePointer<UInt64>, _ least: Int
    ) -> Double {
        let window = max(long.count / 2 - 1, 0)
        var reach: UInt64 = (1 << UInt64(window + 1)) - 1
        var free = ~UInt64(0)
        var matched: UInt64 = 0
        // Without a branch: whether a letter matches cannot be foreseen.
        func match(_ place: Int) {
            let found = places[Int(short[place])] & reach & free
            free ^= found & (~found &+ 1)
            matched |= (found == 0 ? 0 : 1) &<< UInt64(truncatingIfNeeded: place)
        }
        let turn = min(window, short.count)
        for place in 0..<turn {
            match(place)
            reach = reach &<< 1 | 1
        }
        for place in turn..<short.count {
            match(place)
            reach = reach &<< 1
        }
        let count = matched.nonzeroBitCount
        guard count >= max(least, 1) else { return 0 }
        var swapped = 0
        var (ours, theirs) = (matched, ~free)
        while ours != 0 {
            swapped &+= short[ours.trailingZeroBitCount] != long[theirs.trailingZeroBitCount] ? 1 : 0
            ours &= ours &- 1
            theirs &= theirs &- 1
        }
        let jaro = JaroWinkler.jaro(matches: count, swapped: swapped, short.count, long.count)
        return JaroWinkler.boosted(jaro, short, long)
    }
}
