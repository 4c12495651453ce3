/// The name under which a merchant is known, whatever its bookings say around it: processor tag, trailing booking
/// numbers, company suffix and store number are taken off; `&`, `'` and `-` are part of names and stay.
///
/// ```
/// "SQ *BLUE BOTTLE COFFEE #12"  → "blue bottle coffee"
/// "H&M 0412 SAN JOSE 99812"     → "h&m 0412 san jose"
/// ```
public enum MerchantName {
    private static let kept: Set<UInt32> = [0x26, 0x27, 0x2D]

    public static func normalised(_ raw: String) -> String {
        var letters = Letters.lowered(raw)
        Letters.dropProcessorTag(&letters)
        Letters.blankStoreNumbers(&letters)
        dropTrailingIdentifiers(&letters)
        letters = Letters.droppingSuffixes(letters)
        dropStoreNumber(&letters)
        return Letters.string(Letters.words(letters, keeping: kept))
    }

    /// Words at the end that hold four or more digits ("99812", "a1b2c3d4"), and a reference behind an asterisk that
    /// holds a digit ("amazon *mk4t51").
    private static func dropTrailingIdentifiers(_ letters: inout [UInt32]) {
        while true {
            while letters.last == Letters.blank { letters.removeLast() }
            let start = (letters.lastIndex { $0 == Letters.blank || $0 == 0x2A } ?? -1) + 1
            guard start > 0 else { return }
            let word = letters[start...]
            let digits = word.count { Letters.isDigit($0) }
            let afterStar = letters[start - 1] == 0x2A
            guard digits >= 4 || (afterStar && digits >= 1), word.allSatisfy({ Letters.isWord($0) || $0 == 0x2D })
            else { return }
            letters.removeSubrange((start - 1)...)
        }
    }

    /// "store 12", "no 7", "nr. 3" and a bare number of up to three digits at the end.
    private static func dropStoreNumber(_ letters: inout [UInt32]) {
        var words = Letters.words(letters, keeping: kept).split(separator: Letters.blank)
        guard words.count > 1, words[words.count - 1].allSatisfy(Letters.isDigit), words[words.count - 1].count <= 3
        else { return }
        words.removeLast()
        if words.count > 1, storeWords.contains(Array(words[words.count - 1])) { words.removeLast() }
        letters = Array(words.joined(separator: [Letters.blank]))
    }

    private static let storeWords: Set<[UInt32]> = Set(["store", "shop", "no", "nr", "tienda"].map(Letters.scalars))
}
