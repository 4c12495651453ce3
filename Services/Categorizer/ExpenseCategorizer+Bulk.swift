import Categorization
import Decimals
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

extension ExpenseCategorizer {
    private static let mostIDs = 1000

    private func rows(_ ids: [String]) async throws -> [ExpenseRow] {
        guard (1...Self.mostIDs).contains(ids.count) else {
            throw CategorizerError.invalid(field: "ids", "1 to \(Self.mostIDs) expenses can be named, not \(ids.count)")
        }
        let rows = try await door.read { try ExpenseStore.rows($0, ids: ids) }
        let known = Dictionary(rows.map { ($0.record.id, $0) }, uniquingKeysWith: { first, _ in first })
        var seen: Set<String> = []
        return ids.filter { seen.insert($0).inserted }.compactMap { known[$0] }
    }

    private func decisions(_ rows: [ExpenseRow], _ options: DecisionOptions = DecisionOptions()) -> [Decision] {
        let library = library
        return benches.use(library) { bench in
            rows.map { row in
                guard let expense = row.expense(naming: log) else {
                    return Decision(category: nil, confidence: 0, method: .error)
                }
                return library.categorizer.decide(expense, options, cache: &bench.cache, scratch: &bench.scratch)
            }
        }
    }

    // MARK: Preview and apply

    func preview(_ params: BulkPreview.Params) async throws -> BulkPreview.Result {
        let library = library
        let category = try library.category(named: params.category, field: "category")
        let rows = try await rows(params.ids)
        let known = Set(rows.map(\.record.id))
        let decisions = decisions(rows)
        let levels = Dictionary(grouping: decisions) { $0.level.rawValue }.mapValues(\.count)
        let again = rows.count { $0.category != nil && $0.category != category.id }
        let unsure = decisions.count { $0.level == .veryLow }
        var warnings: [String] = []
        if again > 0 { warnings.append("\(again) would be put into another category than they are in") }
        if unsure > 0 { warnings.append("of \(unsure) nothing sure would have been said") }
        let readable = rows.compactMap { row in row.expense(naming: log).map { (row: row, expense: $0) } }
        let days = readable.compactMap { $0.expense.date?.daysSinceEpoch }
        if let first = days.min(), let last = days.max(), last - first > 90 {
            warnings.append("they lie \(last - first) days apart")
        }
        let amounts = CurrencyAmount.sums(readable.map { ($0.row.record.currency, $0.expense.amount) })
        if amounts.count > 1 { warnings.append("they are of \(amounts.count) currencies") }
        return BulkPreview.Result(
            expenses: rows.count, amount: amounts.total, amounts: amounts,
            confidence: levels.sorted { $0.key < $1.key }.map { BulkCount(name: $0.key, expenses: $0.value) },
            agree: decisions.count { $0.category == category.id }, recategorized: again,
            missing: params.ids.filter { !known.contains($0) }, warnings: warnings)
    }

    private static let mostSuggested = 5

    /// What would be answered for each expense, and what stood behind it, counts for its category.
    func suggest(_ params: BulkSuggest.Params) async throws -> BulkSuggest.Result {
        let library = library
        let rows = try await rows(params.ids)
        var options = DecisionOptions()
        options.includeAlternatives = true
        var confidences: [CategoryID: [Double]] = [:]
        for decision in decisions(rows, options) {
            if let category = decision.category { confidences[category, default: []].append(decision.confidence) }
            for other in decision.alternatives + decision.suggestions {
                confidences[other.category, default: []].append(other.confidence)
            }
        }
        // The sum weighs how many expenses speak for a category, and how much.
        let ranked = confidences.map { (category: $0.key, values: $0.value, sum: $0.value.reduce(0, +)) }
            .sorted { ($1.sum, $0.category) < ($0.sum, $1.category) }.prefix(Self.mostSuggested)
        let known = Set(rows.map(\.record.id))
        return BulkSuggest.Result(
            categories: ranked.map { category, values, sum in
                BulkSuggestion(
                    category: library.name(category), expenses: values.count,
                    average: (sum / Double(values.count)).short, minimum: values.min() ?? 0, maximum: values.max() ?? 0)
            }, missing: params.ids.filter { !known.contains($0) })
    }

    /// All of it or nothing.
    func apply(_ params: BulkApply.Params, by user: String) async throws -> BulkApply.Result {
        try await alone {
            let library = self.library
            let category = try library.category(named: params.category, field: "category")
            let rows = try await self.rows(params.ids)
            let known = Set(rows.map(\.record.id))
            let missing = params.ids.filter { !known.contains($0) }
            guard missing.isEmpty else { throw CategorizerError.unknownExpenses(missing, field: "ids") }
            let taken = rows.filter { $0.category != nil && $0.category != category.id }.map(\.record.id)
            if !taken.isEmpty, !(params.allowRecategorize ?? false) { throw CategorizerError.categorized(taken) }
            // The engine's own confidence where it agrees.
            let changes = zip(rows, self.decisions(rows)).map { row, decision in
                BulkStore.Change(
                    row: row, category: category.id,
                    confidence: decision.category == category.id ? decision.confidence : 0.9)
            }
            var new = self.stock.withLock { $0 }
            let learns = params.learn ?? true
            let expenses = rows.compactMap { $0.expense(naming: self.log) }
            let teaching = BulkStore.Teaching(
                patterns: learns ? self.teach(expenses.map { ($0, category.id) }, &new.book) : [], isLearned: learns)
            let now = self.time.wall()
            let view = try await self.door.write { db in
                let operation = try BulkStore.record(
                    db, .apply, changes, teaching, category: category.id, by: user, at: now)
                return try BulkStore.views(db, limit: 1, only: operation, library.name)[0]
            }
            if learns { self.learned.learn(expenses.map { ($0, category.id, true) }) }
            self.publish(new)
            self.forget(rows.map(\.record.id))
            self.trainer.note(rows.count)
            return BulkApply.Result(operation: view, changed: rows.count)
        }
    }

