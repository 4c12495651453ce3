/// A calendar expression of systemd.time(7): "Mon..Fri *-*-* 09:00 Europe/Berlin".
///
/// Two expressions are equal when their normalised forms are.
public struct OnCalendar: Hashable, Sendable, CustomStringConvertible {
    /// The zone that an expression names.
    public enum ZoneChoice: Hashable, Sendable {
        /// The zone of whoever asks.
        case local
        case utc
        /// An IANA name. Whether there is such a zone is not known yet.
        case named(String)
        /// The zone of whoever asks, but only while it has that time, such as CEST.
        case abbreviation(String, isDaylight: Bool)
    }

    public let zone: ZoneChoice

    /// Bits 0 (Monday) to 6; 0 where all days are meant.
    let weekdays: UInt8
    // Empty lists stand for "*".
    let years, months, days, hours, minutes: [CalendarComponent]
    /// In microseconds of the minute; never empty.
    let seconds: [CalendarComponent]
    /// Whether ``days`` count from the end of the month: 1 is the last day.
    let isFromEnd: Bool

    let dayPattern: DayPattern
    let timePattern: TimePattern

    public static func == (left: OnCalendar, right: OnCalendar) -> Bool {
        left.zone == right.zone && left.weekdays == right.weekdays && left.isFromEnd == right.isFromEnd
            && left.years == right.years && left.months == right.months && left.days == right.days
            && left.hours == right.hours && left.minutes == right.minutes && left.seconds == right.seconds
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(description)
    }

    public var pattern: WallPattern { WallPattern(days: dayPattern, times: timePattern) }

    /// Whether the expression tells days only.
    var isDateOnly: Bool { zone == .local && timePattern == .midnight }

    /// The runs of this expression.
    ///
    /// - Parameters:
    ///   - local: The zone for an expression that names none.
    ///   - gap, overlap: What happens when the clocks change; nil for what systemd 252 does, which skips a gap and runs
    ///     once in an overlap, the first time.
    public func recurrence(
        in local: Zone, gap: GapRule? = nil, overlap: OverlapRule? = nil, zones: ZoneDatabase = .system
    ) throws(ZoneError) -> WallRecurrence {
        let rules = ChangeRules(habit: .systemd, gap: gap, overlap: overlap)
        switch zone {
        case .local: return WallRecurrence(pattern: pattern, zone: local, rules: rules)
        case .utc: return WallRecurrence(pattern: pattern, zone: .utc, rules: rules)
        case .named(let name):
            return WallRecurrence(pattern: pattern, zone: try zones.zone(named: name), rules: rules)
        case .abbreviation(_, let isDaylight):
            return WallRecurrence(pattern: pattern, zone: local, rules: rules, daylight: isDaylight)
        }
    }
}

extension TimePattern {
    static let midnight = TimePattern(hours: 1, minutes: 1, seconds: .whole(1))
}

// MARK: - Normalised form

extension OnCalendar {
    /// The normalised form, as `systemd-analyze calendar` prints it: "Mon..Fri *-*-* 09:00:00 Europe/Berlin".
    public var description: String {
        var text = weekdays == 0 ? "" : weekdayText + " "
        text += "\(Self.text(years, width: 4))-\(Self.text(months, width: 2))\(isFromEnd ? "~" : "-")"
        text += "\(Self.text(days, width: 2)) \(Self.text(hours, width: 2)):\(Self.text(minutes, width: 2)):"
        text += seconds == [Self.everySecond] ? "*" : Self.text(seconds, width: 2, unit: 1_000_000)
        switch zone {
        case .local: return text
        case .utc: return text + " UTC"
        case .named(let name), .abbreviation(let name, _): return text + " " + name
        }
    }

    static let everySecond = CalendarComponent(start: 0, stop: nil, step: 1_000_000)
    static let weekdayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    /// "Mon..Wed,Sat,Sun": three days or more in a row are a range.
    private var weekdayText: String {
        var parts: [String] = []
        var day = 0
        while day < 7 {
            guard weekdays >> day & 1 == 1 else {
                day += 1
                continue
            }
            let first = day
            while day < 7, weekdays >> day & 1 == 1 { day += 1 }
            if day - first > 2 {
                parts.append("\(Self.weekdayNames[first])..\(Self.weekdayNames[day - 1])")
            } else {
                parts += Self.weekdayNames[first..<day]
            }
        }
        return parts.joined(separator: ",")
    }

    private static func text(_ parts: [CalendarComponent], width: Int, unit: Int = 1) -> String {
        if parts.isEmpty { return "*" }
        func number(_ value: Int, to width: Int) -> String {
            let fraction = value % unit
            return padded(value / unit, to: width) + (fraction == 0 ? "" : "." + padded(fraction, to: 6))
        }
        return parts.map { part in
            var text = number(part.start, to: width)
            if let stop = part.stop { text += ".." + number(stop, to: width) }
            if part.step > 0, part.stop == nil || part.step != unit { text += "/" + number(part.step, to: 1) }
            return text
        }.joined(separator: ",")
    }
}
