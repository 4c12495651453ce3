import Glibc

/// How sure a match is: the weighted mean of what is known of it, made steeper by a sigmoid.
public struct Confidence: Hashable, Sendable {
    public enum Factor: String, Hashable, Sendable, CaseIterable {
        case textMatch = "text_match"
        case historicalSuccess = "historical_success"
        case usageFrequency = "usage_frequency"
        case amountSimilarity = "amount_similarity"
        case temporalPattern = "temporal_pattern"

        public var weight: Double {
            switch self {
            case .textMatch: 0.35
            case .historicalSuccess: 0.25
            case .usageFrequency: 0.15
            case .amountSimilarity: 0.15
            case .temporalPattern: 0.10
            }
        }
    }

    public struct Part: Hashable, Sendable {
        public var factor: Factor
        /// 0 to 1.
        public var value: Double
        /// Its share among the factors that are known; they sum to 1.
        public var weight: Double
        /// Value times weight; they sum to ``Confidence/raw``.
        public var contribution: Double { value * weight }
    }

    /// In the order of ``Factor``.
    public var parts: [Part]
    /// The weighted mean, 0 to 1; in a gated one the text value alone.
    public var raw: Double
    /// 0 to 1, four decimals.
    public var score: Double
    /// The text was too unlike for anything else to count.
    public var isGated: Bool

    /// What a part adds to the raw value, in percent; 0 for all when nothing adds.
    public func percentage(of part: Part) -> Double {
        let sum = parts.reduce(0) { $0 + $1.contribution }
        return sum > 0 ? part.contribution / sum * 100 : 0
    }

    /// A text value below which usage and success do not count: a popular pattern must not make up for a text that does
    /// not fit. Without it a text value of 0.62 with 567 uses reached 0.9551.
    public static let gate = 0.75

    /// What is known of a match, a value for each factor.
    public struct Values: Sendable, ExpressibleByDictionaryLiteral {
        private var known: (Double?, Double?, Double?, Double?, Double?)

        public init(dictionaryLiteral values: (Factor, Double)...) {
            for (factor, value) in values { self[factor] = value }
        }

        public subscript(factor: Factor) -> Double? {
            get {
                switch factor {
                case .textMatch: known.0
                case .historicalSuccess: known.1
                case .usageFrequency: known.2
                case .amountSimilarity: known.3
                case .temporalPattern: known.4
                }
            }
            set {
                switch factor {
                case .textMatch: known.0 = newValue
                case .historicalSuccess: known.1 = newValue
                case .usageFrequency: known.2 = newValue
                case .amountSimilarity: known.3 = newValue
                case .temporalPattern: known.4 = newValue
                }
            }
        }
    }

    /// - Parameter gate: nil lets every text value be mixed with the others, as the original first did.
    public init(_ values: Values, gate: Double? = Confidence.gate) {
        let text = (values[.textMatch] ?? 0).clamped(0...1)
        if let gate, text < gate {
            parts = [Part(factor: .textMatch, value: text, weight: 1)]
            raw = text
            isGated = true
        } else {
            var sum = 0.0
            for factor in Factor.allCases where values[factor] != nil { sum += factor.weight }
            parts = []
            parts.reserveCapacity(Factor.allCases.count)
            for factor in Factor.allCases {
                guard let value = values[factor] else { continue }
                parts.append(Part(factor: factor, value: value.clamped(0...1), weight: factor.weight / sum))
            }
            raw = parts.reduce(0) { $0 + $1.contribution }
            isGated = false
        }
        score = Self.sigmoid(raw)
    }

    /// 1 / (1 + e^(-10 (raw - 0.5))), four decimals.
    public static func sigmoid(_ raw: Double) -> Double { (1 / (1 + exp(-10 * (raw - 0.5)))).rounded(places: 4) }
}

/// Names for ranges of confidence.
public enum ConfidenceLevel: String, Hashable, Sendable, CaseIterable {
    case veryHigh = "very_high"
    case high, medium, low
    case veryLow = "very_low"

    /// - Parameter high: where `high` begins. One above 0.95 moves what is very high up, one below 0.70 leaves no medium.
    public init(_ score: Double, high: Double = 0.85) {
        self =
            switch score {
            case max(high, 0.95)...: .veryHigh
            case high...: .high
            case 0.70...: .medium
            case 0.50...: .low
            default: .veryLow
            }
    }
}
