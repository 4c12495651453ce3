import Categorization
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore

extension ExpenseCategorizer {
    /// Days since 1970.
    var today: Int64 { time.wall().milliseconds / 86_400_000 }

    // MARK: Corrections

    /// Learns what people say. The database first, all of it or nothing; then memory, which cannot fail.
    func learn(_ params: ExpenseLearn.Params, by user: String) async throws -> ExpenseLearn.Result {
        let start = time.boot()
        guard (1...ExpenseLearn.limit).contains(params.corrections.count) else {
            throw CategorizerError.invalid(
                field: "corrections",
                "1 to \(ExpenseLearn.limit) corrections can be learned at once, not \(params.corrections.count)")
        }
        let lessons = try await alone { try await self.learnAlone(params.corrections, by: user) }
        let elapsed = (time.boot() - start).seconds * 1000
        return ExpenseLearn.Result(lessons: lessons, processingTimeMs: (elapsed * 100).rounded() / 100)
    }

    private func learnAlone(_ given: [CorrectionRecord], by user: String) async throws -> [LessonView] {
        let library = library
        let records = try await records(of: given)
        var new = stock.withLock { $0 }
        var corrections: [Correction] = []
        var lessons: [Lesson] = []
        var habits: [KeptPreference] = []
        for (place, correction) in given.enumerated() {
            let field = "corrections[\(place)]"
            let expense = try records[place].stands.expense(at: "\(field).expense")
            let correct = try library.category(named: correction.category, field: "\(field).category")
            let predicted = try correction.predicted.map { name throws(CategorizerError) in
                try library.category(named: name, field: "\(field).predicted").id
            }
            let made = Correction(expense, correct: correct.id, predicted: predicted)
            corrections.append(made)
            lessons.append(new.book.learn(made, today: today))
            // Preferences are an account's own.
            if expense.owner != nil {
                for preference in new.habits.learn(expense, correct.id) {
                    let key = Stock.PreferenceKey(preference)
                    let kept = KeptPreference(
                        preference: preference, isByHand: new.preferences[key]?.isByHand ?? false)
                    new.preferences[key] = kept
                    habits.append(kept)
                }
            }
        }
        let (said, taught, kept, now) = (corrections, lessons, habits, time.wall())
        try await door.write { db in
            for (place, correction) in said.enumerated() {
                _ = try ExpenseStore.keep(db, records[place].told, category: nil, by: user, at: now)
                try ExpenseStore.confirm(
                    db, correction.expense.id, correction.correct, by: user, method: "manual", at: now)
                for pattern in taught[place].changes.flatMap(\.patterns) {
                    try PatternStore.put(db, pattern, by: user, expense: correction.expense.id, at: now)
                }
                try LessonStore.add(db, correction, taught[place], by: user, at: now)
            }
            for preference in kept { try PatternStore.put(db, preference) }
        }
        learned.learn(corrections.map { ($0.expense, $0.correct, true) })
        publish(new)
        forget(corrections.map(\.expense.id))
        trainer.note(corrections.count)
        return zip(corrections, lessons).map { LessonView($0, $1) }
    }

    /// What each correction tells of its expense, and how the expense stands with it: the corrections before it count.
    private func records(
        of corrections: [CorrectionRecord]
    ) async throws -> [(told: ExpenseRecord, stands: ExpenseRecord)] {
        let ids = corrections.compactMap { $0.expense?.id ?? $0.id }
        let rows = try await door.read { try ExpenseStore.rows($0, ids: ids) }
        var known = Dictionary(rows.map { ($0.record.id, $0.record) }, uniquingKeysWith: { first, _ in first })
        let missing = corrections.compactMap { $0.expense == nil ? $0.id : nil }.filter { known[$0] == nil }
        if let id = missing.first, let place = corrections.firstIndex(where: { $0.expense == nil && $0.id == id }) {
            throw CategorizerError.unknownExpenses(missing, field: "corrections[\(place)].id")
        }
        var records: [(told: ExpenseRecord, stands: ExpenseRecord)] = []
        for (place, correction) in corrections.enumerated() {
            let told: ExpenseRecord
            switch (correction.expense, correction.id.flatMap { known[$0] }) {
            case (let record?, _) where correction.id == nil: told = record
            case (nil, let record?): told = record
            default:
                throw CategorizerError.invalid(
                    field: "corrections[\(place)]", "give either an expense or the id of one")
            }
            let stands = told.over(known[told.id])
            known[told.id] = stands
            records.append((told, stands))
        }
        return records
    }

