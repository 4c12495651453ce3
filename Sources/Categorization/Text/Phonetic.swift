/// A code of how a text sounds, akin to Soundex: the first letter, then digits of the consonants' classes, repeats
/// squeezed, four places, filled with zeros. Vowels, H, W, Y and all that is no Latin letter are dropped.
enum Phonetic {
    static func code(_ letters: [UInt32]) -> String {
        let latin = letters.compactMap { letter -> UInt8? in
            let lowered = letter &- 0x41 < 26 ? letter + 0x20 : letter
            return lowered &- 0x61 < 26 ? UInt8(lowered) : nil
        }
        guard let first = latin.first else { return "" }
        var code = [first - 0x20]
        var previous: UInt8 = 0
        for letter in latin.dropFirst() {
            guard let digit = digit(letter) else { continue }
            if digit != previous { code.append(digit) }
            previous = digit
            if code.count == 4 { break }
        }
        while code.count < 4 { code.append(UInt8(ascii: "0")) }
        return String(decoding: code, as: UTF8.self)
    }

    private static func digit(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "p"), UInt8(ascii: "v"): UInt8(ascii: "1")
        case UInt8(ascii: "c"), UInt8(ascii: "g"), UInt8(ascii: "j"), UInt8(ascii: "k"), UInt8(ascii: "q"),
            UInt8(ascii: "s"), UInt8(ascii: "x"), UInt8(ascii: "z"):
            UInt8(ascii: "2")
        case UInt8(ascii: "d"), UInt8(ascii: "t"): UInt8(ascii: "3")
        case UInt8(ascii: "l"): UInt8(ascii: "4")
        case UInt8(ascii: "m"), UInt8(ascii: "n"): UInt8(ascii: "5")
        case UInt8(ascii: "r"): UInt8(ascii: "6")
        default: nil
        }
    }
}
