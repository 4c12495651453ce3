/// A regular expression that is searched in time proportional to text times expression, whatever it says: all ways
/// through the expression are followed at once (Thompson's construction), none is tried again.
///
/// Syntax: letters, `.` (all but a line feed), classes `[a-z]`, `[^…]`, `\d \w \s \D \W \S`, `\t \n \r`, anchors `^ $ \A \z`,
/// word edges `\b \B`, groups `(…)` and `(?:…)`, alternation, `* + ? {m} {m,} {m,n}` up to 255, also with a `?` behind.
/// Case never matters, `(?i)` in front is allowed. Not supported, and refused by name: back-references, look-around,
/// named and atomic groups, possessive quantifiers, named classes. `\w`, `\d` and word edges know ASCII.
public struct BoundedRegex: Hashable, Sendable {
    public let source: String
    let node: RegexNode
    private let program: RegexProgram
    /// Text that must stand in whatever matches; empty when nothing is sure.
    private let required: [UInt32]

    public init(_ source: String) throws(RegexError) {
        self.source = source
        var parser = RegexParser(source)
        node = try parser.parse()
        program = try RegexProgram(node)
        required = node.required
    }

    /// Sum over the expression: quantifiers 1, unbounded ones 2, groups 1, alternations 1.
    public var complexity: Int { node.complexity }
    public var hasNestedQuantifiers: Bool { node.hasNestedQuantifiers }

    /// Letters without which it matches nothing.
    var needs: LetterSet { LetterSet(required) }

    /// Whether the expression matches anywhere in `text`.
    public func matches(_ text: String) -> Bool { matches(text.unicodeScalars.map { RegexParser.lowered($0.value) }) }

    /// - Parameter letters: a text in lower case.
    func matches(_ letters: [UInt32]) -> Bool {
        if required.count > 1, !letters.contains(run: required) { return false }
        return program.search(letters).found
    }

    /// How many states were visited to search `text`; at most (length + 1) times the number of states.
    public func steps(searching text: String) -> Int {
        program.search(text.unicodeScalars.map { RegexParser.lowered($0.value) }).steps
    }

    public var states: Int { program.count }

    public static func == (left: Self, right: Self) -> Bool { left.source == right.source }
    public func hash(into hasher: inout Hasher) { hasher.combine(source) }
}

extension RegexNode {
    /// The longest run of single letters in the top sequence.
    fileprivate var required: [UInt32] {
        switch self {
        case .letters(let letters):
            return letters.single.map { [$0] } ?? []
        case .group(let inner): return inner.required
        case .sequence(let parts):
            var (best, run): ([UInt32], [UInt32]) = ([], [])
            for part in parts {
                if case .letters(let letters) = part, let letter = letters.single {
                    run.append(letter)
                } else {
                    run = []
                }
                if run.count > best.count { best = run }
            }
            return best
        default: return []
        }
    }
}

extension LetterClass {
    fileprivate var single: UInt32? {
        !negated && ranges.count == 1 && ranges[0].count == 1 ? ranges[0].lowerBound : nil
    }
}

extension [UInt32] {
    /// Whether `run` stands somewhere in these letters.
    func contains(run: [UInt32]) -> Bool {
        guard let first = run.first else { return true }
        guard count >= run.count else { return false }
        return withUnsafeBufferPointer { letters in
            run.withUnsafeBufferPointer { run in
                for start in 0...(letters.count - run.count) where letters[start] == first {
                    var place = 1
                    while place < run.count, letters[start + place] == run[place] { place += 1 }
                    if place == run.count { return true }
                }
                return false
            }
        }
    }
}