    /// A little weaker than those that single corrections make.
    private static let weight = 0.8

    /// The patterns of the merchants: new ones, those that are in force again, and those that were there.
    private func teach(
        _ expenses: [(expense: Expense, category: CategoryID)], _ book: inout PatternBook
    ) -> [BulkStore.Taught] {
        var taught: [PatternID: BulkStore.Taught] = [:]
        for (expense, category) in expenses {
            guard let value = Self.merchantValue(expense) else { continue }
            if let made = book.create(
                owner: expense.owner, category: category, type: .merchant, value: value, weight: Self.weight,
                isUserCreated: true, today: today)
            {
                taught[made.id] = BulkStore.Taught(pattern: made, isMade: true)
            } else if var known = book.pattern(owner: expense.owner, category: category, type: .merchant, value: value),
                taught[known.id] == nil
            {
                let isMade = !known.isActive
                if isMade {
                    (known.isActive, known.weight, known.touchedOn) = (true, Self.weight, today)
                    book.insert(known)
                }
                taught[known.id] = BulkStore.Taught(pattern: known, isMade: isMade)
            }
        }
        return taught.values.sorted { $0.pattern.id < $1.pattern.id }
    }

    /// The merchant's name as a pattern has it. One that makes no pattern, a stop word for instance, teaches the learned
    /// layer alone.
    private static func merchantValue(_ expense: Expense) -> String? {
        guard let value = expense.merchant.map({ NormalisedText($0).description }), value.count >= 2,
            (try? Pattern.validated(.merchant, value)) != nil
        else { return nil }
        return value
    }

    /// From this confidence on what was categorized by itself teaches its merchant.
    private static let sure = 0.9

    /// New patterns of merchants of whom no pattern speaks yet, and whose expenses are surely all of one category. What the
    /// machine says once more must not outweigh a person's word, nor what depends on the amount: it fades, and what is
    /// known of the merchant otherwise stays as it is.
    private func teach(_ changes: [BulkStore.Change], _ book: inout PatternBook) -> [BulkStore.Taught] {
        struct Merchant: Hashable {
            var owner: String?
            var value: String
        }
        var found: [Merchant: (categories: Set<CategoryID>, isSure: Bool)] = [:]
        for change in changes {
            guard let expense = change.row.expense(naming: log), let value = Self.merchantValue(expense) else {
                continue
            }
            let merchant = Merchant(owner: expense.owner, value: value)
            var known = found[merchant] ?? ([], true)
            known.categories.insert(change.category)
            known.isSure = known.isSure && change.confidence >= Self.sure
            found[merchant] = known
        }
        let spoken = Set(
            book.patterns.filter { $0.type == .merchant }.map { Merchant(owner: $0.owner, value: $0.value) })
        var taught: [BulkStore.Taught] = []
        for (merchant, known) in found.sorted(by: {
            ($0.key.owner ?? "", $0.key.value) < ($1.key.owner ?? "", $1.key.value)
        })
        where known.isSure && known.categories.count == 1 {
            guard let category = known.categories.first, !spoken.contains(merchant),
                !spoken.contains(Merchant(owner: nil, value: merchant.value)),
                let made = book.create(
                    owner: merchant.owner, category: category, type: .merchant, value: merchant.value,
                    weight: Self.weight, isUserCreated: false, today: today)
            else { continue }
            taught.append(BulkStore.Taught(pattern: made, isMade: true))
        }
        return taught
    }

    // MARK: By itself

