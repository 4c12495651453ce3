/// The set of three-letter pieces of a text that is padded with two blanks on each side.
public struct Trigrams: Hashable, Sendable {
    /// Three scalars of 21 bits in each, ascending, without repeats.
    let pieces: [UInt64]

    public init(_ text: NormalisedText) { self.init(text.letters) }

    init(_ letters: [UInt32]) {
        let blank = UInt64(Letters.blank)
        let mask: UInt64 = (1 << 63) - 1
        var window = blank << 21 | blank
        var pieces: [UInt64] = []
        pieces.reserveCapacity(letters.count + 2)
        for letter in letters {
            window = (window << 21 | UInt64(letter)) & mask
            pieces.append(window)
        }
        for _ in 0..<2 {
            window = (window << 21 | blank) & mask
            pieces.append(window)
        }
        pieces.sort()
        var kept = 0
        for index in pieces.indices where index == 0 || pieces[index] != pieces[index - 1] {
            pieces[kept] = pieces[index]
            kept += 1
        }
        pieces.removeSubrange(kept...)
        self.pieces = pieces
    }

    /// Shared pieces by all pieces.
    public func similarity(to other: Trigrams) -> Double {
        var (left, right, shared) = (0, 0, 0)
        pieces.withUnsafeBufferPointer { ours in
            other.pieces.withUnsafeBufferPointer { theirs in
                while left < ours.count, right < theirs.count {
                    let (a, b) = (ours[left], theirs[right])
                    if a == b { shared += 1 }
                    if a <= b { left += 1 }
                    if b <= a { right += 1 }
                }
            }
        }
        return Double(shared) / Double(pieces.count + other.pieces.count - shared)
    }

    /// 0 when either text has fewer than three letters.
    static func similarity(_ left: [UInt32], _ right: [UInt32]) -> Double {
        guard left.count >= 3, right.count >= 3 else { return 0 }
        return Trigrams(left).similarity(to: Trigrams(right))
    }
}
