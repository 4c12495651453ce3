import Categorization
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

extension ExpenseCategorizer {
    // MARK: Categories

    func put(_ params: CategoryPut.Params) async throws -> CategoryView {
        let name = trimmed(params.name)
        guard (1...200).contains(name.utf8.count) else {
            throw CategorizerError.invalid(field: "name", "a category has a name of 1 to 200 bytes")
        }
        if let colour = params.colour, !Self.isColour(colour) {
            throw CategorizerError.invalid(field: "colour", "\"\(colour.prefix(20))\" is no colour such as #aa3355")
        }
        return try await alone {
            var new = self.stock.withLock { $0 }
            let library = self.library
            let parent = try params.parent.map { parent throws(CategorizerError) in
                try library.category(named: parent, field: "parent")
            }
            let known = new.categories.firstIndex { $0.name.lowercased() == name.lowercased() }
            if let parent {
                let isParent =
                    known.map { place in new.categories.contains { $0.parent == new.categories[place].id } } ?? false
                if parent.parent != nil || isParent { throw CategorizerError.categoryDepth(parent.name) }
                if let known, new.categories[known].id == parent.id {
                    throw CategorizerError.categoryDepth(parent.name)
                }
            }
            let values = (parent?.id, params.colour)
            let id = try await self.door.write { db in
                let told: [SQLValue] = [SQLValue(values.0?.value), SQLValue(values.1), .text(name)]
                if try db.run("UPDATE category SET parent = ?, colour = ? WHERE name = ?", told) > 0 {
                    return try db.first("SELECT id FROM category WHERE name = ?", .text(name)) { $0.int(0) } ?? 0
                }
                try db.run("INSERT INTO category (parent, colour, name) VALUES (?, ?, ?)", told)
                return db.lastInsertRowID
            }
            let category = Library.Category(
                id: CategoryID(id), name: known.map { new.categories[$0].name } ?? name, parent: parent?.id,
                colour: params.colour)
            if let known { new.categories[known] = category } else { new.categories.append(category) }
            self.publish(new)
            return CategoryView(category, self.library, expenses: 0)
        }
    }

