import Categorization
import Linux
import MillraceProtocol
import MillraceStore

/// Patterns and rules held against what people have confirmed.
extension ExpenseCategorizer {
    /// Confirmed expenses at most that a trial looks at, the newest.
    static let trialHistory = 20_000

    struct Confirmed: Sendable {
        var expense: Expense
        var category: CategoryID
    }

    func history() async throws -> [Confirmed] {
        try await door.read { db in
            try db.query(
                "SELECT \(ExpenseRow.columns) FROM expense WHERE confirmed = 1 ORDER BY number DESC LIMIT ?",
                SQLValue(Self.trialHistory), row: ExpenseRow.init)
        }.compactMap { row in
            guard let category = row.category, let expense = row.expense(naming: log) else { return nil }
            return Confirmed(expense: expense, category: category)
        }
    }

    func test(_ params: PatternTest.Params) async throws -> PatternTest.Result {
        let start = time.boot()
        let shown = params.examples ?? 5
        guard (0...50).contains(shown) else {
            throw CategorizerError.invalid(field: "examples", "examples lie in 0 to 50")
        }
        let trial: Sign
        switch (params.pattern, params.rule) {
        case (let draft?, nil): trial = Sign(try pattern(draft, id: 0))
        case (nil, let draft?): trial = Sign(try rule(draft).rule)
        default: throw CategorizerError.invalid(field: "pattern", "give exactly one of pattern and rule")
        }
        let (library, history) = (library, try await history())
        var result = PatternTest.Result(
            history: history.count, hits: 0, right: 0, wrong: 0, decidedOtherwise: 0, processingTimeMs: 0)
        benches.use(library) { bench in
            for one in history where trial.owner == nil || trial.owner == one.expense.owner {
                guard trial.holds(for: ExpenseTexts(one.expense)) else { continue }
                let isRight = one.category == trial.category
                result.hits += 1
                if isRight {
                    result.right += 1
                    let decision = library.categorizer.decide(
                        one.expense, DecisionOptions(), cache: &bench.cache, scratch: &bench.scratch)
                    if decision.category != trial.category { result.decidedOtherwise += 1 }
                } else {
                    result.wrong += 1
                }
                if (isRight ? result.right : result.wrong) <= shown {
                    result.examples.append(
                        TestExample(
                            expenseID: one.expense.id,
                            text: [one.expense.merchant, one.expense.note].compactMap(\.self).joined(separator: ", "),
                            categoryName: library.name(one.category), right: isRight))
                }
            }
        }
        result.processingTimeMs = ((time.boot() - start).seconds * 100_000).rounded() / 100
        return result
    }

    // MARK: What is odd

    /// Mean time for one expense from which on a sign is slow.
    private static let slow = Duration.microseconds(50)

    func lint(_ params: PatternLint.Params) async throws -> PatternLint.Result {
        let (library, stock, history) = (library, stock.withLock { $0 }, try await history())
        let texts = history.map { ExpenseTexts($0.expense) }
        let rules = stock.rules.map(\.rule).filter(\.isActive)
            .enumerated().sorted { ($1.element.priority, $0.offset) < ($0.element.priority, $1.offset) }
            .map { Sign($0.element) }
        let patterns = stock.book.patterns.filter { $0.isActive && ($0.type.isText || $0.type == .regex) }.map {
            Sign($0)
        }
        let signs = (rules + patterns).filter { params.owner == nil || $0.owner == nil || $0.owner == params.owner }
        var findings: [LintFinding] = []
        var hits: [[Int]] = []
        for sign in signs {
            let start = time.boot()
            let met = texts.indices.filter { place in
                (sign.owner == nil || sign.owner == history[place].expense.owner) && sign.holds(for: texts[place])
            }
            hits.append(met)
            let each = (time.boot() - start) / max(texts.count, 1)
            func add(_ kind: LintKind, _ message: String, other: Sign? = nil) {
                findings.append(
                    LintFinding(kind: kind, label: sign.label, owner: sign.owner, other: other?.label, message: message)
                )
            }
            if each > Self.slow, texts.count >= 100 { add(.slow, "takes \(each.microseconds) us for each expense") }
            if met.isEmpty, !history.isEmpty {
                add(.neverHit, "no confirmed expense of \(history.count) meets it")
                continue
            }
            let wrong = met.count { history[$0].category != sign.category }
            if wrong * 2 > met.count {
                add(
                    .contradicting,
                    "\(wrong) of the \(met.count) confirmed expenses it meets are not \(library.name(sign.category))")
            }
        }
        findings += Self.shadows(signs, hits, library)
        for id in library.categorizer.patterns.unreadable {
            guard let pattern = stock.book.pattern(id) else { continue }
            findings.append(
                LintFinding(
                    kind: .unreadable, label: pattern.label, owner: pattern.owner, message: "its value has no meaning"))
        }
        return PatternLint.Result(history: history.count, findings: findings)
    }

    /// Rules whose every expense meets one that is asked before, and signs of the same text for different categories.
    private static func shadows(_ signs: [Sign], _ hits: [[Int]], _ library: Library) -> [LintFinding] {
        var findings: [LintFinding] = []
        for (place, sign) in signs.enumerated() {
            for earlier in 0..<place {
                let other = signs[earlier]
                guard other.owner == nil || other.owner == sign.owner else { continue }
                if sign.isRule, other.isRule, !hits[place].isEmpty, Set(hits[place]).isSubset(of: hits[earlier]) {
                    findings.append(
                        LintFinding(
                            kind: .shadowed, label: sign.label, owner: sign.owner, other: other.label,
                            message: "all \(hits[place].count) expenses it meets meet \(other.label) first"))
                    break
                }
                if !sign.isRule, !other.isRule, sign.category != other.category, sign.text == other.text {
                    findings.append(
                        LintFinding(
                            kind: .contradicting, label: sign.label, owner: sign.owner, other: other.label,
                            message: "says \(library.name(sign.category)), the other \(library.name(other.category))"))
                    break
                }
            }
        }
        return findings
    }
}

/// A pattern or a rule, as far as a trial looks at it.
struct Sign: Sendable {
    var label: String
    var owner: String?
    var category: CategoryID
    /// The lower-case value of a pattern; empty for a rule.
    var text = ""
    var isRule: Bool
    private let test: @Sendable (ExpenseTexts) -> Bool

    init(_ pattern: Pattern) {
        (label, owner, category, isRule) = (pattern.label, pattern.owner, pattern.category, false)
        text = pattern.value.lowercased()
        test = { pattern.matches($0) }
    }

    init(_ rule: Rule) {
        (label, owner, category, isRule) = ("rule:\(rule.name)", rule.owner, rule.category, true)
        test = { rule.condition.holds(for: $0) }
    }

    func holds(for texts: ExpenseTexts) -> Bool { test(texts) }
}
