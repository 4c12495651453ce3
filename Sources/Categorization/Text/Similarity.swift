/// How alike two texts are, from 0 to 1, by four measures. All take scalars of normalised texts.
public enum Similarity: String, Hashable, Sendable, CaseIterable {
    case jaroWinkler = "jaro_winkler"
    case trigram
    case levenshtein
    case phonetic

    /// How much the measure counts in a fuzzy score.
    public var weight: Double {
        switch self {
        case .jaroWinkler: 1.2
        case .trigram: 1.0
        case .levenshtein: 0.8
        case .phonetic: 0.6
        }
    }

    public func score(_ left: [UInt32], _ right: [UInt32]) -> Double {
        switch self {
        case .jaroWinkler: JaroWinkler.similarity(left, right)
        case .trigram: Trigrams.similarity(left, right)
        case .levenshtein: Levenshtein.ratio(left, right)
        case .phonetic: Phonetic.code(left) == Phonetic.code(right) ? 1 : 0
        }
    }

    public func score(_ left: String, _ right: String) -> Double {
        score(Letters.scalars(left), Letters.scalars(right))
    }
}

extension Double {
    /// Rounded to `places` decimals, halves away from zero.
    func rounded(places: Int) -> Double {
        var factor = 1.0
        for _ in 0..<places { factor *= 10 }
        return (self * factor).rounded() / factor
    }

    func clamped(_ range: ClosedRange<Double>) -> Double {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
