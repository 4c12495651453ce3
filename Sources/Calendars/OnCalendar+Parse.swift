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
        let byLength = (28...31).map(days(ofMonthOfLength:))
        let weekdays = weekdays == 0 ? 0x7F : weekdays
        return DayPattern(years: years, months: UInt16(Self.bits(months, 1...12))) { length, first in
            byLength[length - 28] & DayPattern.days(on: weekdays, first: first)
        }
    }

    /// The days of the month, whatever weekdays they are, as bits 1 to 31.
    private func days(ofMonthOfLength length: Int) -> UInt32 {
        guard isFromEnd else { return UInt32(Self.bits(days, 1...31)) }
        let fromStart = days.map { part in
            // The steps of “~03..07” count up from the day that lies furthest from the end.
            CalendarComponent(
                start: length + 1 - (part.stop ?? part.start), stop: part.stop == nil ? nil : length + 1 - part.start,
                step: part.step)
        }
        return UInt32(Self.bits(fromStart, 1...length))
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

    /// The numbers of the range that belong, as bits; all of it where there are no parts.
    private static func bits(_ parts: [CalendarComponent], _ range: ClosedRange<Int>) -> UInt64 {
        if parts.isEmpty { return range.reduce(0) { $0 | 1 << UInt64($1) } }
        return parts.reduce(into: 0) { bits, part in
            let last = min(part.stop ?? range.upperBound, part.step == 0 ? part.start : range.upperBound)
            for value in stride(from: part.start, through: last, by: max(part.step, 1)) { bits |= 1 << UInt64(value) }
        }
    }
}
