import Decimals
import Linux
import Testing

@testable import Categorization

@Suite struct ConfidenceTests {
    @Test(arguments: [(0.5, 0.5), (0.6, 0.7311), (0.7, 0.8808), (0.75, 0.9241), (0.9, 0.982), (1, 0.9933)])
    func theSigmoidGivesTheStatedValues(raw: Double, expected: Double) {
        #expect(Confidence.sigmoid(raw) == expected)
    }

    private func confidence(_ text: Double?, _ pattern: Pattern, amount: String? = nil, gate: Double? = 0.75)
        -> Confidence
    {
        Confidence(pattern: pattern, textScore: text, expense: expense("x", amount: amount), gate: gate)
    }

    @Test func textAloneCarriesTheWholeWeight() {
        let value = confidence(0.9, pattern(.merchant, "x"))
        #expect(value.raw == 0.9 && value.score == 0.982)
        #expect(value.parts.map(\.weight) == [1])
    }

    @Test func knownFactorsAreRescaled() {
        let value = confidence(0.9, pattern(.merchant, "x", uses: 10, successes: 8))
        #expect(abs(value.raw - 0.7561) < 0.0001)
        #expect(value.score == 0.9283)
        #expect(abs(value.parts.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
        #expect(abs(value.parts.reduce(0) { $0 + value.percentage(of: $1) } - 100) < 1e-9)
    }

    @Test func usageAndAmountsAddTheirFactors() {
        // Mean 100, deviation 10: an amount of 102 is 0.2 deviations away.
        let statistics = PatternStatistics(amounts: [90, 90, 110, 110, 90, 110])
        let value = confidence(
            0.9, pattern(.merchant, "x", uses: 200, successes: 160, statistics: statistics), amount: "102")
        #expect(abs(value.raw - 0.871) < 0.0001)
        #expect(abs(value.score - 0.9761) <= 0.0001)
    }

    @Test func aPopularPatternDoesNotMakeUpForATextThatDoesNotFit() {
        let popular = pattern(.merchant, "x", uses: 567, successes: 545)
        let ungated = confidence(0.62, popular, gate: nil)
        #expect(abs(ungated.raw - 0.8058) < 0.0001)
        #expect(ungated.score == 0.9551 && !ungated.isGated)
        let gated = confidence(0.62, popular)
        #expect(gated.isGated)
        #expect(gated.score == Confidence.sigmoid(0.62))
        #expect(!confidence(0.75, popular).isGated)
    }

    @Test func aMatchByTheLetterCountsSevenTenths() {
        #expect(confidence(nil, pattern(.regex, "x")).raw == 0.7)
    }

    @Test(arguments: [
        ("100", 1.0), ("110", 1), ("115", 0.625), ("120", 0.5), ("125", 0.35), ("130", 0.2), ("140", 0.05),
    ])
    func unusualAmountsCountLess(value: String, expected: Double) throws {
        let statistics = PatternStatistics(amounts: [90, 110, 90, 110, 90, 110])
        let similarity = try #require(Confidence.amountSimilarity(amount(value).approximate, statistics))
        #expect(abs(similarity - expected) < 1e-9)
    }

    /// Of amounts that fit a machine word and of wider ones alike.
    @Test func theNearestBinaryNumberIsTaken() {
        let coefficients: [Int128] = [
            5, -5, Int128(Int64.max), Int128(Int64.max) + 1, Int128(Int64.min), Int128(Int64.min) - 1, (1 << 100) + 1,
            -(1 << 64),
        ]
        for coefficient in coefficients {
            #expect(ExactDecimal(coefficient: coefficient, scale: 0).approximate == Double(coefficient))
        }
    }

    @Test func amountsNeedFiveSamplesAndEqualOnesAreAllOrNothing() {
        #expect(Confidence.amountSimilarity(1, PatternStatistics(amounts: [1, 1, 1, 1])) == nil)
        let equal = PatternStatistics(amounts: [9.99, 9.99, 9.99, 9.99, 9.99])
        #expect(Confidence.amountSimilarity(9.99, equal) == 1)
        #expect(Confidence.amountSimilarity(10, equal) == 0)
    }

    @Test func historyNeedsFiveUsesAndGrowsAboveAHundred() throws {
        #expect(Confidence.historicalSuccess(pattern(.merchant, "x", uses: 4, successes: 4)) == nil)
        #expect(Confidence.historicalSuccess(pattern(.merchant, "x", uses: 100, successes: 80)) == 0.8)
        let much = try #require(Confidence.historicalSuccess(pattern(.merchant, "x", uses: 1000, successes: 800)))
        #expect(abs(much - 0.85) < 1e-12)
        #expect(Confidence.usageFrequency(pattern(.merchant, "x")) == nil)
        #expect(Confidence.usageFrequency(pattern(.merchant, "x", uses: 1000)) == 1)
    }

    @Test func timesThatDoNotMatchGoByTheSharesOfTheirHistory() throws {
        let statistics = PatternStatistics(amounts: [], hours: [9: 3, 20: 1], weekdays: [1: 1, 6: 1])
        let morning = pattern(.time, "morning", statistics: statistics)
        let monday = CivilDate(year: 2026, month: 11, day: 23)
        #expect(Confidence.temporal(morning, expense("x", date: monday, minute: 9 * 60)) == 1)
        let evening = try #require(Confidence.temporal(morning, expense("x", date: monday, minute: 20 * 60)))
        #expect(abs(evening - (0.6 * 0.25 + 0.4 * 0.5)) < 1e-12)
        #expect(Confidence.temporal(pattern(.time, "morning"), expense("x", minute: 1200)) == nil)
    }

    @Test(arguments: [
        (0.95, ConfidenceLevel.veryHigh), (0.9499, .high), (0.85, .high), (0.8499, .medium), (0.70, .medium),
        (0.6999, .low), (0.50, .low), (0.4999, .veryLow), (0, .veryLow),
    ])
    func levelsBeginAtTheirBounds(score: Double, level: ConfidenceLevel) {
        #expect(ConfidenceLevel(score) == level)
    }

    @Test func whereHighBeginsCanBeSaid() {
        #expect([0.95, 0.6, 0.59].map { ConfidenceLevel($0, high: 0.6) } == [.veryHigh, .high, .low])
        #expect([0.98, 0.97, 0.7].map { ConfidenceLevel($0, high: 0.98) } == [.veryHigh, .medium, .medium])
    }
}
