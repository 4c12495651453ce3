/// How often each letter stands in a text, how it begins, and which pieces it has, in a few machine words: tells quickly
/// that two texts cannot be alike enough to be compared.
struct LetterBag: Hashable, Sendable {
    /// Two bits for each of 32 classes of letters: the first and the second occurrence.
    private let seen: UInt64
    /// Occurrences from the third on.
    private let more: Int32
    private let count: Int32
    /// 1 by the number of letters.
    private let share: Double
    /// The low bytes of the first eight letters; zeros behind the end.
    private let beginning: UInt64
    /// One bit for each of 64 classes of trigrams.
    private let pieces: UInt64
    private let pieceCount: Int32

    init(_ letters: [UInt32], _ trigrams: Trigrams) {
        var seen: UInt64 = 0
        var more: Int32 = 0
        for letter in letters {
            let place = UInt64(letter & 31) * 2
            if seen & (1 << place) == 0 {
                seen |= 1 << place
            } else if seen & (2 << place) == 0 {
                seen |= 2 << place
            } else {
                more += 1
            }
        }
        self.seen = seen
        self.more = more
        count = Int32(letters.count)
        share = 1 / Double(max(letters.count, 1))
        beginning = letters.prefix(8).enumerated().reduce(0) {
            $0 | UInt64($1.element & 0xFF) << (8 * UInt64($1.offset))
        }
        pieces = trigrams.pieces.reduce(0) { $0 | 1 << ($1 &* 0x9E37_79B9_7F4A_7C15 >> 58) }
        pieceCount = Int32(trigrams.pieces.count)
    }

    /// Whether Jaro-Winkler and trigram together could reach `minimum`. Never false where they do.
    ///
    /// A Jaro value is at most (c / a + c / b + 1) / 3 where c is the number of letters both have. Where that alone is
    /// too little, the trigram value would have to lift the mean, for which the texts must share enough pieces.
    func mayReach(_ minimum: Double, with other: LetterBag) -> Bool {
        mayReach(minimum, with: other, jaroWinkler: jaroWinklerBound(other))
    }

    /// The same where Jaro-Winkler is known.
    func mayReach(_ minimum: Double, with other: LetterBag, jaroWinkler: Double) -> Bool {
        // What is rounded may be rounded up.
        let minimum = minimum - 0.0001
        if jaroWinkler >= minimum { return true }
        let floor = 0.7 * minimum
        guard jaroWinkler >= floor else { return false }
        let trigram = trigramBound(other)
        return trigram >= floor && (1.2 * jaroWinkler + trigram) / 2.2 >= minimum
    }

    private func jaroWinklerBound(_ other: LetterBag) -> Double {
        let seen = Int32((seen & other.seen).nonzeroBitCount)
        let common = Double(min(seen + min(more, other.more), count, other.count))
        // A little more than it is, for the shares are rounded.
        let jaro = (common * (share + other.share) + 1) / 3 + 1e-9
        // Below that there is no bonus.
        guard jaro >= 0.7 else { return jaro }
        let equal = (beginning ^ other.beginning).trailingZeroBitCount / 8
        guard equal > 0 else { return jaro }
        let prefix = equal < 8 ? min(Double(equal), common) : common
        return jaro + min(0.1, share, other.share) * prefix * (1 - jaro)
    }

    private func trigramBound(_ other: LetterBag) -> Double {
        let hidden = min(
            pieceCount - Int32(pieces.nonzeroBitCount), other.pieceCount - Int32(other.pieces.nonzeroBitCount))
        let shared = min(Int32((pieces & other.pieces).nonzeroBitCount) + hidden, pieceCount, other.pieceCount)
        return Double(shared) / Double(pieceCount + other.pieceCount - shared)
    }
}