    /// What was kept of these is of no more use.
    func forget(_ ids: [String]) {
        expenses.forget(ids)
        answers.forget(ids)
    }

    // MARK: History

    /// Takes in rows of a file; each that is wrong is named and left out.
    func importHistory(_ params: ExpenseImport.Params, by user: String) async throws -> ExpenseImport.Result {
        guard (1...ExpenseImport.limit).contains(params.rows.count) else {
            throw CategorizerError.invalid(
                field: "rows",
                "1 to \(ExpenseImport.limit) rows can be imported at once, not \(params.rows.count)")
        }
        return try await alone { try await self.importAlone(params, by: user) }
    }

    private func importAlone(_ params: ExpenseImport.Params, by user: String) async throws -> ExpenseImport.Result {
        let library = library
        var result = ExpenseImport.Result(imported: 0, updated: 0, unchanged: 0)
        var good: [(record: ExpenseRecord, expense: Expense, category: String?)] = []
        var missing: [String: String] = [:]
        let contradictions = Contradictions.find(
            params.rows.map { row in
                (row.line, row.expense.id, HistoryRow(line: 0, expense: row.expense, category: row.category))
            })
        for (place, row) in params.rows.enumerated() {
            do throws(CategorizerError) {
                let expense = try row.expense.expense()
                if let message = contradictions[place] { throw CategorizerError.invalid(field: "id", message) }
                guard expense.hasText else {
                    throw CategorizerError.invalid(field: "merchant_name", "\(DecisionError.noText)")
                }
                let name = row.category.flatMap { trimmedName($0) }
                if let name, library.category(known: name) == nil {
                    guard params.createCategories ?? false else {
                        throw CategorizerError.unknownCategory(
                            name, field: "category", known: library.categories.map(\.name))
                    }
                    guard name.utf8.count <= 200 else {
                        throw CategorizerError.invalid(field: "category", "a category has at most 200 bytes")
                    }
                    missing[name.lowercased()] = missing[name.lowercased()] ?? name
                }
                good.append((row.expense, expense, name))
            } catch {
                let face = error.rpcError
                result.problems.append(RowProblem(line: row.line, field: face.field, message: face.message))
            }
        }
        var new = stock.withLock { $0 }
        let (now, names, rows) = (time.wall(), missing.values.sorted(), good)
        let known = Dictionary(
            new.categories.map { ($0.name.lowercased(), $0.id) }, uniquingKeysWith: { first, _ in first })
        let done = try await door.write {
            db -> (made: [Library.Category], kept: [ExpenseStore.Kept], all: [String: CategoryID]) in
            var all = known
            let made = try names.map { name in
                try db.run("INSERT INTO category (name) VALUES (?)", .text(name))
                let id = CategoryID(db.lastInsertRowID)
                all[name.lowercased()] = id
                return Library.Category(id: id, name: name)
            }
            let kept = try rows.map { row in
                try ExpenseStore.keep(
                    db, row.record, category: row.category.flatMap { all[$0.lowercased()] }, by: user, at: now)
            }
            return (made, kept, all)
        }
        for kept in done.kept {
            switch kept.change {
            case .new: result.imported += 1
            case .changed: result.updated += 1
            case .same: result.unchanged += 1
            }
            if kept.isOverruled { result.overruled += 1 }
        }
        result.categories = done.made.map(\.name)
        let confirmed = zip(rows, done.kept).compactMap { row, kept -> (Expense, CategoryID, Bool)? in
            guard kept.change != .same, !kept.isOverruled,
                let category = row.category.flatMap({ done.all[$0.lowercased()] })
            else { return nil }
            // What both are made of was in order, so they are together.
            return ((try? kept.record.expense()) ?? row.expense, category, false)
        }
        learned.learn(confirmed.map { (expense: $0.0, category: $0.1, isCorrection: $0.2) })
        new.categories += done.made
        publish(new)
        forget(rows.map(\.record.id))
        trainer.note(confirmed.count)
        return result
    }

    private func trimmedName(_ text: String) -> String? { trimmed(text).nonEmpty }

    // MARK: What is kept

