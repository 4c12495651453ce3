import Linux

/// What goes wrong with some of the calls of a simulated service.
public struct FaultRule: Sendable {
    /// Which of the calls that the rule is about.
    public enum When: Sendable {
        /// From 1, among those.
        case calls(ClosedRange<Int>)
        case every(Int)
        /// One in so many, drawn with the plan's seed; 0 to 1.
        case chance(Double)
    }

    public enum Effect: Hashable, Sendable {
        /// Nothing is done; this is answered.
        case status(Int, code: String, retryAfter: String? = nil)
        /// No answer as long as the client waits; whether it is done all the same.
        case hang(done: Bool)
        /// It is done; the connection breaks instead of an answer.
        case lost
        /// It is done; half of the answer comes.
        case cut
        /// It is done; the answer comes a few bytes at a time.
        case drip(bytes: Int, every: Duration)
        /// It is done; the answer is no JSON.
        case garbage
        /// It is done; this is answered, as a gateway does that waited too long.
        case doneButAnswered(Int, code: String)
    }

    /// `"POST"`; nil: every method.
    public var method: String?
    /// How the call's name below the version begins, ids left out: `"pages"`, `"data_sources/*/query"`; "" is every one.
    public var path: String
    public var when: When
    public var effect: Effect

    /// About every call.
    public init(_ when: When, _ effect: Effect) { self.init(nil, "", when, effect) }

    public init(_ method: String?, _ path: String, _ when: When, _ effect: Effect) {
        self.method = method
        self.path = path
        self.when = when
        self.effect = effect
    }
}

/// The rules in force, and how often each was asked and took hold.
struct FaultPlan: Sendable {
    private var rules: [(rule: FaultRule, asked: Int)] = []
    private var random: RandomSequence
    /// Faults made so far.
    private(set) var made = 0

    init(_ rules: [FaultRule] = [], seed: UInt64 = 1) {
        self.rules = rules.map { ($0, 0) }
        random = RandomSequence(seed: seed)
    }

    /// The effect of the first rule that takes hold of a call.
    mutating func effect(on method: String, _ path: String) -> FaultRule.Effect? {
        var effect: FaultRule.Effect?
        for index in rules.indices {
            let rule = rules[index].rule
            guard rule.method == nil || rule.method == method, path.hasPrefix(rule.path) else { continue }
            rules[index].asked += 1
            let asked = rules[index].asked
            let holds =
                switch rule.when {
                case .calls(let range): range.contains(asked)
                case .every(let count): asked % max(1, count) == 0
                case .chance(let chance): Double.random(in: 0..<1, using: &random) < chance
                }
            if holds, effect == nil { effect = rule.effect }
        }
        if effect != nil { made += 1 }
        return effect
    }
}

/// A random sequence that is the same in every run (SplitMix64).
struct RandomSequence: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// How many calls came, by method and path with ids left out: `"POST pages"`.
public typealias CallCounts = [String: Int]

extension HTTPAnswer {
    /// What is left of an answer under an effect that comes after the work.
    func suffering(_ effect: FaultRule.Effect?) -> HTTPAnswer {
        var answer = self
        switch effect {
        case nil, .status, .doneButAnswered: break
        case .hang: answer.fault = .silence
        case .lost: answer.fault = .hangUp
        case .cut: answer.fault = .half
        case .drip(let bytes, let pause): answer.fault = .drip(bytes: bytes, every: pause)
        case .garbage: answer.body = Array("{\"object\": \"list\", \"results\": [{".utf8)
        }
        return answer
    }
}
