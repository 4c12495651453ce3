import Calendars

/// The zone where no other is set.
enum CompanyZone {
    /// That of the machine, else UTC.
    static let standard: Zone = {
        do {
            return try ZoneDatabase.system.zone(forTZ: ZoneDatabase.system.localName)
        } catch {
            // A machine without zones reckons in UTC, as all its programs do.
            return .utc
        }
    }()
}
