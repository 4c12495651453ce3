/// One measured number, with the floor it is compared to and the bar it has to pass.
struct Figure: Encodable {
    var benchmark: String
    var figure: String
    var value: Double
    var unit: String
    /// The floor measured in the same rounds, in the same unit.
    var floor: Double?
    /// `value` divided by `floor`.
    var ratio: Double?
    var goal: Goal?
    var rounds: Int

    var met: Bool? { goal.map { $0.accepts(value: value, ratio: ratio) } }

    init(
        _ benchmark: String, _ figure: String, _ value: Double, _ unit: String, floor: Double? = nil,
        goal: Goal? = nil, rounds: Int
    ) {
        self.benchmark = benchmark
        self.figure = figure
        self.value = value
        self.unit = unit
        self.floor = floor
        self.ratio = floor.map { value / $0 }
        self.goal = goal
        self.rounds = rounds
    }

    private enum Keys: String, CodingKey { case benchmark, figure, value, unit, floor, ratio, goal, met, rounds }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(benchmark, forKey: .benchmark)
        try container.encode(figure, forKey: .figure)
        try container.encode(value.rounded(digits: 4), forKey: .value)
        try container.encode(unit, forKey: .unit)
        try container.encodeIfPresent(floor?.rounded(digits: 4), forKey: .floor)
        try container.encodeIfPresent(ratio?.rounded(digits: 4), forKey: .ratio)
        try container.encodeIfPresent(goal?.description, forKey: .goal)
        try container.encodeIfPresent(met, forKey: .met)
        try container.encode(rounds, forKey: .rounds)
    }
}

/// A bar: a bound on the value itself or on its ratio to the floor.
enum Goal: CustomStringConvertible {
    case valueAtMost(Double), valueAtLeast(Double), valueExactly(Double)
    case ratioAtMost(Double), ratioAtLeast(Double), ratioWithin(percent: Double)

    func accepts(value: Double, ratio: Double?) -> Bool {
        switch self {
        case .valueAtMost(let bound): value <= bound
        case .valueAtLeast(let bound): value >= bound
        case .valueExactly(let wanted): value == wanted
        case .ratioAtMost(let bound): ratio.map { $0 <= bound } ?? false
        case .ratioAtLeast(let bound): ratio.map { $0 >= bound } ?? false
        case .ratioWithin(let percent): ratio.map { abs($0 - 1) <= percent / 100 } ?? false
        }
    }

    var description: String {
        switch self {
        case .valueAtMost(let bound): "<= \(bound.short)"
        case .valueAtLeast(let bound): ">= \(bound.short)"
        case .valueExactly(let wanted): "= \(wanted.short)"
        case .ratioAtMost(let bound): "<= \(bound.short) x floor"
        case .ratioAtLeast(let bound): ">= \(bound.short) x floor"
        case .ratioWithin(let percent): "floor +- \(percent.short) %"
        }
    }
}
