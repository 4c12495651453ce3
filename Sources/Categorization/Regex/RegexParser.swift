/// Reads the syntax named at ``BoundedRegex``.
struct RegexParser {
    private let letters: [UInt32]
    private var place = 0
    private var depth = 0

    /// Nested groups at most, so that reading needs bounded stack.
    private static let maximumDepth = 50
    private static let maximumCount = 255

    init(_ text: String) { letters = text.unicodeScalars.map(\.value) }

    mutating func parse() throws(RegexError) -> RegexNode {
        if starts(with: "(?i)") { place += 4 }
        let node = try branches()
        if place < letters.count { throw .unexpected(here, at: place) }
        return node
    }

    private mutating func branches() throws(RegexError) -> RegexNode {
        var parts = [try sequence()]
        while take("|") { parts.append(try sequence()) }
        return parts.count == 1 ? parts[0] : .branches(parts)
    }

    private mutating func sequence() throws(RegexError) -> RegexNode {
        var parts: [RegexNode] = []
        while let next = peek, next != "|", next != ")" {
            let atom = try atom()
            parts.append(try quantified(atom))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func atom() throws(RegexError) -> RegexNode {
        let start = place
        guard let next = peek else { throw .unexpectedEnd(expected: "a character") }
        place += 1
        switch next {
        case "(": return try group(from: start)
        case "[": return .letters(try letterClass())
        case ".": return .letters(.any)
        case "^": return .start
        case "$": return .end
        case "\\": return try escaped()
        case "*", "+", "?": throw .unexpected(String(next), at: start)
        case "{" where count(at: place) != nil: throw .unexpected("{", at: start)
        default: return .letters(LetterClass(Self.lowered(letters[start])))
        }
    }

    private mutating func group(from start: Int) throws(RegexError) -> RegexNode {
        if take("?") {
            guard take(":") else {
                let what =
                    switch peek {
                    case "=", "!": "look-ahead"
                    case "<": "look-behind or a named group"
                    case ">": "an atomic group"
                    default: "this kind of group"
                    }
                throw .unsupported(what, at: start)
            }
        }
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw .unsupported("nesting deeper than \(Self.maximumDepth)", at: start)
        }
        let inner = try branches()
        depth -= 1
        guard take(")") else { throw .unexpectedEnd(expected: "\")\"") }
        return .group(inner)
    }

    private mutating func quantified(_ atom: RegexNode) throws(RegexError) -> RegexNode {
        guard let next = peek else { return atom }
        let start = place
        let node: RegexNode
        switch next {
        case "*": node = .repeated(atom, from: 0, upTo: nil)
        case "+": node = .repeated(atom, from: 1, upTo: nil)
        case "?": node = .repeated(atom, from: 0, upTo: 1)
        case "{":
            guard let count = count(at: place + 1) else { return atom }
            guard count.from <= Self.maximumCount, count.upTo ?? 0 <= Self.maximumCount else {
                throw .unsupported("a count above \(Self.maximumCount)", at: start)
            }
            guard count.upTo.map({ $0 >= count.from }) ?? true else { throw .unexpected("{", at: start) }
            place = count.end - 1
            node = .repeated(atom, from: count.from, upTo: count.upTo)
        default: return atom
        }
        place += 1
        // Lazy or not, the same texts match.
        if take("?") { return node }
        if peek == "+" { throw .unsupported("a possessive quantifier", at: start) }
        if let next = peek, "*{".unicodeScalars.contains(next), next == "*" || count(at: place + 1) != nil {
            throw .unexpected(String(next), at: place)
        }
        return node
    }

    /// Reads "m}", "m,}" or "m,n}".
    private func count(at start: Int) -> (from: Int, upTo: Int?, end: Int)? {
        var index = start
        func number() -> (Int?, Int) {
            var end = index
            var value: Int?
            while end < letters.count, Letters.isDigit(letters[end]) {
                value = min((value ?? 0) * 10 + Int(letters[end] - 0x30), 1_000_000)
                end += 1
            }
            return (value, end)
        }
        let (first, afterFirst) = number()
        guard let from = first else { return nil }
        index = afterFirst
        var upTo: Int? = from
        if index < letters.count, letters[index] == 0x2C {
            index += 1
            (upTo, index) = number()
        }
        guard index < letters.count, letters[index] == 0x7D else { return nil }
        return (from, upTo, index + 1)
    }

    private mutating func escaped() throws(RegexError) -> RegexNode {
        let start = place - 1
        guard let next = peek else { throw .unexpectedEnd(expected: "a character after \"\\\"") }
        switch next {
        case "b", "B":
            place += 1
            return .wordEdge(next == "b")
        case "A":
            place += 1
            return .start
        case "z", "Z":
            place += 1
            return .end
        case "1"..."9": throw .unsupported("a back-reference", at: start)
        default: return .letters(try escapedClass(from: start))
        }
    }

    private mutating func escapedClass(from start: Int) throws(RegexError) -> LetterClass {
        guard let next = peek else { throw .unexpectedEnd(expected: "a character after \"\\\"") }
        place += 1
        switch next {
        case "d": return .digit
        case "w": return .word
        case "s": return .space
        case "D": return LetterClass(ranges: LetterClass.digit.ranges, negated: true)
        case "W": return LetterClass(ranges: LetterClass.word.ranges, negated: true)
        case "S": return LetterClass(ranges: LetterClass.space.ranges, negated: true)
        case "t": return LetterClass(0x09)
        case "n": return LetterClass(0x0A)
        case "r": return LetterClass(0x0D)
        case _ where next.value < 0x80 && Letters.isWord(next.value): throw .unsupported("\"\\\(next)\"", at: start)
        default: return LetterClass(next.value)
        }
    }

    private mutating func letterClass() throws(RegexError) -> LetterClass {
        let negated = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        var first = true
        while true {
            guard let next = peek else { throw .unexpectedEnd(expected: "\"]\"") }
            if next == "]", !first { break }
            first = false
            if next == "[", place + 1 < letters.count, letters[place + 1] == 0x3A {
                throw .unsupported("a named class", at: place)
            }
            let lower = try classMember()
            guard lower.count == 1, lower[0].count == 1, peek == "-", place + 1 < letters.count,
                letters[place + 1] != 0x5D
            else {
                ranges += lower
                continue
            }
            let dash = place
            place += 1
            let upper = try classMember()
            guard upper.count == 1, upper[0].count == 1, lower[0].lowerBound <= upper[0].lowerBound else {
                throw .unexpected("-", at: dash)
            }
            ranges.append(lower[0].lowerBound...upper[0].upperBound)
        }
        place += 1
        return LetterClass(ranges: ranges.flatMap(Self.lowered), negated: negated)
    }

    private mutating func classMember() throws(RegexError) -> [ClosedRange<UInt32>] {
        let start = place
        guard let next = peek else { throw .unexpectedEnd(expected: "\"]\"") }
        place += 1
        return next == "\\" ? try escapedClass(from: start).plain : [next.value...next.value]
    }

    private var peek: Unicode.Scalar? { place < letters.count ? Unicode.Scalar(letters[place]) : nil }
    private var here: String { peek.map { String($0) } ?? "" }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        place += 1
        return true
    }

    private func starts(with text: String) -> Bool { letters.starts(with: text.unicodeScalars.map(\.value)) }

    static func lowered(_ letter: UInt32) -> UInt32 {
        if letter < 0x80 { return letter &- 0x41 < 26 ? letter + 0x20 : letter }
        let mapped = Unicode.Scalar(letter)?.properties.lowercaseMapping.unicodeScalars
        return mapped?.count == 1 ? mapped?.first?.value ?? letter : letter
    }

    /// A range with the lower-case letters of what it holds in upper case (A to Z only).
    private static func lowered(_ range: ClosedRange<UInt32>) -> [ClosedRange<UInt32>] {
        if range.count == 1 { return [lowered(range.lowerBound)...lowered(range.lowerBound)] }
        let (from, upTo) = (max(range.lowerBound, 0x41), min(range.upperBound, 0x5A))
        return from <= upTo ? [range, (from + 0x20)...(upTo + 0x20)] : [range]
    }
}
