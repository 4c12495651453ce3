/// The learned layer: a linear model over pieces of text, amount and date, and a memory of merchants, mixed by how much is
/// known of a merchant; its probabilities are calibrated. A value: the same rows in the same order make the same model.
public struct TextModel: Sendable {
    public internal(set) var labels: [String]
    /// Rows it learned from, corrections included.
    public internal(set) var rows: Int
    /// The probability from which on an answer is given; above 1 never.
    public var threshold: Float
    /// Changes with each lesson.
    public internal(set) var revision: UInt64 = 0

    var numbers: [String: Int32]
    var vocabulary: Vocabulary
    var linear: LinearLayer
    var values: ValueLayer
    var table: MerchantTable
    var diary = Diary()
    /// One for each ``Regime``.
    var judgements = [Judgement](repeating: Judgement(), count: Regime.allCases.count)
    /// The latest day of the rows it learned from.
    var lastDay: Int32 = 0

    /// What is known of an example before it is judged: whether its merchant is in the memory, and whether it is later
    /// than all that was learned. Each has its own probabilities.
    enum Regime: Int, CaseIterable, Sendable { case known, knownLater, unknown }

    /// How scores of a kind of example become probabilities.
    struct Judgement: Hashable, Sendable {
        var temperature: Float = 0.2
        /// How much what the amount says counts beside the text.
        var value: Float = 0.5
        /// How many remembered rows weigh as much as all that stands before, for each of ``MemoryKeys/levels``.
        var priors = [Float](repeating: 30, count: MemoryKeys.levelCount)
        var calibration = Calibration()
    }

    struct Answer: Sendable {
        var label: Int32
        var probability: Float
        /// Before calibration.
        var score: Float
    }

    /// The likeliest labels with their probabilities, best first; at most `count`. Empty without labels.
    public func predict(_ example: TextExample, top count: Int = 3, _ scratch: inout ModelScratch) -> [LabelProbability]
    {
        guard let answer = judge(example, &scratch) else { return [] }
        // The others share what the first leaves.
        var others: Float = 0
        for label in scratch.mixed.indices where label != Int(answer.label) { others += scratch.mixed[label] }
        let scale = others > 0 ? (1 - answer.probability) / others : 0
        let ranked = scratch.best(count, first: Int(answer.label))
        return ranked.enumerated().map { place, label in
            LabelProbability(
                label: labels[label],
                probability: Double(
                    place == 0 ? answer.probability : min(scratch.mixed[label] * scale, answer.probability)))
        }
    }

    public func predict(_ example: TextExample, top count: Int = 3) -> [LabelProbability] {
        var scratch = ModelScratch()
        return predict(example, top: count, &scratch)
    }

    /// The likeliest label. Leaves the mixed scores of all labels in the scratch.
    func judge(_ example: TextExample, _ scratch: inout ModelScratch) -> Answer? {
        guard !labels.isEmpty else { return nil }
        let keys = MemoryKeys(example)
        let day = Self.day(example)
        scores(of: example, keys, &scratch)
        recall(example, keys, &scratch)
        return judge(example, judgements[regime(keys, day: day).rawValue], &scratch)
    }

    func knows(_ keys: MemoryKeys) -> Bool { table.contains(keys.merchant) }

    func regime(_ keys: MemoryKeys, day: Int32) -> Regime {
        guard knows(keys) else { return .unknown }
        return day > lastDay ? .knownLater : .known
    }

    /// Judges by the linear scores and the recollection that lie in the scratch.
    func judge(_ example: TextExample, _ judgement: Judgement, _ scratch: inout ModelScratch) -> Answer {
        let scale = LinearLayer.Lane(repeating: 1 / judgement.temperature)
        for lane in scratch.scores.indices { scratch.scores[lane] *= scale }
        values.add(example.amount, weight: judgement.value, to: &scratch.scores)
        LinearLayer.softmax(&scratch.scores, labels: linear.labels)
        scratch.spread(labels: labels.count)
        scratch.recollection.mix(judgement.priors, into: &scratch.mixed)
        var best = 0
        for label in 1..<max(labels.count, 1) where scratch.mixed[label] > scratch.mixed[best] { best = label }
        let score = scratch.mixed[best]
        return Answer(
            label: Int32(best), probability: min(max(judgement.calibration.probability(of: score), 0), 1), score: score)
    }

