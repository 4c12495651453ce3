import JSONCodec
import Testing

@testable import Preloading

/// How a source is judged by its answers.
struct FindingsTests {
    private static func findings(_ rows: DatasetRules.Rows = .one) -> Findings {
        Findings(["a", "b", "c"], of: "rates", rows: rows)
    }

    private static func outcomes(
        _ answer: SourceAnswer, _ rows: DatasetRules.Rows = .one
    ) -> (texts: [String], faults: [SourceFault]) {
        var findings = findings(rows)
        findings.take(answer)
        let (outcomes, faults) = findings.outcomes()
        return (outcomes.map(text), faults)
    }

    private static func text(_ outcome: KeyOutcome) -> String {
        switch outcome {
        case .value(let value): value.text
        case .missing: "missing"
        case .failed(let failure): failure.error.reason ?? "error"
        }
    }

    private static func row(_ key: String, _ number: Int) -> SourceRow { SourceRow(key, JSONRaw(number)) }

    @Test func rowsGoToTheirKeysInWhateverOrderAndAKeyWithoutOneIsMissing() {
        let (texts, faults) = Self.outcomes(.rows([Self.row("c", 3), Self.row("a", 1)]))
        #expect(texts == ["1", "missing", "3"])
        #expect(faults.isEmpty)
    }

    @Test func aListInTheOrderOfTheKeysIsTakenByPlace() {
        let (texts, faults) = Self.outcomes(.ordered([JSONRaw(1), nil, JSONRaw(3)]))
        #expect(texts == ["1", "missing", "3"])
        #expect(faults.isEmpty)
    }

    @Test func aShortListIsAFaultAndNoneOfItIsBelieved() {
        let (texts, faults) = Self.outcomes(.ordered([JSONRaw(1), JSONRaw(2)]))
        #expect(texts == ["source.faulty", "source.faulty", "source.faulty"])
        #expect(faults == [.short(rows: 2, keys: 3)])
    }

    @Test func aLongListIsAFaultAndNoneOfItIsBelieved() {
        let (texts, faults) = Self.outcomes(.ordered([JSONRaw(1), JSONRaw(2), JSONRaw(3), JSONRaw(4)]))
        #expect(texts == ["source.faulty", "source.faulty", "source.faulty"])
        #expect(faults == [.long(rows: 4, keys: 3)])
    }

    @Test func aSecondRowOfAKeyIsAFaultOfThatKeyAlone() {
        let (texts, faults) = Self.outcomes(.rows([Self.row("a", 1), Self.row("b", 2), Self.row("a", 9)]))
        #expect(texts == ["source.faulty", "2", "missing"])
        #expect(faults == [.doubled(rows: 1)])
    }

    @Test func aForeignRowMakesMissingKeysUncertainAndLeavesTheOthers() {
        let (texts, faults) = Self.outcomes(.rows([Self.row("a", 1), Self.row("A", 2)]))
        #expect(texts == ["1", "source.faulty", "source.faulty"])
        #expect(faults == [.foreign(rows: 1)])
    }

    @Test func whereAllKeysHaveRowsAForeignOneIsOnlyNamed() {
        let rows = [Self.row("a", 1), Self.row("b", 2), Self.row("c", 3), Self.row("x", 4)]
        let (texts, faults) = Self.outcomes(.rows(rows))
        #expect(texts == ["1", "2", "3"])
        #expect(faults == [.foreign(rows: 1)])
    }

    @Test func whereTheFirstRowCountsTheOthersAreNoFault() {
        let (texts, faults) = Self.outcomes(.rows([Self.row("a", 1), Self.row("a", 9), Self.row("b", 2)]), .first)
        #expect(texts == ["1", "2", "missing"])
        #expect(faults.isEmpty)
    }

    @Test func whereAllRowsCountTheyAreTheValueAsAList() {
        let (texts, faults) = Self.outcomes(.rows([Self.row("a", 1), Self.row("b", 2), Self.row("a", 9)]), .all)
        #expect(texts == ["[1,9]", "[2]", "missing"])
        #expect(faults.isEmpty)
    }

    @Test func pagesAreReadUntilAllKeysAreFound() {
        var findings = Self.findings()
        findings.take(SourcePage(rows: [Self.row("a", 1), Self.row("x", 5)], next: "2"))
        #expect(!findings.isComplete && findings.open == ["b", "c"])
        findings.take(SourcePage(rows: [Self.row("c", 3), Self.row("b", 2)], next: "3"))
        #expect(findings.isComplete && findings.open.isEmpty)
        #expect(findings.outcomes().outcomes.map(Self.text) == ["1", "2", "3"])
        #expect(findings.outcomes().faults.isEmpty)
        #expect(findings.passed == [LoadKey("x"): JSONRaw(5)])
    }

    @Test func whereAllRowsCountNoPageIsTheLastBeforeTheEnd() {
        var findings = Self.findings(.all)
        findings.take(SourcePage(rows: ["a", "b", "c"].map { Self.row($0, 1) }, next: "2"))
        #expect(!findings.isComplete && findings.passed.isEmpty)
    }

    @Test func theSameRowOnALaterPageIsNoFaultAndAnotherRowOfTheKeyIs() {
        var findings = Self.findings()
        findings.take(SourcePage(rows: [Self.row("a", 1), Self.row("b", 2)], next: "2"))
        findings.take(SourcePage(rows: [Self.row("b", 2), Self.row("a", 9)], next: nil))
        #expect(findings.outcomes().outcomes.map(Self.text) == ["source.faulty", "2", "missing"])
        #expect(findings.outcomes().faults == [.doubled(rows: 1)])
    }

    @Test func aRowPassedTwiceIsNotKept() {
        var findings = Self.findings()
        findings.take(SourcePage(rows: [Self.row("x", 1), Self.row("y", 1)], next: "2"))
        findings.take(SourcePage(rows: [Self.row("x", 2)], next: nil))
        #expect(findings.passed == [LoadKey("y"): JSONRaw(1)])
    }

    @Test func faultsNameNoKey() {
        let faults: [SourceFault] = [
            .short(rows: 1, keys: 2), .long(rows: 3, keys: 2), .doubled(rows: 2), .foreign(rows: 1), .circle,
            .endless(pages: 7),
        ]
        #expect(Set(faults.map(\.description)).count == faults.count)
        #expect(faults.allSatisfy { $0.description.hasPrefix("it ") || $0.description.hasPrefix("a page") })
    }
}
