/// One answer beside the truth.
public struct JudgedAnswer: Hashable, Sendable {
    public var truth: String
    /// The likeliest label.
    public var answer: String
    /// Its probability, 0 to 1.
    public var probability: Double

    public init(truth: String, answer: String, probability: Double) {
        self.truth = truth
        self.answer = answer
        self.probability = probability
    }

    public var isRight: Bool { truth == answer }
}

/// How good answers were: how often right, how well the probabilities are meant, and what was mistaken for what.
public struct Evaluation: Hashable, Sendable {
    /// Answers of about the same probability.
    public struct Bin: Hashable, Sendable {
        public var lower: Double
        public var upper: Double
        public var count: Int
        /// The mean probability; 0 when empty.
        public var probability: Double
        /// The share that was right; 0 when empty.
        public var accuracy: Double
    }

    public struct Confusion: Hashable, Sendable {
        public var truth: String
        public var answer: String
        public var count: Int
    }

    public let count: Int
    /// The share of right answers.
    public let accuracy: Double
    /// The mean over all labels, true or answered, of the harmonic mean of precision and recall.
    public let macroF1: Double
    /// The mean distance between probability and accuracy of the bins, weighted by their answers.
    public let calibrationError: Double
    public let reliability: [Bin]
    /// The most frequent first.
    public let confusions: [Confusion]
    private let sorted: [JudgedAnswer]

    public static let bins = 15

    public init(_ answers: [JudgedAnswer], confusions most: Int = 10) {
        count = answers.count
        let divisor = Double(max(answers.count, 1))
        accuracy = Double(answers.count(where: \.isRight)) / divisor
        macroF1 = Self.macroF1(answers)
        let bins = Self.bins(answers)
        reliability = bins
        calibrationError = bins.reduce(0) { $0 + Double($1.count) / divisor * abs($1.probability - $1.accuracy) }
        confusions = Self.confusions(answers, most)
        sorted = answers.sorted { $0.probability > $1.probability }
    }

    /// The largest share that can be answered, surest first, so that at least `precision` of it is right. Answers of
    /// equal probability go together.
    public func coverage(atPrecision precision: Double) -> (share: Double, threshold: Double) {
        var right = 0
        var best = (share: 0.0, threshold: 1.0)
        for (place, answer) in sorted.enumerated() {
            if answer.isRight { right += 1 }
            let isLastOfEqual = place + 1 == sorted.count || sorted[place + 1].probability < answer.probability
            if isLastOfEqual, Double(right) >= precision * Double(place + 1) {
                best = (Double(place + 1) / Double(count), answer.probability)
            }
        }
        return best
    }

    /// Of the answers of at least this probability: their share of all, and the share of them that is right.
    public func answered(from threshold: Double) -> (share: Double, precision: Double) {
        let answered = sorted.prefix { $0.probability >= threshold }
        guard !answered.isEmpty else { return (0, 0) }
        return (
            Double(answered.count) / Double(count), Double(answered.count(where: \.isRight)) / Double(answered.count)
        )
    }

    private static func macroF1(_ answers: [JudgedAnswer]) -> Double {
        var tallies: [String: (right: Int, true: Int, answered: Int)] = [:]
        for answer in answers {
            tallies[answer.truth, default: (0, 0, 0)].true += 1
            tallies[answer.answer, default: (0, 0, 0)].answered += 1
            if answer.isRight { tallies[answer.truth, default: (0, 0, 0)].right += 1 }
        }
        guard !tallies.isEmpty else { return 0 }
        // In the order of the labels: sums of binary numbers depend on it.
        let values = tallies.sorted { $0.key < $1.key }.map { 2 * Double($1.right) / Double($1.true + $1.answered) }
        return values.reduce(0, +) / Double(values.count)
    }

    private static func bins(_ answers: [JudgedAnswer]) -> [Bin] {
        var sums = [(count: Int, probability: Double, right: Int)](repeating: (0, 0, 0), count: bins)
        for answer in answers {
            let place = min(max(Int(answer.probability * Double(bins)), 0), bins - 1)
            sums[place].count += 1
            sums[place].probability += answer.probability
            if answer.isRight { sums[place].right += 1 }
        }
        return sums.enumerated().map { place, sum in
            let divisor = Double(max(sum.count, 1))
            return Bin(
                lower: Double(place) / Double(bins), upper: Double(place + 1) / Double(bins), count: sum.count,
                probability: sum.probability / divisor, accuracy: Double(sum.right) / divisor)
        }
    }

    private static func confusions(_ answers: [JudgedAnswer], _ most: Int) -> [Confusion] {
        var counts: [String: [String: Int]] = [:]
        for answer in answers where !answer.isRight {
            counts[answer.truth, default: [:]][answer.answer, default: 0] += 1
        }
        let all = counts.flatMap { truth, answers in
            answers.map { Confusion(truth: truth, answer: $0.key, count: $0.value) }
        }
        return Array(
            all.sorted { ($1.count, $0.truth, $0.answer) < ($0.count, $1.truth, $1.answer) }.prefix(most))
    }
}

/// What a model that learned from one part says of another, as a whole and by groups.
public struct EvaluationReport: Sendable {
    public let whole: Evaluation
    /// By the value given for each judged row, in the order of the values.
    public let groups: [(name: String, evaluation: Evaluation)]
    /// Judged rows whose label was not among those learned: they cannot be right.
    public let unknownLabels: Int

    /// - Parameters:
    ///   - answers: those of ``judge(_:by:)``.
    ///   - groups: a name for each answer, or empty.
    public init(_ answers: [JudgedAnswer], groups: [String] = [], of model: TextModel) {
        whole = Evaluation(answers)
        let labels = Set(model.labels)
        unknownLabels = answers.count { !labels.contains($0.truth) }
        var parts: [String: [JudgedAnswer]] = [:]
        for (answer, group) in zip(answers, groups) { parts[group, default: []].append(answer) }
        self.groups = parts.sorted { $0.key < $1.key }.map { ($0.key, Evaluation($0.value)) }
    }

    /// The model's answers, in the order of the examples. This alone is what decisions a second are counted of.
    public static func judge(_ examples: [LabelledExample], by model: TextModel) -> [JudgedAnswer] {
        var scratch = ModelScratch()
        return examples.map { example in
            let first = model.predict(example.example, top: 1, &scratch).first
            return JudgedAnswer(
                truth: example.label, answer: first?.label ?? "", probability: first?.probability ?? 0)
        }
    }
}
