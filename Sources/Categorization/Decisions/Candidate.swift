/// A category that patterns speak for.
struct Candidate: Sendable {
    var category: CategoryID
    var confidence: Confidence
    var method: DecisionMethod
    /// What the confidence rests on.
    var label: String
    /// What strengthened it.
    var boosterLabels: [String] = []
}

extension PatternSet.Scope {
    func firstRule(for texts: ExpenseTexts) -> Rule? {
        for (place, needs) in ruleNeeds.enumerated() where needs.isSubset(of: texts.letters) {
            if rules[place].condition.holds(for: texts) { return rules[place] }
        }
        return nil
    }
}

extension Categorizer {
    /// Categories with their confidence, surest first. Of each category the best text match counts; amounts and times
    /// strengthen only what a text speaks for.
    func candidates(
        _ texts: ExpenseTexts, _ scope: PatternSet.Scope, _ options: DecisionOptions, _ cache: inout MatchCache
    ) -> [Candidate] {
        var best: [PatternMatch] = []
        for match in matches(texts, scope, options, &cache) where categoryExists(match.entry.pattern.category) {
            let category = match.entry.pattern.category
            if let place = best.firstIndex(where: { $0.entry.pattern.category == category }) {
                if Self.beats(match, best[place]) { best[place] = match }
            } else {
                best.append(match)
            }
        }
        var candidates = best.map { candidate($0, texts, scope) }
        addComposites(texts, scope, &candidates)
        if candidates.count > 1 {
            candidates.sort { ($1.confidence.score, $0.category) < ($0.confidence.score, $1.category) }
        }
        return candidates
    }

    /// All pattern matches of an expense, those below the minimum confidence dropped.
    func matches(
        _ texts: ExpenseTexts, _ scope: PatternSet.Scope, _ options: DecisionOptions, _ cache: inout MatchCache
    ) -> [PatternMatch] {
        var matches: [PatternMatch] = []
        if !scope.merchants.isEmpty, let merchant = texts.expense.merchant {
            matches = self.matches(merchant, .merchant, texts, scope, options, &cache)
        }
        if !scope.keywords.isEmpty, let note = texts.expense.note {
            matches += self.matches(note, .description, texts, scope, options, &cache)
        }
        matches.removeAll { ($0.score ?? 1) < options.minimumConfidence }
        for (place, needs) in scope.expressionNeeds.enumerated() where needs.isSubset(of: texts.letters) {
            let entry = scope.expressions[place]
            if Pattern.matches(entry.meaning, texts) {
                matches.append(PatternMatch(entry: entry, manner: .direct, score: nil))
            }
        }
        return matches
    }

    private func matches(
        _ text: String, _ field: PatternSet.Field, _ texts: ExpenseTexts, _ scope: PatternSet.Scope,
        _ options: DecisionOptions, _ cache: inout MatchCache
    ) -> [PatternMatch] {
        let text = NormalisedText(text)
        let key = MatchCache.Key(owner: texts.expense.owner, field: field, text: text, options: options.fuzzy)
        return cache.matches(key) { PatternSet.matches(FuzzyCandidate(text), field, in: scope, options.fuzzy) }
    }

    /// By the raw score, as the confidence is made of it; equal ones by how much the pattern has proved.
    private static func beats(_ one: PatternMatch, _ other: PatternMatch) -> Bool {
        let (left, right) = (one.score ?? Confidence.directMatch, other.score ?? Confidence.directMatch)
        if left != right { return left > right }
        if one.adjusted != other.adjusted { return one.adjusted > other.adjusted }
        return one.entry.pattern.id < other.entry.pattern.id
    }

    private func candidate(_ match: PatternMatch, _ texts: ExpenseTexts, _ scope: PatternSet.Scope) -> Candidate {
        let entry = match.entry
        var boosters: [PatternSet.Entry] = []
        if !scope.boosters.isEmpty, let known = scope.boosters[entry.pattern.category] {
            boosters = known.filter { Pattern.matches($0.meaning, texts) }
        }
        let confidence = Confidence(
            pattern: entry.pattern, textScore: match.score, expense: texts.expense, boosters: boosters.map(\.pattern))
        return Candidate(
            category: entry.pattern.category, confidence: confidence, method: Self.method(match), label: entry.label,
            boosterLabels: confidence.isGated ? [] : boosters.map(\.label))
    }

    private static func method(_ match: PatternMatch) -> DecisionMethod {
        if match.manner == .word { return .fuzzy }
        return switch match.entry.pattern.type {
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
                label: "composite:\(composite.name)")
            if let index = candidates.firstIndex(where: { $0.category == composite.category }) {
                if candidates[index].confidence.score < confidence.score { candidates[index] = made }
            } else if confidence.score >= 0.5 {
                candidates.append(made)
            }
        }
    }
}
