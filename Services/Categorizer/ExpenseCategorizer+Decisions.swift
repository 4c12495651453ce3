import Categorization
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import Resilience

extension ExpenseCategorizer {
    private func decider(_ given: CategorizeOptions?) throws(CategorizerError) -> Decider {
        let options = try given?.checked().over(self.options.withLock { $0 }) ?? self.options.withLock { $0 }
        return Decider(library: library, options: options.decision, timeout: options.timeout, time: time)
    }

    // MARK: One

    /// The answer for one expense. Only one that is stored gets its category stored.
    func categorize(_ params: ExpenseCategorize.Params, correlation: String) async throws -> CategorizationResult {
        let start = time.boot()
        let decider = try decider(params.options)
        let result: CategorizationResult
        switch (params.expense, params.id) {
        case (let record?, nil):
            result = benches.use(decider.library) { decider.decide(record, correlation: correlation, &$0) }
        case (nil, let id?):
            result = await categorize(stored: id, decider, since: start, correlation)
        default:
            result = decider.failure(
                .validation, "give either an expense or the id of one", of: params.id ?? "", since: start, correlation)
        }
        note(CollectionOfOne(result))
        return result
    }

    private func note(_ results: some Collection<CategorizationResult>) {
        tracker.note(results)
        guard let slow = tracker.slow(results, at: time.boot()) else { return }
        log.warning(
            "\(slow.count) decisions took more than \(Int(Tracker.target)) ms, the slowest \(slow.worst) ms",
            metadata: ["correlation-id": "\(slow.correlation)"])
    }

    private func categorize(
        stored id: String, _ decider: Decider, since start: Duration, _ correlation: String
    ) async -> CategorizationResult {
        do {
            guard let row = try await row(id) else {
                return decider.failure(
                    .notFound, "required data is missing: no expense \(id.prefix(200))", of: id, since: start,
                    correlation)
            }
            var result = benches.use(decider.library) { decider.decide(row.record, correlation: correlation, &$0) }
            if let answer = storable(result, row, decider.options) {
                result.stored = await store([answer], correlation)
            }
            // With what the database took: that is what the caller waited for.
            result.processingTimeMs = decider.elapsed(since: start)
            if result.categoryID != nil { answers.put(result, for: id) }
            return result
        } catch {
            return fallback(id, error, decider, since: start, correlation)
        }
    }

    /// A stored expense: what is known, or one load of it for all who want it now. One that is not there is looked for again.
    func row(_ id: String) async throws -> ExpenseRow? {
        if let row = expenses[id] { return row }
        let row = try await loads.value(id) { [door] in
            try await door.read { try ExpenseStore.rows($0, ids: [id]) }.first
        }
        if let row { expenses.put(row, for: id) }
        return row
    }

    private func storable(
        _ result: CategorizationResult, _ row: ExpenseRow, _ options: DecisionOptions
    ) -> ExpenseStore.StoredAnswer? {
        guard !row.isConfirmed, let category = result.categoryID,
            options.stores(
                result.confidence, isPreference: result.method == DecisionMethod.userPreference.rawValue)
        else { return nil }
        return ExpenseStore.StoredAnswer(
            id: row.record.id, category: CategoryID(category), confidence: result.confidence, method: result.method)
    }

    /// Whether the answers were stored; a failure is logged and harms no answer.
    private func store(_ answers: [ExpenseStore.StoredAnswer], _ correlation: String) async -> Bool {
        guard !answers.isEmpty else { return true }
        let now = time.wall()
        do {
            try await door.write(.crash) { try ExpenseStore.store($0, answers, at: now) }
            expenses.forget(answers.map(\.id))
            return true
        } catch {
            log.warning(
                "answers were not stored, they were given all the same: \(error)",
                metadata: ["correlation-id": "\(correlation)", "answers": "\(answers.count)"])
            return false
        }
    }

    /// Without the database the last good answer counts for a little less; without one the error is the answer.
    private func fallback(
        _ id: String, _ error: any Error, _ decider: Decider, since start: Duration, _ correlation: String
    ) -> CategorizationResult {
        if var last = answers[id] {
            last.confidence = (last.confidence * 0.8).short
            last.confidenceLevel = decider.level(last.confidence)
            last.method = "cached_fallback"
            last.stored = false
            last.cacheHits = 1
            last.processingTimeMs = decider.elapsed(since: start)
            last.correlationID = correlation
            last.createdAt = "\(time.wall())"
            return last
        }
        let (kind, message): (CategorizationFault, String)
        switch error {
        case is Resilience.BreakerOpen: (kind, message) = (.unavailable, "temporarily unavailable: \(error)")
        case is StoreError:
            (kind, message) = (.database, "the database failed: \(error)")
            log.critical("the database failed: \(error)", metadata: ["correlation-id": "\(correlation)"])
        default: (kind, message) = (.failed, "\(type(of: error)): \(error)")
        }
        return decider.failure(kind, message, of: id, since: start, correlation)
    }

