public import Calendars
import Linux

/// When somebody wants his brief. What is nil was never said; the rules have defaults for it.
public struct BriefPreference: Hashable, Sendable {
    /// `custom` is kept for what is not built yet and means daily.
    public enum Frequency: String, CaseIterable, Hashable, Sendable { case daily, weekly, custom }

    public var person: String
    public var isActive: Bool
    public var frequency: String?
    /// `HH:MM` or `HH:MM:SS`.
    public var timeOfDay: String?
    /// An IANA name.
    public var zone: String?
    /// 0 is Sunday, 6 is Saturday.
    public var dayOfWeek: Int?
    public var wantsMail: Bool

    public init(
        person: String, isActive: Bool = true, frequency: String? = nil, timeOfDay: String? = nil, zone: String? = nil,
        dayOfWeek: Int? = nil, wantsMail: Bool = false
    ) {
        self.person = person
        self.isActive = isActive
        self.frequency = frequency
        self.timeOfDay = timeOfDay
        self.zone = zone
        self.dayOfWeek = dayOfWeek
        self.wantsMail = wantsMail
    }

    /// Daily at 09:00:00 UTC; weekly on Mondays.
    public static let defaults = (frequency: Frequency.daily, timeOfDay: "09:00:00", zone: "UTC", dayOfWeek: 1)

    /// All that is wrong with it; empty for nothing.
    public var problems: [String] {
        var problems: [String] = []
        if let frequency, Frequency(rawValue: frequency) == nil {
            problems.append("frequency “\(frequency)” is none of daily, weekly, custom")
        }
        if let timeOfDay { problems += Self.problems(inTime: timeOfDay) }
        if let dayOfWeek, !(0...6).contains(dayOfWeek) {
            problems.append("day of week \(dayOfWeek) is not from 0 (Sunday) to 6")
        }
        return problems
    }

    private static func problems(inTime text: String) -> [String] {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count) else { return ["time “\(text)” is not HH:MM or HH:MM:SS"] }
        var problems: [String] = []
        for (part, (name, limit)) in zip(parts, [("hours", 23), ("minutes", 59), ("seconds", 59)]) {
            guard let number = Int(part), (0...limit).contains(number) else {
                problems.append("\(name) “\(part)” are not from 0 to \(limit)")
                continue
            }
        }
        return problems
    }

    /// The zone whose clock counts; as ``zone(named:in:)``.
    public func zone(in zones: ZoneDatabase = .system) throws(BriefZoneError) -> Zone {
        try Self.zone(named: zone ?? Self.defaults.zone, in: zones)
    }

    /// The zone of that name; UTC where no zone bears it.
    ///
    /// - Throws: ``BriefZoneError`` for one that is there and cannot be read.
    public static func zone(named name: String, in zones: ZoneDatabase = .system) throws(BriefZoneError) -> Zone {
        do {
            return try zones.zone(named: name)
        } catch .unknown {
            return .utc
        } catch {
            throw BriefZoneError(zone: name, cause: error)
        }
    }

    /// The first run at the instant or after it; nil for a preference with a mistake.
    ///
    /// A time that the clocks leave out comes when they are set; one that comes twice, the first time.
    ///
    /// - Throws: ``BriefZoneError`` for a zone that is there and cannot be read.
    public func nextRun(atOrAfter now: Instant, zones: ZoneDatabase = .system) throws(BriefZoneError) -> Instant? {
        guard problems.isEmpty else { return nil }
        let parts = (timeOfDay ?? Self.defaults.timeOfDay).split(separator: ":").compactMap { Int($0) }
        let isWeekly = (frequency ?? Self.defaults.frequency.rawValue) == Frequency.weekly.rawValue
        // 0 is Monday to the calendar.
        let days: Set<Int> = isWeekly ? [((dayOfWeek ?? Self.defaults.dayOfWeek) + 6) % 7] : []
        guard
            let pattern = WallPattern(
                hour: parts[0], minute: parts[1], second: parts.count > 2 ? parts[2] : 0, weekdays: days)
        else { return nil }
        let runs = WallRecurrence(
            pattern: pattern, zone: try zone(in: zones), rules: ChangeRules(gap: .after, overlap: .first))
        return runs.next(after: Instant(microseconds: now.microseconds - 1))
    }
}
