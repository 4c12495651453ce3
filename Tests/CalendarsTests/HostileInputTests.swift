import Linux
import TestSupport
import Testing

@testable import Calendars

/// What comes from outside may be anything: it is refused or it has an answer, at once.
struct HostileInputTests {
    static let expressions = [
        "Mon..Fri *-*-* 09:00:00 Europe/Berlin", "2016-02~01..07/3 00/2:5,10:0.5/1.25 UTC", "*-*-* *:*:*",
        "@1234567890",
        "*/15 0-6/2 L,1-7 JAN-MAR/2 MON#1,FRI", "0 0 29 2 */7", "30 2 15W * 5L", "1h 30min 2.5s",
        "CET-1CEST,M3.5.0,M10.5.0/3",
    ]

    static func mutated(_ text: String, _ random: inout SeededGenerator) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let index = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where index < bytes.count: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1 where index < bytes.count: bytes.remove(at: index)
            case 2: bytes.insert(contentsOf: "9999999999".utf8, at: index)
            case 3: bytes.insert(Array("*/-,.:~@#LW?".utf8).randomElement(using: &random)!, at: index)
            default: bytes.insert(contentsOf: bytes[..<index], at: index)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Asks for runs in both directions at the ends and in the midst of time.
    static func exercise(_ runs: WallRecurrence) {
        for seconds: Int64 in [.min, -1, 0, 1_774_746_000, 7_258_118_399, .max] {
            let instant = Instant(seconds: seconds)
            if let next = runs.next(after: instant) { #expect(next > instant) }
            if let previous = runs.previous(before: instant) { #expect(previous < instant) }
        }
    }

    @Test func mutatedExpressionsAreRefusedOrAnswered() throws {
        var random = SeededGenerator(seed: 1)
        let berlin = try ZoneDatabase.zone(rule: "CET-1CEST,M3.5.0,M10.5.0/3")
        var taken = 0
        for round in 0..<12_000 {
            let text = Self.mutated(Self.expressions[round % Self.expressions.count], &random)
            if let expression = try? OnCalendar(text, local: berlin) {
                let runs = WallRecurrence(
                    pattern: expression.pattern, zone: berlin, rules: ChangeRules(gap: .shift, overlap: .both))
                Self.exercise(runs)
                taken += 1
            }
            for dialect in CronDialect.allCases {
                guard let expression = try? CronExpression(text, hasSeconds: round % 2 == 0, dialect: dialect) else {
                    continue
                }
                Self.exercise(expression.recurrence(in: berlin))
                taken += 1
            }
            _ = try? SystemdSpan(text)
            if let zone = try? ZoneDatabase.zone(rule: text) {
                Self.exercise(try CronExpression("30 2 * * *").recurrence(in: zone))
                taken += 1
            }
        }
        #expect(taken > 300)
    }

    @Test func columnsOfErrorsLieInTheText() {
        var random = SeededGenerator(seed: 2)
        for round in 0..<5000 {
            let text = Self.mutated(Self.expressions[round % Self.expressions.count], &random)
            for read in [{ _ = try OnCalendar(text) }, { _ = try CronExpression(text) }, { _ = try SystemdSpan(text) }]
                as [() throws -> Void]
            {
                do { try read() } catch let error as ExpressionError {
                    #expect((1...text.count + 1).contains(error.column), "\(error)")
                    #expect(!error.problem.isEmpty && !error.remedy.isEmpty)
                } catch { Issue.record(error) }
            }
        }
    }

    @Test func veryLongTextsAreRefused() {
        let long = String(repeating: "1,", count: 500_000)
        #expect(throws: ExpressionError.self) { try OnCalendar("*:" + long) }
        #expect(throws: ExpressionError.self) { try CronExpression(long + " * * * *") }
        #expect(throws: ExpressionError.self) { try SystemdSpan(String(repeating: "1s ", count: 500_000)) }
        #expect(throws: ZoneError.self) { try ZoneDatabase.system.zone(forTZ: String(repeating: "a/", count: 50_000)) }
    }

    /// A list of OnCalendar has at most 241 parts, in systemd as here.
    @Test func listsAreBounded() throws {
        func list(_ count: Int) -> String { "*:" + (0..<count).map { String($0 % 60) }.joined(separator: ",") }
        #expect(throws: Never.self) { try OnCalendar(list(241)) }
        #expect(throws: ExpressionError.self) { try OnCalendar(list(242)) }
    }

    @Test(arguments: [
        "00:00:18446744073709551615", "*-*-99999999999999999999", "@99999999999999999999", "@9223372036854775807",
        "00:00:00/0.00000001", "2147483648-01-01", "00:00:59.9999999",
    ])
    func numbersThatOverflowAreRefused(text: String) {
        #expect(throws: ExpressionError.self) { try OnCalendar(text) }
    }

    @Test func neverIsAnAnswerAtOnce() throws {
        for text in ["*-02-30", "*-04-31", "2016-02-30", "1970-01-01", "Mon 2026-02-29"] {
            #expect(try OnCalendar(text).recurrence(in: .utc).next(after: at("2026-11-21T00:00:00Z")) == nil)
        }
        #expect(try CronExpression("0 0 30 2 *").recurrence(in: .utc).next(after: .epoch) == nil)
        #expect(
            try CronExpression("0 0 30 2 *").recurrence(in: .utc).previous(before: at("2100-01-01T00:00:00Z")) == nil)
    }

    /// The last Monday that is February 29 in the calendar, and none after it.
    @Test func rareDaysAreFoundToTheEndOfTheCalendar() throws {
        let runs = try CronExpression("0 0 29 2 */7").recurrence(in: .utc)
        #expect(
            runs.texts(after: at("2024-01-01T00:00:00Z"), count: 10) == [
                "2032-02-29T00:00:00Z", "2060-02-29T00:00:00Z", "2088-02-29T00:00:00Z", "2128-02-29T00:00:00Z",
                "2156-02-29T00:00:00Z", "2184-02-29T00:00:00Z",
            ])
        #expect(runs.previous(before: at("2500-01-01T00:00:00Z")) == at("2184-02-29T00:00:00Z"))
    }

    /// A pattern all of whose times fall into gaps that are skipped.
    @Test func whatAlwaysFallsIntoAGapIsNever() throws {
        let zone = try ZoneDatabase.zone(rule: "AAA0BBB,J90/2,J300/2")
        let runs = try OnCalendar("*-03-31 02:30").recurrence(in: zone)
        #expect(runs.next(after: .epoch) == nil)
        #expect(runs.previous(before: at("2199-12-31T00:00:00Z")) == nil)
        let shifted = try OnCalendar("*-03-31 02:30").recurrence(in: zone, gap: .shift)
        #expect(shifted.next(after: .epoch) == at("1970-03-31T02:30:00Z"))
    }
}