    // MARK: Many

    /// The answers for many expenses, in their order. Side by side above ten; two statements of the database at most,
    /// however many there are.
    func categorizeBatch(
        _ params: ExpenseCategorizeBatch.Params, batch: String
    ) async throws -> ExpenseCategorizeBatch.Result {
        let start = time.boot()
        let (given, ids) = (params.expenses ?? [], params.ids ?? [])
        guard given.count + ids.count <= ExpenseCategorizeBatch.limit else {
            throw CategorizerError.invalid(
                field: given.isEmpty ? "ids" : "expenses",
                "\(given.count + ids.count) expenses are too many; at most \(ExpenseCategorizeBatch.limit) can be "
                    + "categorized at once")
        }
        if let threads = params.threads, !(1...16).contains(threads) {
            throw CategorizerError.invalid(field: "threads", "threads lie in 1 to 16")
        }
        let decider = try decider(params.options)
        var statements = 0
        var rows: [String: ExpenseRow] = [:]
        var trouble: (any Error)?
        if !ids.isEmpty {
            statements += 1
            do {
                for row in try await door.read({ try ExpenseStore.rows($0, ids: ids) }) { rows[row.record.id] = row }
            } catch {
                trouble = error
            }
        }
        let items = given.map { Item(record: $0, id: $0.id) } + ids.map { Item(record: rows[$0]?.record, id: $0) }
        let threads = params.threads ?? configuration.withLock { $0.threads }
        let slices = (params.parallel ?? true) && items.count > 10 ? threads : 1
        var results = await decide(items, decider, slices: slices, batch, trouble)
        var storable: [(place: Int, answer: ExpenseStore.StoredAnswer)] = []
        for place in given.count..<results.count {
            guard let row = rows[results[place].metadata.expenseID] else { continue }
            if let answer = self.storable(results[place], row, decider.options) { storable.append((place, answer)) }
            if results[place].categoryID != nil { answers.put(results[place], for: row.record.id) }
        }
        if !storable.isEmpty {
            statements += 1
            let stored = await store(storable.map(\.answer), batch)
            for (place, _) in storable { results[place].stored = stored }
        }
        note(results)
        return ExpenseCategorizeBatch.Result(
            results: results, batch: batch, processingTimeMs: decider.elapsed(since: start), statements: statements,
            slices: items.isEmpty ? 0 : slices)
    }

    private struct Item: Sendable {
        /// Nil for one that is not there, or could not be read.
        var record: ExpenseRecord?
        var id: String
    }

    private func decide(
        _ items: [Item], _ decider: Decider, slices: Int, _ batch: String, _ trouble: (any Error)?
    ) async -> [CategorizationResult] {
        let size = max((items.count + slices - 1) / slices, 1)
        return await withTaskGroup(of: (Int, [CategorizationResult]).self) { group in
            for first in stride(from: 0, to: items.count, by: size) {
                group.addTask {
                    (first, await self.decide(items, first..<min(first + size, items.count), decider, batch, trouble))
                }
            }
            var parts: [Int: [CategorizationResult]] = [:]
            for await (first, results) in group { parts[first] = results }
            return stride(from: 0, to: items.count, by: size).flatMap { parts[$0] ?? [] }
        }
    }

    /// A slice, in pieces short enough that others have their turn between them.
    private func decide(
        _ items: [Item], _ range: Range<Int>, _ decider: Decider, _ batch: String, _ trouble: (any Error)?
    ) async -> [CategorizationResult] {
        var results: [CategorizationResult] = []
        results.reserveCapacity(range.count)
        var first = range.lowerBound
        while first < range.upperBound {
            let end = min(first + 200, range.upperBound)
            results += benches.use(decider.library) { bench in
                (first..<end).map { place in
                    let (item, correlation) = (items[place], "\(batch)-\(place)")
                    if let record = item.record { return decider.decide(record, correlation: correlation, &bench) }
                    let start = time.boot()
                    if let trouble { return fallback(item.id, trouble, decider, since: start, correlation) }
                    return decider.failure(
                        .notFound, "required data is missing: no expense \(item.id.prefix(200))", of: item.id,
                        since: start, correlation)
                }
            }
            first = end
            if first < range.upperBound { await Task.yield() }
        }
        return results
    }

