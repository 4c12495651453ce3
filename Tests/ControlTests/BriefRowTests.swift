import Calendars
import JSONCodec
import Linux
import TestSupport
import Testing

@testable import BackOffice
@testable import Control

struct BriefRowTests {
    /// As with a mistake, what stands there instead of a time says why.
    @Test func aZoneThatCannotBeReadIsToldInsteadOfATimeByAnotherClock() throws {
        let folder = TemporaryDirectory()
        folder.makeUnreadable("Mars")
        func row(_ zone: String) throws -> Tree {
            let person = BriefPerson(
                preference: BriefPreference(person: "ada", zone: zone), hasAddress: false, latest: nil)
            let row = BriefRow(person, now: .epoch, zones: ZoneDatabase(folder: folder.path))
            return try Tree(JSON.text(row))
        }
        let unread = try row("Mars")
        #expect(unread["next"] == .absent && unread["timezone"].string == "Mars")
        #expect(unread["problems"].elements.count == 1, "\(unread)")
        #expect(unread["problems"][0].string?.contains("(ELOOP)") == true, "\(unread)")
        let known = try row("UTC")
        #expect(known["next"].string == "1970-01-01T09:00:00.000Z" && known["problems"].elements.isEmpty)
    }

    @Test func aZoneThatCannotBeReadIsSaidAsTheServicesSayIt() {
        let error = BriefZoneError(zone: "Mars", cause: .unusable(path: "/zones/Mars", reason: "is cut short"))
        let failure = Failure(any: error)
        #expect(failure?.exit == .unavailable && failure?.answer?.reason == "zone.unreadable")
    }
}