    private static func isColour(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 7 && bytes[0] == 0x23
            && bytes.dropFirst().allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit }
    }

    func categories() async throws -> CategoryList.Result {
        let counts = try await door.read { db in
            try db.query("SELECT category, count(*) FROM expense WHERE category IS NOT NULL GROUP BY category") {
                ($0.int(0), Int($0.int(1)))
            }
        }
        let (library, byID) = (library, Dictionary(counts, uniquingKeysWith: { first, _ in first }))
        return CategoryList.Result(
            categories: library.categories.map { CategoryView($0, library, expenses: byID[$0.id.value] ?? 0) })
    }

    // MARK: Patterns

    func put(_ params: PatternPut.Params, by user: String) async throws -> PatternPut.Result {
        try await alone {
            switch (params.pattern, params.rule, params.composite) {
            case (let draft?, nil, nil): PatternPut.Result(pattern: try await self.put(draft, by: user))
            case (nil, let draft?, nil): PatternPut.Result(rule: try await self.put(draft, by: user))
            case (nil, nil, let draft?): PatternPut.Result(composite: try await self.put(draft))
            default:
                throw CategorizerError.invalid(
                    field: "pattern", "give exactly one of pattern, rule and composite")
            }
        }
    }

    /// A pattern of a draft, not yet kept.
    func pattern(_ draft: PatternDraft, id: PatternID) throws(CategorizerError) -> Pattern {
        let category = try library.category(named: draft.category, field: "pattern.category")
        let type = PatternType(rawValue: draft.type.rawValue) ?? .keyword
        do {
            _ = try Pattern.validated(type, draft.value)
        } catch {
            throw .pattern(field: "pattern.value", "\(error)")
        }
        let weight = draft.weight ?? 1
        guard Pattern.weightRange.contains(weight) else {
            throw .pattern(field: "pattern.weight", "\(PatternError.weight(weight))")
        }
        return Pattern(
            id: id, owner: draft.owner.flatMap(\.nonEmpty), category: category.id, type: type, value: draft.value,
            weight: weight, isUserCreated: true, touchedOn: today)
    }

    private func put(_ draft: PatternDraft, by user: String) async throws -> PatternView {
        var new = stock.withLock { $0 }
        var made = try pattern(draft, id: 0)
        if var known = new.book.pattern(owner: made.owner, category: made.category, type: made.type, value: made.value)
        {
            (known.weight, known.isActive, known.isUserCreated, known.touchedOn) = (made.weight, true, true, today)
            new.book.insert(known)
            made = known
        } else if let created = new.book.create(
            owner: made.owner, category: made.category, type: made.type, value: made.value, weight: made.weight,
            isUserCreated: true, today: today)
        {
            made = created
        }
        let (kept, now) = (made, time.wall())
        try await door.write { db in
            try PatternStore.put(db, kept, by: user, expense: nil, at: now)
            try BulkStore.release(db, kept.id)
        }
        publish(new)
        answers.clear()
        return PatternView(kept, library)
    }

    /// A rule of a draft, not yet kept.
    func rule(_ draft: RuleDraft) throws(CategorizerError) -> KeptRule {
        let name = trimmed(draft.name)
        guard (1...200).contains(name.utf8.count) else {
            throw .invalid(field: "rule.name", "a rule has a name of 1 to 200 bytes")
        }
        return KeptRule(
            rule: Rule(
                name: name, owner: draft.owner.flatMap(\.nonEmpty),
                category: try library.category(named: draft.category, field: "rule.category").id,
                condition: try ConditionText.condition(draft.condition, field: "rule.condition"),
                priority: draft.priority ?? 0),
            condition: draft.condition)
    }

    private func put(_ draft: RuleDraft, by user: String) async throws -> RuleView {
        var new = stock.withLock { $0 }
        let (kept, now) = (try rule(draft), time.wall())
        new.put(kept)
        try await door.write { try PatternStore.put($0, kept, by: user, at: now) }
        publish(new)
        answers.clear()
        return RuleView(kept, library)
    }

    private func put(_ draft: CompositeDraft) async throws -> CompositeView {
        var new = stock.withLock { $0 }
        let (name, owner) = (trimmed(draft.name), draft.owner.flatMap(\.nonEmpty))
        guard (1...200).contains(name.utf8.count) else {
            throw CategorizerError.invalid(field: "composite.name", "a composite has a name of 1 to 200 bytes")
        }
        let category = try library.category(named: draft.category, field: "composite.category")
        guard let combination = CompositePattern.Operator(rawValue: draft.combination) else {
            throw CategorizerError.invalid(field: "composite.combination", "a combination is AND, OR or NOT")
        }
        let weight = draft.weight ?? 1.5
        guard Pattern.weightRange.contains(weight) else {
            throw CategorizerError.pattern(field: "composite.weight", "\(PatternError.weight(weight))")
        }
        guard (1...100).contains(draft.patterns.count) else {
            throw CategorizerError.invalid(field: "composite.patterns", "a composite has 1 to 100 patterns")
        }
        for id in draft.patterns where new.book.pattern(PatternID(id))?.category != category.id {
            throw CategorizerError.unknownPattern("pattern \(id) of \(category.name)", field: "composite.patterns")
        }
        let id = try await door.write { db in
            try db.first(
                """
                INSERT INTO composite (owner, name, category, combination, patterns, weight, active) VALUES (?, ?, ?, ?, ?, ?, 1)
                ON CONFLICT (owner, name) DO UPDATE SET category = excluded.category, combination = excluded.combination,
                    patterns = excluded.patterns, weight = excluded.weight, active = 1 RETURNING id
                """, .text(owner ?? ""), .text(name), .int(category.id.value), .text(combination.rawValue),
                .text(JSON.text(draft.patterns)), .real(weight)
            ) { $0.int(0) } ?? 0
        }
        let composite = CompositePattern(
            id: PatternID(id), owner: owner, category: category.id, name: name, combination: combination,
            patterns: draft.patterns.map { PatternID($0) }, weight: weight)
        new.composites.removeAll { $0.id == composite.id }
        new.composites.append(composite)
        publish(new)
        answers.clear()
        return CompositeView(composite, library)
    }

    func remove(_ params: PatternRemove.Params, by user: String) async throws -> Bool {
        try await alone {
            var new = self.stock.withLock { $0 }
            let now = self.time.wall()
            switch (params.id, params.rule) {
            case (let id?, nil):
                guard var pattern = new.book.pattern(PatternID(id)) else {
                    throw CategorizerError.unknownPattern("pattern \(id)", field: "id")
                }
                let was = pattern.isActive
                pattern.isActive = false
                let kept = pattern
                try await self.door.write { try PatternStore.put($0, kept, by: user, expense: nil, at: now) }
                new.book.insert(pattern)
                self.publish(new)
                self.answers.clear()
                return was
            case (nil, let name?):
                let owner = params.owner.flatMap(\.nonEmpty)
                guard var kept = new.rules.first(where: { $0.rule.name == name && $0.rule.owner == owner }) else {
                    throw CategorizerError.unknownPattern("rule \"\(name.prefix(100))\"", field: "rule")
                }
                let was = kept.rule.isActive
                kept.rule.isActive = false
                let gone = kept
                try await self.door.write { try PatternStore.put($0, gone, by: user, at: now) }
                new.put(kept)
                self.publish(new)
                self.answers.clear()
                return was
            default:
                throw CategorizerError.invalid(field: "id", "give either the id of a pattern or the name of a rule")
            }
        }
    }

    func list(_ params: PatternList.Params) throws -> PatternList.Result {
        let limit = params.limit ?? 1000
        guard (1...10_000).contains(limit) else {
            throw CategorizerError.invalid(field: "limit", "limit lies in 1 to 10000")
        }
        let (library, stock) = (library, stock.withLock { $0 })
        let category = try params.category.map { name throws(CategorizerError) in
            try library.category(named: name, field: "category").id
        }
        let inactive = params.inactive ?? false
        let wanted = { (owner: String?, its: CategoryID, isActive: Bool) in
            (params.owner == nil || owner == nil || owner == params.owner) && (category == nil || its == category)
                && (isActive || inactive)
        }
        let patterns = stock.book.patterns.filter { wanted($0.owner, $0.category, $0.isActive) }
        let rules = stock.rules.filter { wanted($0.rule.owner, $0.rule.category, $0.rule.isActive) }
        let composites = stock.composites.filter { wanted($0.owner, $0.category, $0.isActive) }
        return PatternList.Result(
            patterns: patterns.prefix(limit).map { PatternView($0, library) },
            rules: rules.prefix(limit).map { RuleView($0, library) },
            composites: composites.prefix(limit).map { CompositeView($0, library) },
            more: max(patterns.count, rules.count, composites.count) > limit)
    }
}

