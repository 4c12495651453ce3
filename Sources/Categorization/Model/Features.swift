import Glibc

/// The pieces of an example that a model weighs, each as a hash of 64 bits.
struct Features {
    enum Group: UInt8, CaseIterable { case letters, field, word, kind, pair }

    struct Piece {
        var hash: UInt64
        var group: Group
        /// The word it lies in, counted over all texts; -1 for what is no text.
        var word: Int32
    }

    private(set) var pieces: [Piece] = []
    /// Where the words begin and end in ``letters``.
    private(set) var words: [Range<Int>] = []
    private(set) var letters: [UInt8] = []

    static let shortest = 2
    static let longest = 5

    /// Texts longer than this are cut; bounds the work for one example.
    static let maximumLetters = 400

    /// Of the texts: runs of two to five letters, words, pairs of words, beginnings, and what kinds of business are named;
    /// of the texts behind the first also each word together with the merchant, for one may mean this by it and another that.
    mutating func addTexts(_ texts: [String]) {
        for (index, text) in texts.enumerated() {
            let first = words.count
            addText(text, field: UInt64(min(index, 1)) + 1, tagged: texts.count > 1)
            if index > 0 { addPairs(first..<words.count, merchant: Self.merchantKey(texts)) }
        }
    }

    private mutating func addPairs(_ range: Range<Int>, merchant: UInt64) {
        guard merchant != 0 else { return }
        for word in range {
            let hash = letters[words[word]].reduce(merchant) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
            pieces.append(Piece(hash: Self.mixed(hash &+ 44 << 44), group: .pair, word: Int32(word)))
        }
    }

    private mutating func addText(_ text: String, field: UInt64, tagged: Bool) {
        let start = letters.count
        letters.append(Self.blank)
        appendLetters(of: text)
        if letters.last != Self.blank { letters.append(Self.blank) }
        let end = letters.count
        guard end - start > 2 else { return }
        addRuns(start..<end, field, tagged)
        addWords(start..<end, field)
    }

    private mutating func addRuns(_ range: Range<Int>, _ field: UInt64, _ tagged: Bool) {
        var word = Int32(words.count)
        for place in range {
            if letters[place] == Self.blank, place > range.lowerBound, place < range.upperBound - 1 { word += 1 }
            var hash: UInt64 = 0x51_7CC1_B727
            for length in 1...Self.longest where place + length <= range.upperBound {
                hash = (hash ^ UInt64(letters[place + length - 1])) &* 0x100_0000_01B3
                guard length >= Self.shortest else { continue }
                pieces.append(Piece(hash: Self.mixed(hash), group: .letters, word: word))
                if tagged { pieces.append(Piece(hash: Self.mixed(hash &+ field << 40), group: .field, word: word)) }
                if place == range.lowerBound, length >= 3 {
                    pieces.append(Piece(hash: Self.mixed(hash &+ 77 &+ field << 50), group: .field, word: word))
                }
            }
        }
    }

    private mutating func addWords(_ range: Range<Int>, _ field: UInt64) {
        var hashes: [UInt64] = []
        var place = range.lowerBound
        while place < range.upperBound {
            guard letters[place] != Self.blank else {
                place += 1
                continue
            }
            let start = place
            var hash: UInt64 = 0x9747_B28C
            while place < range.upperBound, letters[place] != Self.blank {
                hash = (hash ^ UInt64(letters[place])) &* 0x100_0000_01B3
                place += 1
            }
            let word = Int32(words.count)
            words.append(start..<place)
            pieces.append(Piece(hash: Self.mixed(hash &+ field << 41), group: .word, word: word))
            if let last = hashes.last {
                pieces.append(Piece(hash: Self.mixed(last &* 31 &+ hash &+ field << 42), group: .word, word: word))
            } else {
                pieces.append(Piece(hash: Self.mixed(hash &+ 12345 &+ field << 43), group: .word, word: word))
            }
            hashes.append(hash)
        }
        addKinds(hashes)
    }

