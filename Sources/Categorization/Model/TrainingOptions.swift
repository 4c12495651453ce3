/// How a model is trained. The defaults were chosen on a part of the learning data that was held back.
public struct TrainingOptions: Hashable, Sendable {
    /// Times the rows are gone through.
    public var epochs = 8
    /// Certainty kept back for other labels, 0 to 1.
    public var smoothing = 0.2
    /// Weights at most, of 4 bytes each: bounds memory. Rare pieces are left out first.
    public var maximumWeights = 12_000_000
    /// The precision for which the threshold of answers is chosen.
    public var precision = 0.95
    /// Whether probabilities are calibrated: for that, parts are held back and judged by models trained on the rest.
    public var calibrates = true
    /// How many such parts; each costs one more training.
    public var folds = 4
    /// Scales of words, kinds of business, whole texts, values, and values with their merchant against runs of letters.
    public var wordScale: Float = 1
    public var kindScale: Float = 20
    public var wholeScale: Float = 0.5
    public var valueScale: Float = 0.15
    public var mixedScale: Float = 0.25

    public init() {}
}
