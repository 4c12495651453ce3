import Foundation
import Linux
import TestSupport
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2026-11-21T02:26:09.123Z", 1_795_227_969_123),
            ("2026-11-21T04:26:09.123+02:00", 1_795_227_969_123),
            ("2026-11-20T20:56:09.123-05:30", 1_795_227_969_123),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("1900-03-01T00:00:00Z", -2_203_891_200_000),
            ("2026-11-21t02:26:09.123z", 1_795_227_969_123),
            ("2026-11-21T02:26:09.1Z", 1_795_227_969_100),
            ("2026-11-21T02:26:09.123999999Z", 1_795_227_969_123),
            ("1969-12-31T23:59:59.9999Z", -1),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
            ("2026-11-21T00:00:00-00:00", 1_795_219_200_000),
        ] as [(String, Int64)])
    func readsRFC3339(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-21", "2026-11-21T02:26:09", "2026-11-21 02:26:09Z", "2026-11-21T02:26Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2016-12-31T23:59:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z", "2026-1-01T00:00:00Z", "+026-01-01T00:00:00Z",
        "2026-01-01T00:00:00,5Z", "٢٠٢٦-01-01T00:00:00Z", "2026-01-01T00:00:00ZZ", "2026-01-01T0a:00:00Z",
    ])
    func rejectsWhatIsNoInstant(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func agreesWithFoundationFrom1900To2200() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let calendar = Calendar(identifier: .gregorian)
        var generator = SeededGenerator(seed: 1900)
        let bounds: ClosedRange<Int64> = -2_208_988_800_000...7_258_118_399_999
        for _ in 0..<3000 {
            let milliseconds = Int64.random(in: bounds, using: &generator)
            let timestamp = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(timestamp.description) == timestamp)
            // Foundation rounds the fraction, so it is asked in whole seconds.
            let second = milliseconds - (milliseconds % 1000 + 1000) % 1000
            let date = Date(timeIntervalSince1970: Double(second / 1000))
            #expect(Timestamp(milliseconds: second).description == formatter.string(from: date))
            let parts = calendar.dateComponents(in: .gmt, from: date)
            #expect(timestamp.date == CivilDate(year: Int64(parts.year!), month: parts.month!, day: parts.day!))
        }
    }

    @Test func everyDayOf400YearsFollowsTheOneBefore() throws {
        var day = try #require(CivilDate(year: 1900, month: 1, day: 1))
        var number = day.daysSinceEpoch
        for _ in 0..<146_097 {
            number += 1
            let next = CivilDate(daysSinceEpoch: number)
            let following =
                CivilDate(year: day.year, month: day.month, day: day.day + 1)
                ?? CivilDate(year: day.year, month: day.month + 1, day: 1)
                ?? CivilDate(year: day.year + 1, month: 1, day: 1)
            try #require(next == following)
            try #require(next.daysSinceEpoch == number)
            day = next
        }
        #expect(day.description == "2300-01-01")
    }

    @Test func addsAndSubtractsDurations() {
        let instant = Timestamp(milliseconds: 10_000)
        #expect(instant + .seconds(2.5) == Timestamp(milliseconds: 12_500))
        #expect(instant - .milliseconds(1) == Timestamp(milliseconds: 9999))
        #expect(instant - Timestamp(milliseconds: 4000) == .seconds(6))
        #expect(Timestamp(milliseconds: 1) < Timestamp(milliseconds: 2))
    }
}

@Suite struct DurationTests {
    @Test func unitsAreCutTowardsZero() {
        #expect(Duration.seconds(1.9995).milliseconds == 1999)
        #expect(Duration.nanoseconds(-1_999_999).milliseconds == -1)
        #expect(Duration.nanoseconds(1999).microseconds == 1)
        #expect(Duration.seconds(3).nanoseconds == 3_000_000_000)
        #expect(Duration.milliseconds(-1500).seconds == -1.5)
    }

    @Test func whatDoesNotFitIsHeldAtTheBounds() {
        #expect(Duration.seconds(Int64.max).milliseconds == .max)
        #expect(Duration.seconds(-Int64.max).nanoseconds == .min)
    }
}
