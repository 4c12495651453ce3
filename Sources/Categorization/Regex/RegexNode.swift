/// What a regular expression means, as a tree.
indirect enum RegexNode: Hashable, Sendable {
    case empty
    case letters(LetterClass)
    case start, end
    case wordEdge(Bool)
    case sequence([RegexNode])
    case branches([RegexNode])
    case group(RegexNode)
    /// `upTo` nil: without end.
    case repeated(RegexNode, from: Int, upTo: Int?)

    /// Quantifiers 1 each, 2 where unbounded; groups 1; alternations 1.
    var complexity: Int {
        switch self {
        case .empty, .letters, .start, .end, .wordEdge: 0
        case .sequence(let parts): parts.reduce(0) { $0 + $1.complexity }
        case .branches(let parts): parts.reduce(1) { $0 + $1.complexity }
        case .group(let inner): 1 + inner.complexity
        case .repeated(let inner, _, let upTo): (upTo == nil ? 2 : 1) + inner.complexity
        }
    }

    /// Whether something that repeats (more than once) holds an open-ended repetition, as `(a+)+`.
    var hasNestedQuantifiers: Bool {
        switch self {
        case .empty, .letters, .start, .end, .wordEdge: false
        case .sequence(let parts), .branches(let parts): parts.contains(where: \.hasNestedQuantifiers)
        case .group(let inner): inner.hasNestedQuantifiers
        case .repeated(let inner, _, let upTo):
            (upTo != 1 && inner.hasOpenRepetition) || inner.hasNestedQuantifiers
        }
    }

    private var hasOpenRepetition: Bool {
        switch self {
        case .empty, .letters, .start, .end, .wordEdge: false
        case .sequence(let parts), .branches(let parts): parts.contains(where: \.hasOpenRepetition)
        case .group(let inner): inner.hasOpenRepetition
        case .repeated(let inner, _, let upTo): upTo == nil || inner.hasOpenRepetition
        }
    }
}

/// A set of letters. Letters are compared in lower case.
struct LetterClass: Hashable, Sendable {
    var ranges: [ClosedRange<UInt32>]
    var negated = false

    static let any = LetterClass(ranges: [0x0A...0x0A], negated: true)
    static let digit = LetterClass(ranges: [0x30...0x39])
    static let word = LetterClass(ranges: [0x30...0x39, 0x5F...0x5F, 0x61...0x7A])
    static let space = LetterClass(ranges: [0x09...0x0D, 0x20...0x20])

    init(ranges: [ClosedRange<UInt32>], negated: Bool = false) {
        self.ranges = ranges
        self.negated = negated
    }

    init(_ letter: UInt32) { self.init(ranges: [letter...letter]) }

    func contains(_ letter: UInt32) -> Bool { ranges.contains { $0.contains(letter) } != negated }

    /// The ranges without negation.
    var plain: [ClosedRange<UInt32>] {
        guard negated else { return ranges }
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        gaps.append(next...UInt32.max)
        return gaps
    }
}
