import Linux
import Testing

@testable import Categorization

@Suite struct CompositePatternTests {
    private let known: [PatternID: Pattern] = [
        1: pattern(.merchant, "uber", id: 1), 2: pattern(.amountRange, "5-50", id: 2),
        3: pattern(.merchant, "eats", id: 3), 4: pattern(.merchant, "uber", 9, id: 4),
    ]

    private func composite(
        _ combination: CompositePattern.Operator, _ patterns: [PatternID],
        conditions: CompositePattern.Conditions = .init(),
        uses: Int = 0, successes: Int = 0, active: Bool = true
    ) -> CompositePattern {
        CompositePattern(
            id: 100, category: 1, name: "rides", combination: combination, patterns: patterns, conditions: conditions,
            usageCount: uses, successCount: successes, isActive: active)
    }

    private func matches(_ composite: CompositePattern, _ expense: Expense) -> Bool {
        composite.matches(ExpenseTexts(expense), patterns: known)
    }

    @Test func combinesPatternsOfItsCategory() {
        let ride = expense("UBER TRIP", amount: "12")
        let meal = expense("UBER EATS", amount: "80")
        #expect(matches(composite(.and, [1, 2]), ride))
        #expect(!matches(composite(.and, [1, 2]), meal))
        #expect(matches(composite(.or, [2, 3]), meal))
        #expect(matches(composite(.not, [3]), ride))
        #expect(!matches(composite(.not, [3]), meal))
        // Another category's pattern, and one that is not there, count as missing.
        #expect(!matches(composite(.and, [1, 4]), ride))
        #expect(!matches(composite(.or, [77]), ride))
        #expect(!matches(composite(.not, []), ride))
    }

    @Test func conditionsComeBeforeTheOperatorAndInactiveNeverMatches() {
        var conditions = CompositePattern.Conditions()
        conditions.minimumAmount = amount("10")
        conditions.maximumAmount = amount("20")
        conditions.weekdays = [6]
        conditions.times = [.minutes(from: 0, upTo: 600)]
        conditions.merchantBlacklist = ["Eats"]
        let saturday = CivilDate(year: 2026, month: 11, day: 21)
        let sunday = CivilDate(year: 2026, month: 11, day: 22)
        let rides = composite(.or, [1], conditions: conditions)
        #expect(matches(rides, expense("uber", amount: "10", date: saturday, minute: 600)))
        #expect(!matches(rides, expense("uber", amount: "9.99", date: saturday, minute: 600)))
        #expect(!matches(rides, expense("uber", amount: "20.01", date: saturday, minute: 600)))
        #expect(!matches(rides, expense("uber", amount: "10", date: sunday, minute: 600)))
        #expect(!matches(rides, expense("uber", amount: "10", date: saturday, minute: 601)))
        #expect(!matches(rides, expense("uber EATS", amount: "10", date: saturday, minute: 600)))
        #expect(!matches(rides, expense("uber")))
        #expect(!matches(composite(.or, [1], active: false), expense("uber")))
    }

    @Test func effectiveConfidenceMixesWeightPartsAndSuccess() {
        // Parts: 0.3742 each.
        #expect(
            abs(composite(.or, [1, 3]).effectiveConfidence(patterns: known) - 1.5 * (0.7 + 0.3 * 0.37417) * 0.8)
                < 0.0001)
        let used = composite(.or, [1, 3], uses: 10, successes: 5).effectiveConfidence(patterns: known)
        #expect(abs(used - 1.5 * (0.7 + 0.3 * 0.37417) * 0.75) < 0.0001)
    }
}

@Suite struct ConditionTests {
    private func holds(_ condition: Condition, _ expense: Expense) -> Bool {
        condition.holds(for: ExpenseTexts(expense))
    }

    @Test func allAnyAndNotNest() throws {
        let condition = Condition.all([
            .any([.text(.merchant, .contains("Uber")), .text(.merchant, .regex(try BoundedRegex("^lyft\\b")))]),
            .not(.any([.text(.any, .word("eats")), .amount(from: amount("100"), upTo: nil)])),
            .date(from: CivilDate(year: 2026, month: 1, day: 1), upTo: CivilDate(year: 2026, month: 12, day: 31)),
        ])
        let day = CivilDate(year: 2026, month: 12, day: 31)
        #expect(holds(condition, expense("UBER trip", amount: "99.99", date: day)))
        #expect(holds(condition, expense("Lyft ride", amount: "99.99", date: day)))
        #expect(!holds(condition, expense("UBER trip", amount: "100", date: day)))
        #expect(!holds(condition, expense("UBER", "eats", amount: "5", date: day)))
        #expect(!holds(condition, expense("UBER", amount: "5", date: CivilDate(year: 2027, month: 1, day: 1))))
        #expect(!holds(condition, expense("UBER", amount: "5")))
        #expect(condition.depth == 4 && condition.count == 9)
    }

    @Test func emptyGroupsAreTrueForAllAndFalseForAny() {
        #expect(holds(.all([]), expense("x")))
        #expect(!holds(.any([]), expense("x")))
        #expect(holds(.not(.any([])), expense("x")))
    }

    @Test func textsAreTestedWithoutRegardToCase() {
        let expense = expense("Automercado Escazu", "weekly FOOD")
        #expect(holds(.text(.merchant, .equals("automercado escazu")), expense))
        #expect(!holds(.text(.merchant, .equals("automercado")), expense))
        #expect(holds(.text(.merchant, .startsWith("AUTO")), expense))
        #expect(holds(.text(.description, .word("food")), expense))
        #expect(!holds(.text(.description, .word("foo")), expense))
        #expect(holds(.text(.merchant, .like("automercado escasu", atLeast: 0.85)), expense))
        #expect(!holds(.text(.merchant, .like("walmart", atLeast: 0.75)), expense))
    }

    @Test func daysAndTimesAreRanges() {
        let expense = expense("rent", date: CivilDate(year: 2026, month: 11, day: 1), minute: 480)
        #expect(holds(.dayOfMonth(1...5), expense))
        #expect(!holds(.dayOfMonth(2...5), expense))
        #expect(holds(.weekdays([7]), expense))
        #expect(holds(.time(.minutes(from: 480, upTo: 481)), expense))
    }
}
