import Decimals
import Linux
import Testing

@testable import Categorization

func amount(_ text: String) -> ExactDecimal { ExactDecimal(text) ?? .zero }

func expense(
    _ merchant: String?, _ description: String? = nil, id: String = "e1", owner: String? = nil,
    amount text: String? = nil,
    date: CivilDate? = nil, minute: Int? = nil
) -> Expense {
    Expense(
        id: id, owner: owner, merchant: merchant, description: description, amount: text.map(amount), date: date,
        minuteOfDay: minute)
}

func pattern(
    _ type: PatternType, _ value: String, _ category: CategoryID = 1, id: PatternID = 1, owner: String? = nil,
    weight: Double = 1, uses: Int = 0, successes: Int = 0, active: Bool = true, statistics: PatternStatistics = .init()
) -> Pattern {
    Pattern(
        id: id, owner: owner, category: category, type: type, value: value, weight: weight, usageCount: uses,
        successCount: successes, isActive: active, statistics: statistics)
}

@Suite struct PatternTests {
    @Test(arguments: [
        (1.0, 0, 0, 0.3742), (1.2, 0, 0, 0.4099), (2.0, 100, 90, 0.6164), (4.5, 150, 142, 0.936), (5.0, 1000, 1000, 1),
        (0.1, 0, 0, 0.3), (1.0, 4, 4, 0.3742),
    ])
    func effectiveConfidenceGivesTheStatedValues(weight: Double, uses: Int, successes: Int, expected: Double) {
        let value = pattern(.merchant, "x", weight: weight, uses: uses, successes: successes).effectiveConfidence
        #expect(abs(value - expected) < 0.0001)
    }

    @Test func weightsThatAreNoNumberBecomeSound() {
        #expect(pattern(.merchant, "x", weight: .nan).weight == 1.2)
        #expect(pattern(.merchant, "x", weight: .infinity).weight == 1.2)
        #expect(pattern(.merchant, "x", weight: 7).weight == 5)
        #expect(pattern(.merchant, "x", weight: 0).weight == 0.1)
        #expect(pattern(.merchant, "x", uses: 3, successes: 9).successCount == 3)
    }

    @Test func successRateHasThreeDecimals() {
        #expect(pattern(.merchant, "x", uses: 3, successes: 2).successRate == 0.667)
        #expect(pattern(.merchant, "x").successRate == 0)
    }

    @Test func directMatchesLookIntoTheTextOfTheirType() {
        let both = expense("STARBUCKS Escazu", "Morning coffee")
        #expect(pattern(.merchant, "starbucks").matches(both))
        #expect(!pattern(.merchant, "coffee").matches(both))
        #expect(pattern(.description, "COFFEE").matches(both))
        #expect(!pattern(.description, "starbucks").matches(both))
        #expect(pattern(.keyword, "starbucks").matches(both))
        #expect(pattern(.keyword, "coffee").matches(both))
        #expect(pattern(.regex, "coffee.*starb").matches(both))
        #expect(!pattern(.regex, "(").matches(both))
        #expect(!pattern(.keyword, "x").matches(expense(nil, nil)))
    }

    @Test func theNormalisedMerchantStandsInForAMissingName() {
        var expense = expense("  ")
        #expect(expense.merchant == nil)
        expense.merchantNormalized = "starbucks"
        #expect(pattern(.merchant, "star").matches(expense))
    }

    @Test(arguments: [
        ("5.00-20", "5", true), ("5.00-20", "20.00", true), ("5.00-20", "20.01", false), ("-20--5", "-7.50", true),
        ("-5-5", "0", true), ("-5-5", "-5.01", false),
    ])
    func amountRangesIncludeTheirEnds(range: String, value: String, expected: Bool) {
        #expect(pattern(.amountRange, range).matches(expense("x", amount: value)) == expected)
    }

