import Linux
import Testing

@testable import BackOffice
@testable import Control

struct ClinicTextTests {
    private func lines(synced: String, now: String) throws -> [String] {
        let synced: Timestamp = try #require(Timestamp(synced)), now: Timestamp = try #require(Timestamp(now))
        let status = ScheduleStatus(clinic: "vet", syncedAt: synced, now: now, staleMinutes: 60, horizonDays: 14)
        return ClinicText.facts(status).lines(for: .pipe)
    }

    @Test func howOldAMirrorIsIsNeverToldAsNegative() throws {
        #expect(
            try lines(synced: "2026-03-02T22:00:00Z", now: "2026-03-02T20:00:00Z") == [
                "Clinic    vet", "Mirrored  2026-03-02T22:00:00.000Z", "Fresh     stale: the clock was set back since",
            ])
        #expect(
            try lines(synced: "2026-03-02T20:00:01Z", now: "2026-03-02T20:00:00Z") == [
                "Clinic    vet", "Mirrored  2026-03-02T20:00:01.000Z, 0 minutes ago", "Fresh     yes",
            ])
    }

    @Test func howAClinicWorksIsTold() throws {
        let lines = ClinicText.facts(ScheduleConfig(), [.lunch], of: "vet").lines(for: .pipe)
        #expect(
            lines == [
                "Clinic    vet", "Open      08:00 to 18:00, mon-sat", "Slots     15 minutes",
                "Capacity  2, as the calendar says", "Blocked   lunch: 12:00 to 14:00, mon-sat",
            ])
    }
}
