/// A category that patterns speak for.
struct Candidate: Sendable {
    var category: CategoryID
    var confidence: Confidence
    var method: DecisionMethod
    /// What the confidence rests on first, then what strengthened it.
    var labels: [String]
}

extension Categorizer {
    /// Categories with their confidence, surest first. Of each category the best text match counts; amounts and times
    /// strengthen only what a text speaks for.
    func candidates(
        _ texts: ExpenseTexts, _ scope: PatternSet.Scope, _ options: DecisionOptions, _ cache: inout MatchCache
    ) -> [Candidate] {
        var best: [CategoryID: PatternMatch] = [:]
        for match in matches(texts, scope, options, &cache) where categoryExists(match.pattern.category) {
            let category = match.pattern.category
            if let other = best[category], !Self.beats(match, other) { continue }
            best[category] = match
        }
        var candidates = best.values.map { candidate($0, texts, scope) }
        addComposites(texts, scope, &candidates)
        return candidates.sorted { ($1.confidence.score, $0.category) < ($0.confidence.score, $1.category) }
    }

    /// All pattern matches of an expense, those below the minimum confidence dropped.
    func matches(
        _ texts: ExpenseTexts, _ scope: PatternSet.Scope, _ options: DecisionOptions, _ cache: inout MatchCache
    ) -> [PatternMatch] {
        let expense = texts.expense
        var matches: [PatternMatch] = []
        for (text, field) in [(expense.merchant, PatternSet.Field.merchant), (expense.note, .description)] {
            guard let text, field == .merchant ? !scope.merchants.isEmpty : !scope.keywords.isEmpty else { continue }
            let normalised = NormalisedText(text)
            let key = MatchCache.Key(owner: expense.owner, field: field, text: normalised, options: options.fuzzy)
            matches += cache.matches(key) {
                PatternSet.matches(FuzzyCandidate(normalised), field, in: scope, options.fuzzy)
            }
        }
        matches.removeAll { ($0.score ?? 1) < options.minimumConfidence }
        for entry in scope.expressions where Pattern.matches(entry.meaning, texts) {
            matches.append(PatternMatch(pattern: entry.pattern, manner: .direct, score: nil))
        }
        return matches
    }

    /// By the raw score, as the confidence is made of it; equal ones by how much the pattern has proved.
    private static func beats(_ one: PatternMatch, _ other: PatternMatch) -> Bool {
        let (left, right) = (one.score ?? Confidence.directMatch, other.score ?? Confidence.directMatch)
        if left != right { return left > right }
        if one.adjusted != other.adjusted { return one.adjusted > other.adjusted }
        return one.pattern.id < other.pattern.id
    }

    private func candidate(_ match: PatternMatch, _ texts: ExpenseTexts, _ scope: PatternSet.Scope) -> Candidate {
        let pattern = match.pattern
        let boosters = (scope.boosters[pattern.category] ?? []).filter { Pattern.matches($0.meaning, texts) }
            .map(\.pattern)
        let confidence = Confidence(
            pattern: pattern, textScore: match.score, expense: texts.expense, boosters: boosters)
        let used = confidence.isGated ? [] : boosters
        return Candidate(
            category: pattern.category, confidence: confidence, method: Self.method(match),
            labels: [pattern.label] + used.map(\.label))
    }

    private static func method(_ match: PatternMatch) -> DecisionMethod {
        if match.manner == .word { return .fuzzy }
        return switch match.pattern.type {
        case .merchant: .merchant
        case .keyword: .keyword
        case .description: .description
        case .regex: .regex
        case .time, .amountRange: .composite
        }
    }

    /// A composite with a text among its patterns counts as a text match of its effective confidence, where that is
    /// more than what its category has already.
    private func addComposites(_ texts: ExpenseTexts, _ scope: PatternSet.Scope, _ candidates: inout [Candidate]) {
        for composite in scope.composites where categoryExists(composite.category) {
            guard composite.combination != .not, composite.matches(texts, patterns: patterns.known),
                composite.patterns.contains(where: { id in
                    patterns.known[id].map { $0.type.isText || $0.type == .regex } ?? false
                })
            else { continue }
            let text = composite.effectiveConfidence(patterns: patterns.known).clamped(0...1)
            let stand = Pattern(
                id: composite.id, category: composite.category, type: .keyword, value: composite.name,
                weight: composite.weight, usageCount: composite.usageCount, successCount: composite.successCount)
            let confidence = Confidence(pattern: stand, textScore: text, expense: texts.expense)
            let made = Candidate(
                category: composite.category, confidence: confidence, method: .composite,
                labels: ["composite:\(composite.name)"])
            if let index = candidates.firstIndex(where: { $0.category == composite.category }) {
                if candidates[index].confidence.score < confidence.score { candidates[index] = made }
            } else if confidence.score >= 0.5 {
                candidates.append(made)
            }
        }
    }
}
