/// Which letters a text has, in 64 classes: tells quickly that something cannot stand in it.
struct LetterSet: Hashable, Sendable {
    private var classes: UInt64 = 0

    init() {}

    init(_ letters: some Sequence<UInt32>) { for letter in letters { classes |= 1 << UInt64(letter & 63) } }

    func isSubset(of other: LetterSet) -> Bool { classes & ~other.classes == 0 }
    func union(_ other: LetterSet) -> LetterSet { LetterSet(classes: classes | other.classes) }
    func intersection(_ other: LetterSet) -> LetterSet { LetterSet(classes: classes & other.classes) }

    private init(classes: UInt64) { self.classes = classes }
}