extension CategoryView {
    init(_ category: Library.Category, _ library: Library, expenses: Int) {
        self.init(
            id: category.id.value, name: category.name, parent: category.parent.map(library.name),
            colour: category.colour, expenses: expenses)
    }
}

extension PatternView {
    init(_ pattern: Pattern, _ library: Library) {
        self.init(
            id: pattern.id.value, type: PatternKind(rawValue: pattern.type.rawValue) ?? .keyword, value: pattern.value,
            categoryName: library.name(pattern.category), owner: pattern.owner, weight: pattern.weight,
            usageCount: pattern.usageCount, successCount: pattern.successCount,
            effectiveConfidence: pattern.effectiveConfidence.short, active: pattern.isActive,
            userCreated: pattern.isUserCreated)
    }
}

extension RuleView {
    init(_ kept: KeptRule, _ library: Library) {
        self.init(
            name: kept.rule.name, categoryName: library.name(kept.rule.category), owner: kept.rule.owner,
            condition: kept.condition, priority: kept.rule.priority, active: kept.rule.isActive)
    }
}

extension CompositeView {
    init(_ composite: CompositePattern, _ library: Library) {
        self.init(
            id: composite.id.value, name: composite.name, categoryName: library.name(composite.category),
            owner: composite.owner, combination: composite.combination.rawValue,
            patterns: composite.patterns.map(\.value), weight: composite.weight, active: composite.isActive)
    }
}
