/// A regular expression as states. A search holds the set of states it can be in after each letter.
struct RegexProgram: Sendable {
    /// States at most; counted repetitions are written out.
    static let maximumStates = 1000

    private enum State: Sendable {
        case letters(LetterClass)
        /// Both ways are open.
        case fork(Int, Int)
        case jump(Int)
        case start, end
        case wordEdge(Bool)
        case found
    }

    private var states: [State] = []

    var count: Int { states.count }

    init(_ node: RegexNode) throws(RegexError) {
        try add(node)
        try append(.found)
    }

    private mutating func append(_ state: State) throws(RegexError) {
        guard states.count < Self.maximumStates else { throw .tooLarge(states: Self.maximumStates) }
        states.append(state)
    }

    private mutating func add(_ node: RegexNode) throws(RegexError) {
        switch node {
        case .empty: break
        case .letters(let letters): try append(.letters(letters))
        case .start: try append(.start)
        case .end: try append(.end)
        case .wordEdge(let there): try append(.wordEdge(there))
        case .group(let inner): try add(inner)
        case .sequence(let parts): for part in parts { try add(part) }
        case .branches(let parts): try addBranches(parts)
        case .repeated(let inner, let from, let upTo):
            for _ in 0..<from { try add(inner) }
            if let upTo { try addOptional(inner, times: upTo - from) } else { try addLoop(inner) }
        }
    }

    private mutating func addBranches(_ parts: [RegexNode]) throws(RegexError) {
        var ends: [Int] = []
        for (index, part) in parts.enumerated() {
            guard index < parts.count - 1 else {
                try add(part)
                break
            }
            let fork = states.count
            try append(.fork(0, 0))
            try add(part)
            ends.append(states.count)
            try append(.jump(0))
            states[fork] = .fork(fork + 1, states.count)
        }
        for end in ends { states[end] = .jump(states.count) }
    }

    private mutating func addOptional(_ inner: RegexNode, times: Int) throws(RegexError) {
        var forks: [Int] = []
        for _ in 0..<times {
            forks.append(states.count)
            try append(.fork(0, 0))
            try add(inner)
        }
        for fork in forks { states[fork] = .fork(fork + 1, states.count) }
    }

    private mutating func addLoop(_ inner: RegexNode) throws(RegexError) {
        let fork = states.count
        try append(.fork(0, 0))
        try add(inner)
        try append(.jump(fork))
        states[fork] = .fork(fork + 1, states.count)
    }

    /// Whether the expression is found anywhere, and how many states were visited for it.
    func search(_ letters: [UInt32]) -> (found: Bool, steps: Int) {
        var now = StateSet(states.count)
        var next = StateSet(states.count)
        var steps = 0
        for place in 0...letters.count {
            if follow(0, at: place, in: letters, into: &now, &steps) { return (true, steps) }
            guard place < letters.count else { break }
            let letter = letters[place]
            next.removeAll()
            for state in now.members {
                if case .letters(let set) = states[state], set.contains(letter),
                    follow(state + 1, at: place + 1, in: letters, into: &next, &steps)
                {
                    return (true, steps)
                }
            }
            swap(&now, &next)
        }
        return (false, steps)
    }

    /// Adds the state and all that can be reached from it without a letter; true when the end is among them.
    private func follow(
        _ first: Int, at place: Int, in letters: [UInt32], into set: inout StateSet, _ steps: inout Int
    ) -> Bool {
        var waiting = [first]
        while let state = waiting.popLast() {
            guard set.insert(state) else { continue }
            steps += 1
            switch states[state] {
            case .found: return true
            case .letters: break
            case .jump(let target): waiting.append(target)
            case .fork(let one, let other):
                waiting.append(other)
                waiting.append(one)
            case .start: if place == 0 { waiting.append(state + 1) }
            case .end: if place == letters.count { waiting.append(state + 1) }
            case .wordEdge(let wanted):
                let before = place > 0 && LetterClass.word.contains(letters[place - 1])
                let after = place < letters.count && LetterClass.word.contains(letters[place])
                if (before != after) == wanted { waiting.append(state + 1) }
            }
        }
        return false
    }
}

/// States without repeats, emptied in no time.
private struct StateSet {
    private var marks: [Int]
    private var round = 1
    private(set) var members: [Int] = []

    init(_ count: Int) { marks = [Int](repeating: 0, count: count) }

    mutating func insert(_ state: Int) -> Bool {
        guard marks[state] != round else { return false }
        marks[state] = round
        members.append(state)
        return true
    }

    mutating func removeAll() {
        round += 1
        members.removeAll(keepingCapacity: true)
    }
}