    /// Scores of the linear layer; those of a text are kept for the next example with the same.
    func scores(of example: TextExample, _ keys: MemoryKeys, _ scratch: inout ModelScratch) {
        scratch.prepare(for: self)
        if let kept = scratch.kept(keys.text) {
            scratch.scores = kept
            return
        }
        scratch.vector.removeAll()
        scratch.features.removeAll()
        scratch.features.addTexts(example.texts)
        scratch.vector.append(scratch.features, vocabulary)
        linear.score(scratch.vector, into: &scratch.scores)
        scratch.keep(keys.text)
    }

    /// Leaves what ``judge(_:_:_:)`` needs.
    mutating func dropKnowledge() {
        vocabulary = Vocabulary()
        linear.weights = []
        table = MerchantTable()
        diary = Diary()
    }

    /// What is remembered of the merchant, of it about that day, at such amounts, and of these very texts.
    func recall(_ example: TextExample, _ keys: MemoryKeys, _ scratch: inout ModelScratch) {
        scratch.recollection.removeAll()
        scratch.voices.removeAll(keepingCapacity: true)
        guard let merchant = table.entries[keys.merchant] else {
            for _ in 0..<MemoryKeys.levelCount { scratch.recollection.addLevel(EmptyCollection()) }
            return
        }
        for key in keys.levels {
            scratch.recollection.addLevel(key != 0 ? table.entries[key]?.tallies ?? [] : [])
        }
        scratch.recollection.corrected = merchant.corrected
        for key in keys.corrections {
            if let entry = table.entries[key], entry.corrected >= 0 { scratch.recollection.corrected = entry.corrected }
        }
        diary.recall(keys.merchant, Diary.Note(example), into: &scratch.voices)
        scratch.recollection.addLevel(
            scratch.voices.lazy.map { MerchantTable.Tally(label: $0.label, weight: $0.byRank) })
        scratch.recollection.addLevel(
            scratch.voices.lazy.map { MerchantTable.Tally(label: $0.label, weight: $0.byLikeness) })
    }
}

/// A label and how likely it is.
public struct LabelProbability: Hashable, Sendable {
    public var label: String
    public var probability: Double

    public init(label: String, probability: Double) {
        self.label = label
        self.probability = probability
    }
}

/// Under which keys an example is remembered; 0 for none.
struct MemoryKeys {
    let merchant: UInt64
    let amount: UInt64
    /// Of the merchant at amounts of about this size.
    let roughAmount: UInt64
    /// Of the merchant at this very amount; remembered where it came more than once, or a correction says so.
    let exact: UInt64
    /// Merchant and description together; 0 where there is only one text.
    let whole: UInt64
    /// Of the texts as they are.
    let text: UInt64
    /// Of merchant and description together, then at amounts of this size, then at this very amount; entered by corrections
    /// alone.
    let said: UInt64
    let saidOfAmount: UInt64
    let saidExactly: UInt64

    /// With the two of the diary.
    static let levelCount = 7
    /// From what says least to what says most.
    var levels: [UInt64] { [merchant, roughAmount, amount, exact, whole] }
    /// Where a correction may have the last word, besides the merchant; from the widest to the narrowest.
    var corrections: [UInt64] { [said, saidOfAmount, saidExactly] }

    init(_ example: TextExample) {
        let name = example.texts.first { !$0.isEmpty } ?? ""
        merchant = Features.merchantKey([name])
        amount = MerchantTable.key(merchant, amount: example.amount, step: 1) ?? 0
        roughAmount = MerchantTable.key(merchant, amount: example.amount, step: 4) ?? 0
        exact =
            amount != 0
            ? Features.mixed(merchant &+ Features.mixed((example.amount ?? 0).bitPattern ^ 0xE7AC)) : 0
        let parts = example.texts.filter { !$0.isEmpty }
        whole =
            parts.count > 1
            ? parts.reduce(0x1234_5678) { Features.mixed($0 ^ Features.merchantKey([$1])) } : 0
        said = merchant != 0 ? Features.mixed(merchant ^ Features.mixed(whole ^ 0x5A1D)) : 0
        saidOfAmount = amount != 0 ? Features.mixed(said &+ amount) : 0
        saidExactly = exact != 0 ? Features.mixed(said &+ exact) : 0
        var text: UInt64 = 0xCBF2_9CE4
        for part in example.texts {
            for byte in part.utf8 { text = (text ^ UInt64(byte)) &* 0x100_0000_01B3 }
            text = (text ^ 0x1FF) &* 0x100_0000_01B3
        }
        self.text = Features.mixed(text)
    }
}
