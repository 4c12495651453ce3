/// How a model is trained. The defaults were chosen on a part of the learning data that was held back.
public struct TrainingOptions: Hashable, Sendable {
    /// Times the texts are gone through at most.
    public var epochs = 30
    /// What a row on the wrong side of its margin costs, against the length of the weights.
    public var cost: Float = 0.4
    /// Weights at most, of 4 bytes each: bounds memory. Rare pieces are left out first.
    public var maximumWeights = 12_000_000
    /// The precision for which the threshold of answers is chosen.
    public var precision = 0.95
    /// Whether probabilities are calibrated: for that, parts are held back and judged by models trained on the rest.
    public var calibrates = true
    /// How many such parts; each costs one more training.
    public var folds = 4
    /// How much the rows of one text count together: their number to this power. Below 1 a text that came a thousand
    /// times does not drown what others of its words say.
    public var rowPower: Float = 0.5
    /// Each row counts as much less as its merchant has rows, to this power.
    public var merchantPower: Float = 0.25
    /// Lengths of what words, kinds of business, fields, and words together with the merchant say, against 1 for runs of letters.
    public var wordScale: Float = 0.4
    public var kindScale: Float = 0.8
    public var fieldScale: Float = 0.4
    public var pairScale: Float = 0.5
    /// As how many rows a label's own name counts.
    public var nameRows: Float = 3

    public init() {}
}
