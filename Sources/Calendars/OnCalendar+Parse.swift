extension OnCalendar {
    /// Reads an expression as systemd 252 does.
    ///
    /// - Parameter local: The zone whose abbreviations may stand at the end ("12:00 CEST").
    public init(_ text: String, local: Zone? = nil) throws(ExpressionError) {
        var scanner = try ExpressionScanner(text)
        let zone = scanner.takeZone(local: local)
        guard !scanner.isAtEnd else {
            throw scanner.error(at: 0, "there is no date and no time", "“daily”, “Mon..Fri 09:00” or the like")
        }
        let word = scanner.slice(0..<scanner.end).lowercased()
        if let shorthand = Self.shorthands[word] {
            self.init(zone: zone, shorthand)
            return
        }
        let parts = try scanner.calendar()
        self.init(zone: parts.isSinceEpoch ? .utc : zone, parts)
    }

    private init(zone: ZoneChoice, _ parts: OnCalendarParts) {
        self.zone = zone
        weekdays = parts.weekdays
        years = parts.years
        months = parts.months
        days = parts.days
        hours = parts.hours
        minutes = parts.minutes
        seconds = parts.seconds
        isFromEnd = parts.isFromEnd
        dayPattern = parts.dayPattern
        timePattern = parts.timePattern
    }

    private static let shorthands: [String: OnCalendarParts] = {
        let yearly = OnCalendarParts(months: [1], days: [1])
        let halfYearly = OnCalendarParts(months: [1, 7], days: [1])
        return [
            "minutely": OnCalendarParts(hours: [], minutes: []),
            "hourly": OnCalendarParts(hours: []),
            "daily": OnCalendarParts(),
            "weekly": OnCalendarParts(weekdays: 1),
            "monthly": OnCalendarParts(days: [1]),
            "quarterly": OnCalendarParts(months: [1, 4, 7, 10], days: [1]),
            "yearly": yearly, "annually": yearly, "anually": yearly,
            "semiannually": halfYearly, "semi-annually": halfYearly,
            "biannually": halfYearly, "bi-annually": halfYearly,
        ]
    }()
}

/// What an expression says, before a zone is added.
struct OnCalendarParts: Sendable {
    var weekdays: UInt8 = 0
    var years: [CalendarComponent] = []
    var months: [CalendarComponent] = []
    var days: [CalendarComponent] = []
    var hours: [CalendarComponent] = []
    var minutes: [CalendarComponent] = []
    var seconds: [CalendarComponent] = []
    var isFromEnd = false
    /// Whether all of it was given as seconds since the epoch, which are UTC whatever zone follows.
    var isSinceEpoch = false

    /// Nothing said yet.
    static let blank: OnCalendarParts = {
        var parts = OnCalendarParts()
        (parts.hours, parts.minutes, parts.seconds) = ([], [], [])
        return parts
    }()

    /// Midnight of every day, where nothing else is said.
    init(weekdays: UInt8 = 0, months: [Int] = [], days: [Int] = [], hours: [Int] = [0], minutes: [Int] = [0]) {
        func single(_ value: Int) -> CalendarComponent { CalendarComponent(start: value, stop: nil, step: 0) }
        self.weekdays = weekdays
        self.months = months.map(single)
        self.days = days.map(single)
        self.hours = hours.map(single)
        self.minutes = minutes.map(single)
        seconds = [single(0)]
    }

    var dayPattern: DayPattern {
        func belongs(_ day: Int, _ length: Int) -> Bool {
            days.isEmpty
                || days.contains { part in
                    guard isFromEnd else { return part.contains(day) }
                    // The steps of “~03..07” count up from the day that lies furthest from the end.
                    let start = length + 1 - (part.stop ?? part.start)
                    let stop = part.stop == nil ? nil : length + 1 - part.start
                    return CalendarComponent(start: start, stop: stop, step: part.step).contains(day)
                }
        }
        return DayPattern(years: years, months: UInt16(Self.bits(months, 1...12))) { day, length, first in
            let weekday = (first + day - 1) % 7
            return (weekdays == 0 || weekdays >> weekday & 1 == 1) && belongs(day, length)
        }
    }

    var timePattern: TimePattern {
        let isWhole = seconds.allSatisfy { $0.start % 1_000_000 == 0 && $0.step % 1_000_000 == 0 }
        let whole = (0..<60).reduce(UInt64(0)) { bits, second in
            seconds.contains { $0.contains(second * 1_000_000) } ? bits | 1 << UInt64(second) : bits
        }
        return TimePattern(
            hours: UInt32(Self.bits(hours, 0...23)), minutes: Self.bits(minutes, 0...59),
            seconds: isWhole ? .whole(whole) : .fractions(seconds))
    }

    private static func bits(_ parts: [CalendarComponent], _ range: ClosedRange<Int>) -> UInt64 {
        range.reduce(0) { bits, value in
            parts.isEmpty || parts.contains { $0.contains(value) } ? bits | 1 << UInt64(value) : bits
        }
    }
}
