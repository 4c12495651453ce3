import Glibc

/// The rows of each merchant by their days: what was booked about the same time, at such amounts and in such words says more
/// than what was booked years ago. Orders of one day are often booked alike.
struct Diary: Sendable {
    struct Note: Hashable, Sendable {
        var day: Int32
        var label: Int32
        /// The logarithm of its size, and 1.
        var amount: Float
        /// A bit for each word.
        var words: UInt64
    }

    /// What notes near a day say of a label: each the less, the more others are nearer; and besides by how alike it is.
    struct Voice: Sendable {
        var label: Int32
        var byRank: Float
        var byLikeness: Float
    }

    /// Rising in days.
    private(set) var pages: [UInt64: [Note]]

    /// Notes before and after a day that are looked at, at most.
    static let reach = 50
    /// Notes of one merchant that are kept, the newest.
    static let maximumNotes = 20_000

    init(pages: [UInt64: [Note]] = [:]) { self.pages = pages }

    mutating func note(_ merchant: UInt64, _ note: Note) {
        guard merchant != 0 else { return }
        var page = pages.removeValue(forKey: merchant) ?? []
        page.insert(note, at: Self.place(after: note.day, in: page))
        if page.count > Self.maximumNotes { page.removeFirst() }
        pages[merchant] = page
    }

    /// Adds up by labels what the merchant's notes near the day of `seen` say; its label is not looked at.
    func recall(_ merchant: UInt64, _ seen: Note, into voices: inout [Voice]) {
        guard let page = pages[merchant] else { return }
        let day = Int64(seen.day)
        var after = Self.place(after: seen.day, in: page)
        var before = after - 1
        let (first, end) = (max(before - Self.reach, -1), min(after + Self.reach, page.count))
        let words = Float(seen.words.nonzeroBitCount)
        var (byRank, byFarRank): (Float, Float) = (1, 1)
        while before > first || after < end {
            // The nearest first; of equally near ones the older.
            let takesBefore =
                before > first && (after >= end || day - Int64(page[before].day) <= Int64(page[after].day) - day)
            let note = page[takesBefore ? before : after]
            if takesBefore { before -= 1 } else { after += 1 }
            let common = Float((note.words & seen.words).nonzeroBitCount)
            let all = words + Float(note.words.nonzeroBitCount) - common
            let unlike = all > 0 ? 1 - common / all : 0
            let likeness = byFarRank * expf(-abs(note.amount - seen.amount) - Self.wordsCount * unlike)
            if let place = voices.firstIndex(where: { $0.label == note.label }) {
                voices[place].byRank += byRank
                voices[place].byLikeness += likeness
            } else {
                voices.append(Voice(label: note.label, byRank: byRank, byLikeness: likeness))
            }
            byRank *= Self.rankShare
            byFarRank *= Self.farRankShare
        }
    }

    private static let rankShare: Float = 0.9
    private static let farRankShare: Float = 0.96
    /// How much it says that no word is the same, against amounts that are e times another.
    private static let wordsCount: Float = 4

    private static func place(after day: Int32, in page: [Note]) -> Int {
        var (low, high) = (0, page.count)
        while low < high {
            let middle = (low + high) / 2
            if page[middle].day <= day { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Diary.Note {
    /// An example without a day is seen as newer than all.
    init(_ example: TextExample, label: Int32 = -1) {
        let size = abs(example.amount ?? 0)
        var words: UInt64 = 0
        for text in example.texts {
            var (hash, hasWord): (UInt64, Bool) = (0x9747_B28C, false)
            for byte in text.utf8 {
                let letter = byte &- 0x41 < 26 ? byte + 0x20 : byte
                if letter &- 0x61 < 26 || letter &- 0x30 < 10 || letter >= 0x80 {
                    hash = (hash ^ UInt64(letter)) &* 0x100_0000_01B3
                    hasWord = true
                } else if hasWord {
                    words |= 1 << (Features.mixed(hash) >> 58)
                    (hash, hasWord) = (0x9747_B28C, false)
                }
            }
            if hasWord { words |= 1 << (Features.mixed(hash) >> 58) }
        }
        self.init(
            day: example.date == nil ? .max : TextModel.day(example), label: label,
            amount: size.isFinite ? logf(Float(min(size, 1e12)) + 1) : 0, words: words)
    }
}