    // MARK: Why

    func explain(_ params: ExpenseExplain.Params, correlation: String) async throws -> ExpenseExplain.Result {
        let start = time.boot()
        let decider = try decider(params.options)
        let record: ExpenseRecord
        let expense: Expense
        switch (params.expense, params.id) {
        case (let given?, nil):
            record = given
            expense = try given.expense(at: "expense")
        case (nil, let id?):
            guard let row = try await row(id) else { throw CategorizerError.unknownExpenses([id], field: "id") }
            record = row.record
            expense = try record.expense()
        default: throw CategorizerError.invalid(field: "expense", "give either an expense or the id of one")
        }
        let explanation = decider.library.categorizer.explain(expense, decider.options)
        let library = decider.library
        let result =
            explanation.decision.error.map {
                decider.failure(.validation, "\($0)", of: record.id, since: start, correlation)
            } ?? decider.result(of: explanation.decision, record, since: start, correlation)
        return ExpenseExplain.Result(
            result: result,
            hits: explanation.hits.map {
                ExplanationHit(
                    label: $0.label, categoryName: library.name($0.category), manner: $0.manner, score: $0.score?.short,
                    confidence: $0.confidence)
            },
            nearMisses: explanation.nearMisses.map {
                ExplanationMiss(
                    label: $0.label, categoryName: library.name($0.category), score: $0.score.short,
                    minimum: $0.minimum.short)
            }, gated: explanation.isGated, learned: (explanation.prediction?.ranking ?? []).map(decider.view),
            reasons: explanation.reasons.map {
                ExplanationReason(feature: $0.feature, contribution: $0.contribution.short)
            }, teachers: await teachers(explanation.hits.map(\.label), owner: record.owner ?? ""))
    }

    /// Who taught what is named here; nobody where the database is away.
    private func teachers(_ labels: [String], owner: String) async -> [ExplanationTeacher] {
        guard !labels.isEmpty else { return [] }
        do {
            return try await door.read { db in
                try db.query(
                    """
                    SELECT type || ':' || value, taught_by, taught_at, taught_expense FROM pattern
                    WHERE type || ':' || value IN (SELECT value FROM json_each(?1)) AND owner IN ('', ?2)
                    UNION ALL
                    SELECT 'rule:' || name, taught_by, taught_at, NULL FROM rule
                    WHERE 'rule:' || name IN (SELECT value FROM json_each(?1)) AND owner IN ('', ?2)
                    """, .text(JSON.text(labels)), .text(owner)
                ) { row in
                    ExplanationTeacher(
                        label: row.text(0), by: row.text(1), at: "\(Timestamp(milliseconds: row.int(2)))",
                        expenseID: row.textOrNil(3))
                }
            }
        } catch {
            log.warning("an explanation does not say who taught it: \(error)")
            return []
        }
    }

    func suggest(_ params: ExpenseSuggest.Params) throws -> ExpenseSuggest.Result {
        let most = params.maxSuggestions ?? 3
        guard (1...20).contains(most) else {
            throw CategorizerError.invalid(field: "max_suggestions", "max_suggestions lies in 1 to 20")
        }
        var options = CategorizeOptions.defaults
        options.includeAlternatives = true
        options.maxAlternatives = most
        let decider = try decider(options)
        let expense = try params.expense.expense(at: "expense")
        guard expense.hasText else {
            throw CategorizerError.invalid(field: "expense", "\(DecisionError.noText)")
        }
        let decision = benches.use(decider.library) {
            decider.library.categorizer.decide(expense, decider.options, cache: &$0.cache, scratch: &$0.scratch)
        }
        var found = decision.category.map { [Alternative($0, decision.confidence)] } ?? []
        found += decision.category == nil ? decision.suggestions : decision.alternatives
        return ExpenseSuggest.Result(
            suggestions: found.prefix(most).enumerated().map { place, alternative in
                let isAnswer = place == 0 && decision.category != nil
                return Suggestion(
                    categoryID: alternative.category.value, categoryName: decider.library.name(alternative.category),
                    confidence: (alternative.confidence * 1000).rounded() / 1000,
                    reason: isAnswer ? decision.patternsUsed.first ?? decision.method.rawValue : "alternative",
                    type: isAnswer ? decision.method.rawValue : "suggestion")
            })
    }
}
