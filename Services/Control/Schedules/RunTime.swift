import Calendars
import Linux

/// An instant as somebody writes it: RFC 3339, `now`, `+15min`, `@SECONDS`, or what the clocks of a zone show.
enum RunTime {
    static let forms = "2026-03-29T00:59:00Z, now, +15min, @1774746000 or 2026-03-29 02:30 as the zone's clocks show it"

    /// - Parameter name: The zone for what clocks show, as a value of the variable TZ.
    /// - Throws: ``Failure`` for what is no time, and for one that the clocks of the zone leave out.
    static func read(_ text: String, zone name: String) throws(Failure) -> Instant {
        if let instant = Instant(text) { return instant }
        if text == "now" { return now() }
        if text.hasPrefix("+"), let span = OptionValue.span(text.dropFirst()) {
            return Instant(SystemTime().wall() + span)
        }
        if text.hasPrefix("@"), let seconds = Int64(text.dropFirst()) { return Instant(seconds: seconds) }
        guard let wall = wallTime(text) else {
            throw Failure(.dataError, "“\(text)” is no time; right would be \(forms)")
        }
        let place: Zone
        do { place = try ZoneDatabase.system.zone(forTZ: name) } catch { throw Failure(.dataError, "\(error)") }
        guard let instant = place.instants(showing: wall).first else {
            throw Failure(.dataError, "\(wall) does not exist in \(place): the clocks are set forward over it")
        }
        return instant
    }

    static func now() -> Instant { Instant(SystemTime().wall()) }

    /// "2026-03-29", "2026-03-29 02:30", "2026-03-29 02:30:15"
    private static func wallTime(_ text: String) -> WallTime? {
        let zulu = text.split(separator: text.contains("T") ? "T" : " ", maxSplits: 1).map(String.init)
        guard let date = zulu.first else { return nil }
        let clock = zulu.count > 1 ? zulu[1] : "00:00:00"
        let full = clock.utf8.count == 5 ? clock + ":00" : clock
        guard let instant = Instant("\(date)T\(full)Z") else { return nil }
        return WallTime(microseconds: instant.microseconds)
    }
}
