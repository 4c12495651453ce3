/// The steps of which both normalisers are made. All of them work on lower-case scalars without accents.
enum Letters {
    static let blank: UInt32 = 0x20
    private static let star: UInt32 = 0x2A
    private static let hash: UInt32 = 0x23
    private static let dot: UInt32 = 0x2E

    /// Processor names that stand before an asterisk and say nothing of the merchant.
    private static let processorTags: [[UInt32]] = ["paypal", "square", "sq", "tst", "pos", "ccd"].map(scalars)
    /// Endings of company names, longest first so that "s.a." is not read as "s".
    private static let suffixes: [[UInt32]] = ["s.a.", "c.v.", "s.a", "c.v", "corp", "inc", "llc", "ltd", "co"]
        .map(scalars)

    static func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

    static func string(_ letters: some Sequence<UInt32>) -> String {
        var text = String.UnicodeScalarView()
        for letter in letters { text.append(Unicode.Scalar(letter) ?? "\u{FFFD}") }
        return String(text)
    }

    /// Lower case, Spanish accents replaced by their letter, combining marks dropped.
    static func lowered(_ text: String) -> [UInt32] {
        var letters: [UInt32] = []
        letters.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            let value = scalar.value
            switch value {
            case 0x41...0x5A: letters.append(value + 0x20)
            case ..<0x80: letters.append(value)
            case 0xC1, 0xE1: letters.append(0x61)
            case 0xC9, 0xE9: letters.append(0x65)
            case 0xCD, 0xED: letters.append(0x69)
            case 0xD3, 0xF3: letters.append(0x6F)
            case 0xDA, 0xFA, 0xDC, 0xFC: letters.append(0x75)
            case 0xD1, 0xF1: letters.append(0x6E)
            case 0x300...0x36F: break
            default: letters.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars.map(\.value))
            }
        }
        return letters
    }

    /// Takes "paypal *" and its like from the front, blanks around the asterisk included.
    static func dropProcessorTag(_ letters: inout [UInt32]) {
        let start = letters.firstIndex { $0 != blank } ?? letters.count
        for tag in processorTags where letters[start...].starts(with: tag) {
            var index = start + tag.count
            while index < letters.count, letters[index] == blank { index += 1 }
            guard index < letters.count, letters[index] == star else { continue }
            letters.removeSubrange(...index)
            return
        }
    }

    /// Blanks out company suffixes that stand alone as words behind another word, with the point that may follow.
    /// "co-op" and "co op" are names: a suffix neither begins a text nor is tied to the next word.
    static func droppingSuffixes(_ letters: [UInt32]) -> [UInt32] {
        var result = letters
        var index = letters.firstIndex(where: isWord).map { $0 + 1 } ?? letters.count
        while index < letters.count {
            guard !isWord(letters[index - 1]), isWord(letters[index]), let suffix = suffix(at: index, of: letters)
            else {
                index += 1
                continue
            }
            var end = index + suffix
            if end < letters.count, letters[end] == dot { end += 1 }
            for place in index..<end { result[place] = blank }
            index = end
        }
        return result
    }

    private static func suffix(at index: Int, of letters: [UInt32]) -> Int? {
        for suffix in suffixes where letters[index...].starts(with: suffix) {
            let end = index + suffix.count
            if end == letters.count || (!isWord(letters[end]) && letters[end] != 0x2D) { return suffix.count }
        }
        return nil
    }

    /// Blanks out "#123" wherever it stands.
    static func blankStoreNumbers(_ letters: inout [UInt32]) {
        var index = 0
        while index < letters.count {
            defer { index += 1 }
            guard letters[index] == hash, index + 1 < letters.count, isDigit(letters[index + 1]) else { continue }
            letters[index] = blank
            while index + 1 < letters.count, isDigit(letters[index + 1]) {
                index += 1
                letters[index] = blank
            }
        }
    }

    /// Drops a number of four or more digits at the end.
    static func dropTrailingNumber(_ letters: inout [UInt32]) {
        var end = letters.count
        while end > 0, letters[end - 1] == blank { end -= 1 }
        var start = end
        while start > 0, isDigit(letters[start - 1]) { start -= 1 }
        guard end - start >= 4, start == 0 || !isWord(letters[start - 1]) else { return }
        letters.removeSubrange(start...)
    }

    /// What is neither letter nor digit nor in `keeping` becomes a blank; runs of blanks become one, none at the ends.
    static func words(_ letters: [UInt32], keeping: Set<UInt32> = []) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(letters.count)
        for letter in letters {
            if isWord(letter) || keeping.contains(letter) {
                result.append(letter)
            } else if let last = result.last, last != blank {
                result.append(blank)
            }
        }
        if result.last == blank { result.removeLast() }
        return result
    }

    static func isDigit(_ letter: UInt32) -> Bool { letter &- 0x30 < 10 }

    /// A letter or digit of any script, or an underscore.
    static func isWord(_ letter: UInt32) -> Bool {
        if letter < 0x80 { return letter &- 0x61 < 26 || letter &- 0x30 < 10 || letter &- 0x41 < 26 || letter == 0x5F }
        guard let scalar = Unicode.Scalar(letter) else { return false }
        return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
}
