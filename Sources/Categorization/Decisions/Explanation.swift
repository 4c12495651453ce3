/// Why an expense was answered as it was, and what nearly answered otherwise.
public struct Explanation: Hashable, Sendable {
    public struct Hit: Hashable, Sendable {
        /// "merchant:starbucks", "rule:Rent"
        public var label: String
        public var category: CategoryID
        public var manner: String
        /// How alike the texts are; nil where it matched by the letter.
        public var score: Double?
        /// The confidence it would give alone.
        public var confidence: Double
    }

    public struct NearMiss: Hashable, Sendable {
        public var label: String
        public var category: CategoryID
        /// What it reached.
        public var score: Double
        /// What it would have needed.
        public var minimum: Double
    }

    public struct Factor: Hashable, Sendable {
        public var name: String
        public var value: Double
        public var weight: Double
        public var contribution: Double
        /// Of the raw confidence.
        public var percentage: Double
    }

    public var decision: Decision
    public var hits: [Hit] = []
    public var nearMisses: [NearMiss] = []
    /// What the confidence of the answer is made of.
    public var factors: [Factor] = []
    /// The text was too unlike for usage and success to count.
    public var isGated = false
    /// What the learned layer saw, for the category answered or else for the likeliest.
    public var reasons: [LearnedReason] = []
    public var prediction: Prediction?
}

extension Categorizer {
    static let maximumNearMisses = 5
    /// How far below the minimum a text may lie to be a near miss.
    static let nearMissDistance = 0.25

    /// Decides once more, and says why. Slower than ``decide(_:_:cache:)``: it looks at everything.
    public func explain(_ expense: Expense, _ options: DecisionOptions = DecisionOptions()) -> Explanation {
        var explanation = Explanation(decision: decide(expense, options))
        guard explanation.decision.error == nil else { return explanation }
        let scope = patterns.scope(of: expense.owner)
        let texts = ExpenseTexts(expense)
        if let breakdown = explanation.decision.breakdown {
            explanation.isGated = breakdown.isGated
            explanation.factors = breakdown.parts.map {
                Explanation.Factor(
                    name: $0.factor.rawValue, value: $0.value.rounded(places: 4), weight: $0.weight.rounded(places: 4),
                    contribution: $0.contribution.rounded(places: 4),
                    percentage: breakdown.percentage(of: $0).rounded(places: 1))
            }
        }
        explanation.hits = hits(texts, scope, options)
        explanation.nearMisses = nearMisses(texts, scope, options)
        var scratch = ModelScratch()
        explanation.prediction = learned?.prediction(for: expense, &scratch)
        if let category = explanation.decision.category ?? explanation.prediction?.ranking.first?.category {
            explanation.reasons = learned?.reasons(for: category, of: expense) ?? []
        }
        return explanation
    }

    private func hits(
        _ texts: ExpenseTexts, _ scope: PatternSet.Scope, _ options: DecisionOptions
    ) -> [Explanation.Hit] {
        var hits = scope.rules.filter { $0.condition.holds(for: texts) }.map {
            Explanation.Hit(
                label: "rule:\($0.name)", category: $0.category, manner: "rule", score: nil,
                confidence: Confidence([.textMatch: 1]).score)
        }
        if let preference = preferences.preference(for: texts.expense, among: patterns.categories) {
            hits.append(
                Explanation.Hit(
                    label: "preference:\(preference.value)", category: preference.category, manner: "preference",
                    score: nil, confidence: preference.confidence))
        }
        var cache = MatchCache(capacity: 2)
        hits += matches(texts, scope, options, &cache).map {
            Explanation.Hit(
                label: $0.pattern.label, category: $0.pattern.category, manner: $0.manner.rawValue, score: $0.score,
                confidence: Confidence(pattern: $0.pattern, textScore: $0.score, expense: texts.expense).score)
        }
        hits += scope.composites.filter { $0.matches(texts, patterns: patterns.known) }.map {
            let strength = $0.effectiveConfidence(patterns: patterns.known).clamped(0...1)
            return Explanation.Hit(
                label: "composite:\($0.name)", category: $0.category, manner: "composite",
                score: strength.rounded(places: 4), confidence: Confidence([.textMatch: strength]).score)
        }
        return hits
    }

    /// Texts that were nearly alike enough, and rules of which all conditions but one hold.
    private func nearMisses(
        _ texts: ExpenseTexts, _ scope: PatternSet.Scope, _ options: DecisionOptions
    ) -> [Explanation.NearMiss] {
        var found: [Explanation.NearMiss] = []
        let fields = [
            (texts.expense.merchant, scope.merchants, scope.merchantTexts),
            (texts.expense.note, scope.keywords, scope.keywordTexts),
        ]
        for (text, entries, candidates) in fields {
            guard let text else { continue }
            let query = FuzzyCandidate(text)
            let minimum = options.fuzzy.minimum(forLength: query.text.count)
            for (entry, candidate) in zip(entries, candidates.candidates) {
                let score = FuzzyMatcher.score(query, candidate, options.fuzzy)
                guard score < minimum, score >= minimum - Self.nearMissDistance else { continue }
                found.append(
                    Explanation.NearMiss(
                        label: entry.pattern.label, category: entry.pattern.category, score: score, minimum: minimum))
            }
        }
        found.sort { ($0.minimum - $0.score, $0.label) < ($1.minimum - $1.score, $1.label) }
        let rules = scope.rules.compactMap { rule -> Explanation.NearMiss? in
            guard case .all(let parts) = rule.condition, parts.count > 1 else { return nil }
            let held = parts.count { $0.holds(for: texts) }
            guard held == parts.count - 1 else { return nil }
            return Explanation.NearMiss(
                label: "rule:\(rule.name)", category: rule.category,
                score: (Double(held) / Double(parts.count)).rounded(places: 4), minimum: 1)
        }
        return Array((rules + found).prefix(Self.maximumNearMisses))
    }
}
