/// Decides the category of expenses: what the account prefers, then rules a person wrote, then patterns, then the
/// learned layer, and below its threshold no answer but three suggestions.
///
/// A value without clock, store or chance: the same expense gets the same answer.
public struct Categorizer: Sendable {
    public var preferences: PreferenceBook
    public var patterns: PatternSet
    public var learned: (any ExpensePredictor)?

    public init(
        patterns: PatternSet, preferences: PreferenceBook = PreferenceBook(), learned: (any ExpensePredictor)? = nil
    ) {
        self.patterns = patterns
        self.preferences = preferences
        self.learned = learned
    }

    /// - Parameters:
    ///   - cache: belongs to ``patterns``; one for each caller at work.
    ///   - scratch: room for the learned layer; one for each caller at work.
    public func decide(
        _ expense: Expense, _ options: DecisionOptions = DecisionOptions(), cache: inout MatchCache,
        scratch: inout ModelScratch
    ) -> Decision {
        guard !expense.id.isEmpty else { return .failed(.notStored) }
        guard expense.hasText else { return .failed(.noText) }
        if options.checkUserPreferences,
            let preference = preferences.preference(for: expense, among: patterns.categories)
        {
            return Decision(category: preference.category, confidence: preference.confidence, method: .userPreference)
        }
        let scope = patterns.scope(of: expense.owner)
        let texts = ExpenseTexts(expense)
        if let rule = scope.firstRule(for: texts) { return decision(of: rule) }
        let before = cache.hits
        let candidates = candidates(texts, scope, options, &cache)
        var decision = choose(candidates, options)
        if decision.category == nil { ask(expense, options, &decision, candidates, &scratch) }
        decision.patternsEvaluated = scope.count
        decision.cacheHits = cache.hits - before
        return decision
    }

    public func decide(_ expense: Expense, _ options: DecisionOptions = DecisionOptions()) -> Decision {
        var cache = MatchCache(capacity: 1)
        return decide(expense, options, cache: &cache)
    }

    public func decide(
        _ expense: Expense, _ options: DecisionOptions = DecisionOptions(), cache: inout MatchCache
    ) -> Decision {
        var scratch = ModelScratch()
        return decide(expense, options, cache: &cache, scratch: &scratch)
    }

    func categoryExists(_ category: CategoryID) -> Bool { patterns.categories.contains(category) }

    private func decision(of rule: Rule) -> Decision {
        let confidence = Confidence([.textMatch: 1])
        var decision = Decision(category: rule.category, confidence: confidence.score, method: .rule)
        decision.breakdown = confidence
        decision.patternsUsed = ["rule:\(rule.name)"]
        return decision
    }

    private func choose(_ candidates: [Candidate], _ options: DecisionOptions) -> Decision {
        guard let best = candidates.first, best.confidence.score >= options.minimumConfidence else {
            return Decision(category: nil, confidence: 0, method: .noMatch)
        }
        var decision = Decision(category: best.category, confidence: best.confidence.score, method: best.method)
        decision.breakdown = best.confidence
        decision.patternsUsed = [best.label] + best.boosterLabels
        if options.includeAlternatives {
            decision.alternatives = candidates.dropFirst().prefix(options.maximumAlternatives)
                .map { Alternative($0.category, $0.confidence.score) }
        }
        return decision
    }

    /// Lets the learned layer answer; where it is not sure its ranking, or that of weak patterns, is what is suggested.
    private func ask(
        _ expense: Expense, _ options: DecisionOptions, _ decision: inout Decision, _ candidates: [Candidate],
        _ scratch: inout ModelScratch
    ) {
        let prediction = learned?.prediction(for: expense, &scratch)
        let ranking = prediction?.ranking.filter { categoryExists($0.category) } ?? []
        if let prediction, prediction.isSure, let first = ranking.first, first == prediction.ranking.first,
            first.confidence >= options.minimumConfidence
        {
            decision.category = first.category
            decision.confidence = first.confidence.rounded(places: 4)
            decision.method = .learned
            if options.includeAlternatives {
                decision.alternatives = Array(ranking.dropFirst().prefix(options.maximumAlternatives))
            }
        } else if ranking.isEmpty {
            decision.suggestions = candidates.prefix(3).map { Alternative($0.category, $0.confidence.score) }
        } else {
            decision.suggestions = Array(ranking.prefix(3))
        }
    }
}
