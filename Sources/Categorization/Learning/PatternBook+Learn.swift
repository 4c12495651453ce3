extension PatternBook {
    /// How much a lesson moves weights.
    enum Step {
        static let newWeight = 1.2
        static let merchant = 0.20
        static let keyword = 0.15
        static let matching = 0.15
        static let wrong = -0.25
    }

    /// Distinct expenses of a category in which a word must have stood to become a pattern.
    static let keywordThreshold = 3
    static let maximumKeywords = 5

    /// Learns from one correction: the merchant and known words of the right category gain, what led to a wrong answer
    /// loses, patterns that are nearly the same become one.
    ///
    /// A fresh merchant pattern ends at 1.35 with one use; one that was there gains 0.35 and two uses.
    /// Merging is looked at when something was made, else at every tenth lesson.
    ///
    /// - Parameter today: days since 1970-01-01.
    public mutating func learn(_ correction: Correction, today: Int64) -> Lesson {
        let expense = correction.expense
        let texts = ExpenseTexts(expense)
        var lesson = Lesson(feedback: correction.predicted.map { $0 == correction.correct ? .accepted : .correction })
        var touched: Set<PatternID> = []
        var created: [PatternID] = []
        lessons += 1

        if let merchant = expense.merchant {
            let value = Self.merchantValue(merchant)
            if let id = teach(value, .merchant, correction, Step.merchant, today) {
                touched.insert(id)
                lesson.pattern = byID[id]
            } else if let made = create(
                owner: expense.owner, category: correction.correct, type: .merchant, value: value,
                weight: Step.newWeight, isUserCreated: true, today: today)
            {
                created.append(made.id)
                lesson.pattern = made
            }
        }
        if let note = expense.note {
            for word in Self.keywords(of: note) {
                if let id = teach(word, .keyword, correction, Step.keyword, today) {
                    touched.insert(id)
                } else if let id = follow(word, correction, today) {
                    created.append(id)
                }
            }
        }
        if let predicted = correction.predicted, predicted != correction.correct {
            for id in matching(texts, in: predicted) {
                weaken(id, today)
                touched.insert(id)
            }
        }
        for id in matching(texts, in: correction.correct) {
            strengthen(id, by: Step.matching, today)
            byID[id]?.statistics.record(expense)
            touched.insert(id)
        }

        lesson.changes += created.compactMap { byID[$0] }.map { .created($0) }
        lesson.changes += touched.subtracting(created).sorted().compactMap { byID[$0] }
            .map { $0.isActive ? .updated($0) : .deactivated($0) }
        if !created.isEmpty {
            lesson.changes += created.flatMap { merge(around: $0, today) }
        } else if lessons % 10 == 0 {
            lesson.changes += touched.sorted().flatMap { merge(around: $0, today) }
        }
        // What was merged away goes on in another.
        lesson.pattern = lesson.pattern.flatMap { standing($0.key) }.flatMap { byID[$0] }
        return lesson
    }

    /// What a merchant pattern says: the name without numbers where that is a part of the text, else the text itself.
    static func merchantValue(_ merchant: String) -> String {
        let lowered = merchant.unicodeScalars.map { RegexParser.lowered($0.value) }
        let normalised = NormalisedText(merchant)
        if normalised.count >= 2, lowered.contains(run: normalised.letters) { return normalised.description }
        let trimmed = lowered.drop { $0 == Letters.blank }
        let end = (trimmed.lastIndex { $0 != Letters.blank } ?? trimmed.startIndex - 1) + 1
        return Letters.string(trimmed[..<end])
    }

    /// The first words of three and more letters that are neither numbers nor stop words, without repeats.
    static func keywords(of note: String) -> [String] {
        var words: [String] = []
        for word in Letters.words(Letters.lowered(note)).split(separator: Letters.blank) {
            guard word.count >= 3, !word.allSatisfy(Letters.isDigit) else { continue }
            let text = Letters.string(word)
            if !Pattern.stopWords.contains(text), !words.contains(text) { words.append(text) }
            if words.count == maximumKeywords { break }
        }
        return words
    }

    /// Strengthens the pattern of this value if there is one. An inactive one becomes active again.
    private mutating func teach(
        _ value: String, _ type: PatternType, _ correction: Correction, _ step: Double, _ today: Int64
    ) -> PatternID? {
        let owner = correction.expense.owner
        let own = Key(owner: owner, category: correction.correct, type: type, value: value)
        let shared = Key(owner: nil, category: correction.correct, type: type, value: value)
        guard let id = standing(own) ?? standing(shared) else { return nil }
        byID[id]?.isActive = true
        strengthen(id, by: step, today)
        return id
    }

    /// Notes that the word stood in an expense of the category; a pattern when it did so in enough of them.
    private mutating func follow(_ word: String, _ correction: Correction, _ today: Int64) -> PatternID? {
        let key = KeywordKey(owner: correction.expense.owner, category: correction.correct, word: word)
        var expenses = evidence[key] ?? []
        guard !expenses.isEmpty || evidence.count < Self.maximumEvidence else { return nil }
        if !expenses.contains(correction.expense.id) { expenses.append(correction.expense.id) }
        guard expenses.count >= Self.keywordThreshold else {
            evidence[key] = expenses
            return nil
        }
        evidence[key] = nil
        return create(
            owner: key.owner, category: key.category, type: .keyword, value: word, weight: Step.newWeight,
            isUserCreated: false, today: today)?.id
    }

    /// Notes words of an expense that was learned from before, without a lesson: for a book that is opened again.
    public mutating func recall(_ expense: Expense, _ category: CategoryID) {
        guard let note = expense.note else { return }
        for word in Self.keywords(of: note) {
            let isPattern = [expense.owner, nil].contains {
                byKey[Key(owner: $0, category: category, type: .keyword, value: word)] != nil
            }
            let key = KeywordKey(owner: expense.owner, category: category, word: word)
            let expenses = evidence[key] ?? []
            guard !isPattern, !expenses.isEmpty || evidence.count < Self.maximumEvidence,
                expenses.count < Self.keywordThreshold - 1, !expenses.contains(expense.id)
            else { continue }
            evidence[key] = expenses + [expense.id]
        }
    }

    private mutating func strengthen(_ id: PatternID, by step: Double, _ today: Int64) {
        guard var pattern = byID[id] else { return }
        pattern.weight = Pattern.sound((pattern.weight + step).rounded(places: 3))
        pattern.recordUse(success: true)
        pattern.touchedOn = today
        byID[id] = pattern
    }

    private mutating func weaken(_ id: PatternID, _ today: Int64) {
        guard var pattern = byID[id] else { return }
        pattern.weight = Pattern.sound((pattern.weight + Step.wrong).rounded(places: 3))
        pattern.recordUse(success: false)
        pattern.touchedOn = today
        if pattern.usageCount >= 20, pattern.successRate < 0.3, !pattern.isUserCreated { pattern.isActive = false }
        byID[id] = pattern
    }
}
