public import Calendars

/// A zone that is there and cannot be read, or not used. Nothing is known of its clocks, so no day or time by them is told.
public struct BriefZoneError: Error, Hashable, Sendable, CustomStringConvertible {
    public let zone: String
    public let cause: ZoneError

    public init(zone: String, cause: ZoneError) {
        self.zone = zone
        self.cause = cause
    }

    public var description: String { "the time zone \(zone) cannot be read now: \(cause)" }
}