    func auto(_ params: BulkAuto.Params, by user: String) async throws -> BulkAuto.Result {
        let (threshold, limit) = (params.threshold ?? 0.8, params.limit ?? 500)
        guard (0...1).contains(threshold), (1...500).contains(limit) else {
            throw CategorizerError.invalid(
                field: (0...1).contains(threshold) ? "limit" : "threshold",
                "a threshold lies in 0 to 1, a limit in 1 to 500")
        }
        return try await alone {
            let library = self.library
            let owner = params.owner
            let rows = try await self.door.read { try BulkStore.open($0, owner: owner, limit: limit) }
            let changes = zip(rows, self.decisions(rows)).compactMap { row, decision -> BulkStore.Change? in
                guard let category = decision.category, decision.confidence >= threshold else { return nil }
                return BulkStore.Change(row: row, category: category, confidence: decision.confidence)
            }
            let counts = Dictionary(grouping: changes) { library.name($0.category) }
                .map { BulkCount(name: $0.key, expenses: $0.value.count) }.sorted { $0.name < $1.name }
            guard !(params.dryRun ?? false), !changes.isEmpty else {
                return BulkAuto.Result(lookedAt: rows.count, categorized: changes.count, categories: counts)
            }
            var new = self.stock.withLock { $0 }
            let (now, teaching) = (self.time.wall(), BulkStore.Teaching(patterns: self.teach(changes, &new.book)))
            let view = try await self.door.write { db in
                let operation = try BulkStore.record(db, .auto, changes, teaching, category: nil, by: user, at: now)
                return try BulkStore.views(db, limit: 1, only: operation, library.name)[0]
            }
            if !teaching.patterns.isEmpty { self.publish(new) }
            self.forget(changes.map(\.row.record.id))
            return BulkAuto.Result(
                lookedAt: rows.count, categorized: changes.count, operation: view, categories: counts)
        }
    }

    /// Takes an operation back with what it has taught: what the learned layer and the patterns have of it goes, what
    /// anything else has taught since stays.
    func undo(_ operation: Int64, by user: String) async throws -> BulkUndo.Result {
        try await alone {
            let (library, now) = (self.library, self.time.wall())
            var new = self.stock.withLock { $0 }
            var withdrawn: [Pattern] = []
            for taught in try await self.door.read({ try BulkStore.taught($0, operation) }) {
                // A lesson that proved it right has made it its own.
                guard var pattern = new.book.pattern(taught.id), pattern.isActive, pattern.weight <= taught.weight,
                    pattern.successCount <= taught.successes
                else { continue }
                (pattern.isActive, pattern.touchedOn) = (false, self.today)
                new.book.insert(pattern)
                withdrawn.append(pattern)
            }
            let gone = withdrawn
            let (view, undone) = try await self.door.write { db -> (BulkOperationView, BulkStore.Undone) in
                let undone = try BulkStore.undo(db, operation, by: user, at: now)
                for pattern in gone { try PatternStore.put(db, pattern, by: user, expense: nil, at: now) }
                return (try BulkStore.views(db, limit: 1, only: undone.operation, library.name)[0], undone)
            }
            self.publish(new)
            self.answers.clear()
            self.expenses.forget(undone.restored)
            if undone.isModelWithdrawn { self.trainer.wake() }
            // A lesson cannot be unlearned, so the layer is put together without it.
            if undone.isForgotten { try await self.takeModel() }
            return BulkUndo.Result(operation: view, restored: undone.restored.count)
        }
    }

    func list(_ params: BulkList.Params) async throws -> BulkList.Result {
        let (limit, library) = (params.limit ?? 50, library)
        guard (1...500).contains(limit) else {
            throw CategorizerError.invalid(field: "limit", "limit lies in 1 to 500")
        }
        return BulkList.Result(
            operations: try await door.read { try BulkStore.views($0, limit: limit, library.name) })
    }

    // MARK: Groups

    /// Expenses without a category that are looked at for groups.
    private static let grouped = 2000

    func group(_ params: BulkGroup.Params) async throws -> BulkGroup.Result {
        let limit = params.limit ?? 50
        guard (1...50).contains(limit) else {
            throw CategorizerError.invalid(field: "limit", "limit lies in 1 to 50")
        }
        let owner = params.owner
        let rows = try await door.read { try BulkStore.open($0, owner: owner, limit: Self.grouped) }
        return BulkGroup.Result(groups: Array(ExpenseGrouping.groups(rows, today: today, log: log).prefix(limit)))
    }

    // MARK: Export

    private static let exported = 50_000

    func export(_ params: BulkExport.Params) async throws -> BulkExport.Result {
        func day(_ text: String?, _ field: String) throws(CategorizerError) -> Int64? {
            guard let text else { return nil }
            guard let date = CivilDate(dayOf: text) else {
                throw .invalid(field: field, "\"\(text.prefix(40))\" is no day such as 2026-11-21")
            }
            return date.daysSinceEpoch
        }
        let last = try day(params.to, "to") ?? today
        let first = try day(params.from, "from") ?? last - 30
        guard first <= last else { throw CategorizerError.invalid(field: "from", "from lies behind to") }
        let rows = try await door.read { db in
            try db.query(
                """
                SELECT \(ExpenseRow.columns) FROM expense
                WHERE category IS NOT NULL AND categorized_at >= ? AND categorized_at < ? ORDER BY id LIMIT ?
                """, .int(first * 86_400_000), .int((last + 1) * 86_400_000), SQLValue(Self.exported + 1),
                row: ExpenseRow.init)
        }
        let text = ExpenseExport.text(rows.prefix(Self.exported), params.format ?? .csv, library)
        // An answer has to fit a frame.
        guard text.utf8.count <= 12 << 20 else {
            throw CategorizerError.invalid(field: "from", "that is more than 12 MB; export fewer days at once")
        }
        return BulkExport.Result(
            rows: min(rows.count, Self.exported), text: text, more: rows.count > Self.exported)
    }
}
