import Testing

@testable import Calendars

struct PreviewTests {
    private func preview(_ text: String, gap: GapRule? = nil, overlap: OverlapRule? = nil) throws -> Preview {
        let berlin = try ZoneDatabase.zone(rule: "CET-1CEST,M3.5.0,M10.5.0/3")
        let runs = try OnCalendar(text).recurrence(in: berlin, gap: gap, overlap: overlap)
        return Preview(.wall(runs), in: berlin, after: at("2026-01-01T00:00:00Z"), count: 2)
    }

    @Test func namesTheNextRunsAsTheClocksShowThem() throws {
        let shown = try preview("Sun 02:30").runs.map(\.description)
        #expect(shown == ["Sun 2026-01-04 02:30:00 CET", "Sun 2026-01-11 02:30:00 CET"])
    }

    @Test(arguments: [
        ("02:30", GapRule.skip, OverlapRule.first, "02:30:00 left out, skipped", "02:30:00 twice, run the first time"),
        ("02:30", .after, .last, "02:30:00 left out, made up at 03:00:00 CEST", "02:30:00 twice, run the second time"),
        ("02:30", .shift, .both, "02:30:00 left out, made up at 03:30:00 CEST", "02:30:00 twice, run both times"),
        ("12:00", .skip, .first, "no run is concerned", "no run is concerned"),
        ("*:00", .after, .both, "02:00:00 left out, made up at 03:00:00 CEST", "02:00:00 twice, run both times"),
        (
            "*:0/15", .skip, .first, "02:00:00, 02:15:00, 02:30:00 … left out, skipped",
            "02:00:00, 02:15:00, 02:30:00 … twice, run the first time"
        ),
    ])
    func saysWhatTheNextTwoClockChangesDo(
        text: String, gap: GapRule, overlap: OverlapRule, spring: String, autumn: String
    ) throws {
        let notes = try preview(text, gap: gap, overlap: overlap).changes.map(\.description)
        #expect(
            notes == [
                "2026-03-29 the clocks go from 02:00:00 to 03:00:00: \(spring)",
                "2026-10-25 the clocks go from 03:00:00 to 02:00:00: \(autumn)",
            ])
    }

    @Test func aZoneWithoutChangesHasNoNotes() throws {
        let runs = try CronExpression("0 9 * * *").recurrence(in: .utc)
        let preview = Preview(.wall(runs), in: .utc, after: at("2026-01-01T00:00:00Z"), count: 0)
        #expect(preview.runs.isEmpty)
        #expect(preview.changes.isEmpty)
    }
}