    /// Of what kind the named business is; a name of several words says more than the words.
    private mutating func addKinds(_ hashes: [UInt64]) {
        let first = words.count - hashes.count
        var place = 0
        while place < hashes.count {
            var length = min(Kinds.longest, hashes.count - place)
            while length > 0 {
                if let kinds = Kinds.byName[Self.combined(hashes[place..<(place + length)])] {
                    for kind in kinds {
                        let hash = Self.mixed(UInt64(kind) &+ 1 << 45)
                        pieces.append(Piece(hash: hash, group: .kind, word: Int32(first + place)))
                    }
                    break
                }
                length -= 1
            }
            place += max(length, 1)
        }
    }

    /// The hashes of a text's words, as ``addTexts(_:)`` makes them.
    mutating func wordHashes(of text: String) -> [UInt64] {
        removeAll()
        appendLetters(of: text)
        return letters.split(separator: Self.blank).map { word in
            word.reduce(0x9747_B28C) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        }
    }

    static func combined(_ words: ArraySlice<UInt64>) -> UInt64 { words.reduce(0x77) { mixed($0 ^ $1) } }

    mutating func removeAll() {
        pieces.removeAll(keepingCapacity: true)
        words.removeAll(keepingCapacity: true)
        letters.removeAll(keepingCapacity: true)
    }

    /// The name under which a merchant is remembered: its letters, without case, signs, digits and the codes of bookings
    /// ("amazon.co.uk*mz9qo6ox4"); all of it where there are no letters.
    static func merchantKey(_ texts: [String]) -> UInt64 {
        let text = texts.first ?? ""
        var hash: UInt64 = 0xCBF2_9CE4
        var hasLetters = false
        var word = CodedWord(hash: hash)
        for byte in text.utf8 {
            let letter = byte &- 0x41 < 26 ? byte + 0x20 : byte
            if word.take(letter) { continue }
            if !word.isCode { (hash, hasLetters) = (word.hash, hasLetters || word.hasLetters) }
            word = CodedWord(hash: hash)
        }
        if !word.isCode { (hash, hasLetters) = (word.hash, hasLetters || word.hasLetters) }
        if hasLetters { return mixed(hash) }
        guard text.utf8.contains(where: { $0 &- 0x30 < 10 || isLetter($0 | 0x20) }) else { return 0 }
        return mixed(
            text.utf8.reduce(hash) { ($0 ^ UInt64($1 &- 0x41 < 26 ? $1 + 0x20 : $1)) &* 0x100_0000_01B3 })
    }

    /// Of a lower-case byte.
    private static func isLetter(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 || byte >= 0x80 }

    /// A run of letters and digits, byte by byte.
    private struct CodedWord {
        /// With the letters of the word.
        var hash: UInt64
        var hasLetters = false
        private var changes = 0
        private var run = 0
        private var longestRun = 0
        private var wasDigit: Bool?

        /// Letters and digits that change thrice and more, and no run of letters long enough to be a name.
        var isCode: Bool { changes >= 3 && longestRun <= 4 }

        init(hash: UInt64) { self.hash = hash }

        /// False for what is part of no word.
        mutating func take(_ letter: UInt8) -> Bool {
            let isDigit = letter &- 0x30 < 10
            guard isDigit || isLetter(letter) else { return false }
            if let wasDigit, wasDigit != isDigit { changes += 1 }
            wasDigit = isDigit
            run = isDigit ? 0 : run + 1
            longestRun = max(longestRun, run)
            if !isDigit {
                hash = (hash ^ UInt64(letter)) &* 0x100_0000_01B3
                hasLetters = true
            }
            return true
        }
    }

    private static let blank: UInt8 = 0x20

    /// Lower case; letters, digits, `&` and `*` stay, apostrophes go, all else parts words.
    private mutating func appendLetters(of text: String) {
        let limit = letters.count + Self.maximumLetters
        for byte in text.utf8 {
            guard letters.count < limit else { return }
            let letter = byte &- 0x41 < 26 ? byte + 0x20 : byte
            switch letter {
            case 0x61...0x7A, 0x30...0x39, 0x26, 0x2A, 0x80...: letters.append(letter)
            case 0x27: break
            default: if letters.last != Self.blank { letters.append(Self.blank) }
            }
        }
    }

    static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value &* 0x9E37_79B9_7F4A_7C15
        mixed ^= mixed >> 32
        mixed = mixed &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ mixed >> 29
    }
}
