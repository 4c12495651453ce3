/// How often each letter stands in a text, how it begins, and which pieces it has, in a few machine words: tells quickly
/// that two texts cannot be alike enough to be compared.
struct LetterBag: Hashable, Sendable {
    /// Two bits for each of 32 classes of letters: the first and the second occurrence.
    private let seen: UInt64
    /// The low bytes of the first eight letters; zeros behind the end.
    private let beginning: UInt64
    /// One bit for each of 64 classes of trigrams.
    private let pieces: UInt64
    /// Occurrences from the third on.
    private let more: Int32
    private let count: Int32
    private let pieceCount: Int32
    /// Trigrams of a class that another has already.
    private let hidden: Int32

    /// Letters of the beginning that are compared.
    static let longestBeginning = 8
    /// What is rounded may be rounded up.
    private static let rounding = 0.0001

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
        beginning = letters.prefix(Self.longestBeginning).enumerated().reduce(0) {
            $0 | UInt64($1.element & 0xFF) << (8 * UInt64($1.offset))
        }
        pieces = trigrams.pieces.reduce(0) { $0 | 1 << (($1 &* 0x9E37_79B9_7F4A_7C15) >> 58) }
        pieceCount = Int32(trigrams.pieces.count)
        hidden = pieceCount - Int32(pieces.nonzeroBitCount)
    }

    /// Whether Jaro-Winkler and trigram together could reach `minimum`. Never false where they do.
    ///
    /// Where Jaro-Winkler alone is too little, the trigram value would have to lift the mean, for which the texts must
    /// share enough pieces.
    func mayReach(_ minimum: Double, with other: LetterBag) -> Bool {
        mayReach(
            minimum, with: other,
            jaroWinkler: Self.jaroWinklerBound(
                common: common(with: other), Int(count), Int(other.count), sameBeginning: sameBeginning(as: other)))
    }

    /// The same where Jaro-Winkler is known.
    func mayReach(_ minimum: Double, with other: LetterBag, jaroWinkler: Double) -> Bool {
        let minimum = minimum - Self.rounding
        if jaroWinkler >= minimum { return true }
        let floor = 0.7 * minimum
        guard jaroWinkler >= floor else { return false }
        let shared = sharedPieces(with: other)
        let trigram = Double(shared) / Double(pieceCount + other.pieceCount - shared)
        return trigram >= floor && (1.2 * jaroWinkler + trigram) / 2.2 >= minimum
    }

    /// Letters that both have, at most.
    func common(with other: LetterBag) -> Int {
        (seen & other.seen).nonzeroBitCount &+ Int(min(more, other.more))
    }

    /// Letters at the beginning that are the same, of the first eight.
    func sameBeginning(as other: LetterBag) -> Int { (beginning ^ other.beginning).trailingZeroBitCount / 8 }

    private func sharedPieces(with other: LetterBag) -> Int32 {
        // As many of a class as are hidden in both may be shared besides.
        min(
            Int32((pieces & other.pieces).nonzeroBitCount) &+ min(hidden, other.hidden), pieceCount, other.pieceCount)
    }

    /// A Jaro value is at most (c / a + c / b + 1) / 3 where c is the number of letters both have.
    private static func jaroWinklerBound(common: Int, _ left: Int, _ right: Int, sameBeginning equal: Int) -> Double {
        let (common, left, right) = (Double(common), 1 / Double(max(left, 1)), 1 / Double(max(right, 1)))
        // A little more than it is, for the shares are rounded.
        let jaro = (common * (left + right) + 1) / 3 + 1e-9
        // Below that there is no bonus.
        guard jaro >= 0.7, equal > 0 else { return jaro }
        let prefix = equal < longestBeginning ? min(Double(equal), common) : common
        return jaro + min(0.1, left, right) * prefix * (1 - jaro)
    }
}

extension LetterBag {
    /// What ``mayReach(_:with:)`` comes to for one text and one minimum, in whole numbers.
    struct Needs: Sendable {
        /// Letters in common without which Jaro-Winkler does not reach the minimum: for each length of a same beginning, by
        /// the other text's length.
        private let letters: ArraySlice<UInt8>
        /// Trigrams of a text whose trigram value may reach the minimum.
        private let pieceCounts: ClosedRange<Int32>
        private let bag: LetterBag
        private let trigram: Double

        /// Lengths looked at.
        private static let lengths = JaroWinklerQuery.maximumLetters + 1
        /// Of one text.
        private static let size = (LetterBag.longestBeginning + 1) * lengths

        /// - Precondition: the bag's text is at most as long as a ``JaroWinklerQuery`` takes.
        init(_ bag: LetterBag, _ options: FuzzyOptions) {
            let length = Int(bag.count)
            precondition(length < Self.lengths, "a text of at most \(Self.lengths - 1) letters")
            let minimum = options.minimum(forLength: length)
            letters =
                options.minimum == FuzzyOptions().minimum
                ? Self.usual[length * Self.size..<(length + 1) * Self.size] : Self.letters(length, minimum)[...]
            self.bag = bag
            // Where Jaro-Winkler does not reach the minimum, the mean does only where the trigram value is above it.
            trigram = max(minimum - LetterBag.rounding - 1e-9, 0.1)
            let count = Double(bag.pieceCount)
            pieceCounts = Int32(count * trigram)...Int32(count / trigram) + 1
        }

        /// The letters that both must have for Jaro-Winkler to reach the minimum.
        func letters(with other: LetterBag, _ length: Int) -> Int {
            Int(letters[letters.startIndex &+ bag.sameBeginning(as: other) &* Self.lengths &+ length])
        }

        /// Whether the mean may reach the minimum where Jaro-Winkler does not.
        func mayReachByPieces(_ other: LetterBag) -> Bool {
            guard pieceCounts.contains(other.pieceCount) else { return false }
            let shared = bag.sharedPieces(with: other)
            return Double(shared) >= trigram * Double(bag.pieceCount + other.pieceCount - shared)
        }

        /// Builds what the first comparison would build.
        static func prepare() { _ = usual }

        /// For texts of each length at the usual minimum.
        private static let usual: [UInt8] = {
            let options = FuzzyOptions()
            return (0..<lengths).flatMap { letters($0, options.minimum(forLength: $0)) }
        }()

        private static func letters(_ length: Int, _ minimum: Double) -> [UInt8] {
            (0...LetterBag.longestBeginning).flatMap { beginning in
                (0..<lengths).map { other in
                    // The bound rises with the letters in common.
                    var (low, high) = (0, min(length, other) + 1)
                    while low < high {
                        let middle = (low + high) / 2
                        let bound = LetterBag.jaroWinklerBound(
                            common: middle, length, other, sameBeginning: beginning)
                        if bound >= minimum - LetterBag.rounding { high = middle } else { low = middle + 1 }
                    }
                    return UInt8(low)
                }
            }
        }
    }
}