    func list(_ params: ExpenseList.Params) async throws -> ExpenseList.Result {
        let limit = params.limit ?? 100
        guard (1...1000).contains(limit) else {
            throw CategorizerError.invalid(field: "limit", "limit lies in 1 to 1000")
        }
        let (library, after, owner) = (library, params.after ?? "", params.owner)
        let open = params.uncategorized ?? false
        let rows = try await door.read { db in
            try db.query(
                """
                SELECT \(ExpenseRow.columns) FROM expense
                WHERE id > ? \(open ? "AND category IS NULL" : "") \(owner == nil ? "" : "AND owner = ?") ORDER BY id LIMIT ?
                """, [.text(after)] + (owner.map { [.text($0)] } ?? []) + [SQLValue(limit + 1)], row: ExpenseRow.init)
        }
        return ExpenseList.Result(
            expenses: rows.prefix(limit).map { row in
                StoredExpense(
                    expense: row.record, categoryName: row.category.map(library.name), confirmed: row.isConfirmed,
                    autoCategorized: row.isAutomatic, confidence: row.confidence?.short, method: row.method,
                    categorizedAt: row.categorizedAt.map { "\($0)" })
            }, more: rows.count > limit)
    }

    // MARK: Preferences

    func put(_ params: PreferencePut.Params) async throws -> PreferenceView {
        let weight = params.weight ?? 5
        guard (1...10).contains(weight) else {
            throw CategorizerError.invalid(field: "weight", "a weight lies in 1 to 10")
        }
        let value = MerchantName.normalised(params.merchant)
        guard !value.isEmpty, value.utf8.count <= 500 else {
            throw CategorizerError.invalid(field: "merchant", "\"\(params.merchant.prefix(50))\" names no merchant")
        }
        return try await alone {
            let library = self.library
            let category = try library.category(named: params.category, field: "category")
            var new = self.stock.withLock { $0 }
            var preference = UserPreference(
                owner: params.owner.flatMap(\.nonEmpty), category: category.id, context: .merchant, value: value,
                weight: weight, usageCount: 0)
            let key = Stock.PreferenceKey(preference)
            preference.usageCount = new.preferences[key]?.preference.usageCount ?? 0
            let kept = KeptPreference(preference: preference, isByHand: true)
            try await self.door.write { try PatternStore.put($0, kept) }
            new.preferences[key] = kept
            new.habits = PreferenceBook(new.preferences.values.map(\.preference))
            self.publish(new)
            self.answers.clear()
            return PreferenceView(kept.preference, library)
        }
    }

    func list(_ params: PreferenceList.Params) throws -> PreferenceList.Result {
        let limit = params.limit ?? 1000
        guard (1...10_000).contains(limit) else {
            throw CategorizerError.invalid(field: "limit", "limit lies in 1 to 10000")
        }
        let library = library
        let all = stock.withLock { $0.preferences.values.map(\.preference) }
            .filter { params.owner == nil || $0.owner == params.owner }
            .sorted { ($0.owner ?? "", $0.value, $0.category) < ($1.owner ?? "", $1.value, $1.category) }
        return PreferenceList.Result(preferences: all.prefix(limit).map { PreferenceView($0, library) })
    }
}

extension PreferenceView {
    init(_ preference: UserPreference, _ library: Library) {
        self.init(
            owner: preference.owner, context: preference.context.rawValue, value: preference.value,
            categoryName: library.name(preference.category), weight: preference.weight,
            usageCount: preference.usageCount, confidence: preference.confidence)
    }
}

extension LessonView {
    init(_ correction: Correction, _ lesson: Lesson) {
        self.init(
            expenseID: correction.expense.id, feedback: lesson.feedback?.rawValue, pattern: lesson.pattern?.label,
            confidence: lesson.confidence?.short)
        for change in lesson.changes {
            switch change {
            case .created(let pattern): created.append(pattern.label)
            case .updated(let pattern): updated.append(pattern.label)
            case .deactivated(let pattern): deactivated.append(pattern.label)
            case .merged(let kept, let gone):
                updated.append(kept.label)
                deactivated.append(gone.label)
            }
        }
    }
}

extension Lesson.Change {
    /// The patterns as they are afterwards.
    var patterns: [Pattern] {
        switch self {
        case .created(let pattern), .updated(let pattern), .deactivated(let pattern): [pattern]
        case .merged(let kept, let gone): [kept, gone]
        }
    }
}