    @Test(arguments: [
        ("morning", 6 * 60, true), ("morning", 11 * 60 + 59, true), ("morning", 12 * 60, false),
        ("afternoon", 16 * 60 + 59, true), ("evening", 20 * 60 + 59, true), ("evening", 21 * 60, false),
        ("night", 21 * 60, true), ("night", 5 * 60 + 59, true), ("night", 6 * 60, false),
        ("09:00-17:30", 17 * 60 + 30, true), ("09:00-17:30", 17 * 60 + 31, false),
        ("22:00-02:00", 60, true), ("22:00-02:00", 12 * 60, false),
    ])
    func timesOfTheDayIncludeTheirEnds(times: String, minute: Int, expected: Bool) {
        #expect(pattern(.time, times).matches(expense("x", minute: minute)) == expected)
    }

    @Test func weekendsAndWeekdaysGoByTheDate() {
        let saturday = CivilDate(year: 2026, month: 11, day: 21)
        let monday = CivilDate(year: 2026, month: 11, day: 23)
        #expect(pattern(.time, "weekend").matches(expense("x", date: saturday)))
        #expect(!pattern(.time, "weekday").matches(expense("x", date: saturday)))
        #expect(pattern(.time, "weekday").matches(expense("x", date: monday)))
        #expect(!pattern(.time, "weekend").matches(expense("x")))
        #expect(expense("x", date: CivilDate(year: 1969, month: 12, day: 28)).weekday == 7)
    }

    @Test(arguments: [
        (PatternType.merchant, "x", "a text pattern has 2 to 255 characters, this one has 1"),
        (.keyword, "THE", "\"the\" stands in too many texts to say anything"),
        (.description, "a\tb", "a text pattern must not hold control characters"),
        (
            .amountRange, "5-3",
            "\"5-3\" is no amount range: give min-max with min below max, at most 2 decimals and 14 digits before them, "
                + "such as 5.00-20"
        ),
        (
            .amountRange, "1-2.005",
            "\"1-2.005\" is no amount range: give min-max with min below max, at most 2 decimals and 14 digits before them, "
                + "such as 5.00-20"
        ),
        (
            .amountRange, "1-100000000000001",
            "\"1-100000000000001\" is no amount range: give min-max with min below max, at most 2 decimals and 14 digits "
                + "before them, such as 5.00-20"
        ),
        (.amountRange, "0-10000.01", "an amount range spans at most 10000, this one spans 10000.01"),
        (
            .time, "business_hours",
            "\"business_hours\" is no time: give morning, afternoon, evening, night, weekend, weekday or HH:MM-HH:MM"
        ),
        (
            .time, "25:00-26:00",
            "\"25:00-26:00\" is no time: give morning, afternoon, evening, night, weekend, weekday or HH:MM-HH:MM"
        ),
        (.regex, "(a+)+", "the regular expression repeats a repetition, such as (a+)+; write it without"),
        (
            .regex, "(?<=a)b",
            "the regular expression cannot be read: look-behind or a named group at character 0 is not supported"
        ),
        (.regex, "a*b*c*d*e*f*", "the regular expression has a complexity of 12, 10 is the most"),
    ])
    func badValuesAreRefusedWithTheReason(type: PatternType, value: String, message: String) {
        let error = #expect(throws: PatternError.self) { try Pattern.validated(type, value) }
        #expect(error?.description == message)
    }

    @Test func longValuesAreRefusedAndTheLongestAllowedAreNot() throws {
        #expect(throws: PatternError.regexLength(101)) {
            try Pattern.validated(.regex, String(repeating: "a", count: 101))
        }
        _ = try Pattern.validated(.regex, String(repeating: "a", count: 100))
        #expect(throws: PatternError.length(256)) {
            try Pattern.validated(.keyword, String(repeating: "a", count: 256))
        }
        _ = try Pattern.validated(.keyword, String(repeating: "a", count: 255))
        _ = try Pattern.validated(.amountRange, "0-10000")
        _ = try Pattern.validated(.time, "22:00-02:00")
        _ = try Pattern.validated(.regex, "(ab?)+")
    }
}
