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
    var table: MerchantTable
    /// For merchants in the memory, and for others.
    var known = Judgement()
    var unknown = Judgement()
    var smoothing: Float

    /// How scores of a kind of example become probabilities.
    struct Judgement: Hashable, Sendable {
        var temperature: Float = 1
        var calibration = Calibration()
    }

    /// How many rows of a merchant weigh as much as the linear layer.
    static let merchantPrior: Float = 30
    static let amountPrior: Float = 30
    static let textPrior: Float = 30

    struct Answer: Sendable {
        var label: Int32
        var probability: Float
        /// Before calibration.
        var score: Float
        var isKnown: Bool
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
        let isKnown = table.contains(keys.merchant)
        scores(of: example, keys, &scratch)
        return judge(keys, isKnown ? known : unknown, isKnown: isKnown, &scratch)
    }

    /// Judges by the linear scores that lie in the scratch.
    func judge(
        _ keys: MemoryKeys, _ judgement: Judgement, isKnown: Bool, _ scratch: inout ModelScratch
    ) -> Answer {
        LinearLayer.softmax(&scratch.scores, labels: linear.labels, temperature: judgement.temperature)
        scratch.spread(labels: labels.count)
        remember(keys, &scratch.mixed)
        var best = 0
        for label in 1..<max(labels.count, 1) where scratch.mixed[label] > scratch.mixed[best] { best = label }
        let score = scratch.mixed[best]
        return Answer(
            label: Int32(best), probability: min(max(judgement.calibration.probability(of: score), 0), 1), score: score,
            isKnown: isKnown)
    }

    /// Scores of the linear layer; those of a text are kept for the next example with the same.
    func scores(of example: TextExample, _ keys: MemoryKeys, _ scratch: inout ModelScratch) {
        scratch.prepare(for: self)
        if let kept = scratch.kept(keys.text) {
            scratch.scores = kept
        } else {
            scratch.vector.removeAll()
            scratch.features.removeAll()
            scratch.features.addTexts(example.texts)
            append(scratch.features, to: &scratch.vector)
            linear.score(scratch.vector, into: &scratch.scores)
            scratch.keep(keys.text)
        }
        scratch.vector.removeAll()
        scratch.features.removeAll()
        scratch.features.addValues(example, merchant: keys.merchant)
        append(scratch.features, to: &scratch.vector)
        linear.add(scratch.vector, to: &scratch.scores)
    }

    mutating func dropWeights() {
        vocabulary = Vocabulary()
        linear.weights = []
        linear.history = []
    }

    /// Known pieces with their values; those of texts scaled to a length of 1.
    func append(_ features: Features, to vector: inout SparseVector) {
        vector.append(features, vocabulary)
    }

    /// Mixes in what is remembered of the merchant, of it at this amount, and of this very text.
    private func remember(_ keys: MemoryKeys, _ mixed: inout [Float]) {
        var corrected: Int32 = -1
        for (key, prior) in [
            (keys.merchant, Self.merchantPrior), (keys.amount, Self.amountPrior), (keys.whole, Self.textPrior),
        ] {
            guard key != 0, let entry = table.entries[key] else { continue }
            let total = entry.total
            let share = prior / (total + prior)
            for label in mixed.indices { mixed[label] *= share }
            for tally in entry.tallies { mixed[Int(tally.label)] += tally.weight / (total + prior) }
            if entry.corrected >= 0 { corrected = entry.corrected }
        }
        if keys.exact != 0, let entry = table.entries[keys.exact], entry.corrected >= 0 { corrected = entry.corrected }
        guard corrected >= 0 else { return }
        for label in mixed.indices { mixed[label] *= 0.1 }
        mixed[Int(corrected)] += 0.9
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
    /// Of the merchant at this very amount; remembered only where a correction says so.
    let exact: UInt64
    /// Merchant and description together; 0 where there is only one text.
    let whole: UInt64
    /// Of the texts as they are.
    let text: UInt64

    init(_ example: TextExample) {
        let name = example.texts.first { !$0.isEmpty } ?? ""
        merchant = Features.merchantKey([name])
        amount = MerchantTable.key(merchant, amount: example.amount) ?? 0
        exact =
            amount != 0
            ? Features.mixed(merchant &+ Features.mixed((example.amount ?? 0).bitPattern ^ 0xE7AC)) : 0
        let parts = example.texts.filter { !$0.isEmpty }
        whole =
            parts.count > 1
            ? parts.reduce(0x1234_5678) { Features.mixed($0 ^ Features.merchantKey([$1])) } : 0
        var text: UInt64 = 0xCBF2_9CE4
        for part in example.texts {
            for byte in part.utf8 { text = (text ^ UInt64(byte)) &* 0x100_0000_01B3 }
            text = (text ^ 0x1FF) &* 0x100_0000_01B3
        }
        self.text = Features.mixed(text)
    }
}

extension LinearLayer {
    func add(_ vector: SparseVector, to scores: inout [Lane]) {
        scores.withUnsafeMutableBufferPointer { scores in
            weights.withUnsafeBufferPointer { weights in
                for place in vector.numbers.indices {
                    let row = Int(vector.numbers[place]) * lanes
                    let value = Lane(repeating: vector.values[place])
                    for lane in 0..<lanes { scores[lane] += weights[row + lane] * value }
                }
            }
        }
    }
}
