/// A list of one field, before it is known whether it stands for a month or an hour.
private struct ScannedList {
    struct Part {
        var component: CalendarComponent
        /// Where its numbers begin.
        let start, stop, step: Int
    }
    /// Empty for "*".
    var parts: [Part] = []
}

extension ExpressionScanner {
    /// Takes the zone off the end of the expression, where there is one.
    ///
    /// The last word is one when it is UTC, an abbreviation of the local zone, or has a letter and is not the only word:
    /// all other words with letters stand at the beginning.
    mutating func takeZone(local: Zone?) -> OnCalendar.ZoneChoice {
        guard let space = bytes.lastIndex(of: UInt8(ascii: " ")) else { return .local }
        let word = slice(space + 1..<bytes.count)
        if word.lowercased() == "utc" {
            end = space
            return .utc
        }
        if let local {
            for isDaylight in [false, true] {
                guard let name = local.abbreviation(isDaylight: isDaylight), name.lowercased() == word.lowercased()
                else {
                    continue
                }
                end = space
                return .abbreviation(name, isDaylight: isDaylight)
            }
        }
        let isWeekday = OnCalendar.weekdayNames.contains { word.lowercased().hasPrefix($0.lowercased()) }
        guard word.utf8.contains(where: Self.isLetter), ZoneDatabase.isName(word), !isWeekday else { return .local }
        end = space
        return .named(word)
    }

    mutating func calendar() throws(ExpressionError) -> OnCalendarParts {
        var parts = OnCalendarParts.blank
        parts.weekdays = try weekdays()
        if isNext("@") {
            try secondsSinceEpoch(into: &parts)
        } else {
            try date(into: &parts)
            try time(into: &parts)
        }
        return parts
    }

    // MARK: - Weekdays

    private static let weekdayWords: [(name: String, day: Int)] = [
        ("monday", 0), ("mon", 0), ("tuesday", 1), ("tue", 1), ("wednesday", 2), ("wed", 2), ("thursday", 3),
        ("thu", 3),
        ("friday", 4), ("fri", 4), ("saturday", 5), ("sat", 5), ("sunday", 6), ("sun", 6),
    ]

    /// Bits 0 to 6; 0 where there are none or all of them.
    private mutating func weekdays() throws(ExpressionError) -> UInt8 {
        var days: UInt8 = 0
        var rangeStart: Int?
        var isFirst = true
        while true {
            let start = position
            guard let day = try weekday() else {
                if isFirst { return 0 }
                throw error(at: start, "no weekday after a comma or range", "one of Mon to Sun")
            }
            isFirst = false
            if let first = rangeStart {
                guard first <= day else {
                    throw error(
                        at: start, "the range of weekdays ends before it begins",
                        "two ranges, for the week begins on Monday: “\(OnCalendar.weekdayNames[first])..Sun,Mon..\(OnCalendar.weekdayNames[day])”"
                    )
                }
                for inner in first...day { days |= 1 << UInt8(inner) }
            }
            days |= 1 << UInt8(day)
            let hasRange = rangeStart != nil
            rangeStart = nil
            let mark = position
            if isNext("."), peek(1) == UInt8(ascii: "."), !hasRange {
                rangeStart = day
                position += 2
            } else if isNext("-"), !hasRange {
                rangeStart = day
                position += 1
            } else if !take(",") {
                guard isAtEnd || isNext(" ") else {
                    throw error(at: mark, "\(shown(at: mark)) after a weekday", "“,”, “..” or a space")
                }
            }
            guard isAtEnd || isNext(" ") else { continue }
            guard rangeStart == nil else {
                throw error(at: position, "the range of weekdays is open", "a weekday here")
            }
            skipSpaces()
            return days == 0x7F ? 0 : days
        }
    }

    private mutating func weekday() throws(ExpressionError) -> Int? {
        let rest = bytes[position..<end].prefix(9).map { $0 | 0x20 }
        guard let (name, day) = Self.weekdayWords.first(where: { rest.starts(with: $0.name.utf8) }) else {
            guard position == 0, let byte = next, Self.isLetter(byte) else { return nil }
            throw error(
                at: 0,
                "“\(slice(0..<(bytes[..<end].firstIndex(of: UInt8(ascii: " ")) ?? end)))” is no weekday and no shorthand",
                "one of Mon to Sun, or minutely, hourly, daily, weekly, monthly, quarterly, semiannually, yearly")
        }
        position += name.utf8.count
        if let byte = next, !" -.,".utf8.contains(byte) {
            throw error(at: position, "\(shown(at: position)) after a weekday", "“,”, “..” or a space")
        }
        return day
    }

    // MARK: - Date

    private mutating func secondsSinceEpoch(into parts: inout OnCalendarParts) throws(ExpressionError) {
        let start = position + 1
        position = start
        guard let seconds = digits() else {
            throw error(at: start, "no number after “@”", "the seconds since 1970-01-01 00:00:00 UTC")
        }
        guard seconds < Int(DayPattern.days.upperBound) * 86_400 else {
            throw error(at: start, "that time lies beyond the year 2199", "at most @7258118399")
        }
        guard isAtEnd else { throw error(at: position, "\(shown(at: position)) follows", "nothing after the number") }
        let wall = WallTime(microseconds: Int64(seconds) * 1_000_000)
        func single(_ value: Int) -> [CalendarComponent] { [CalendarComponent(start: value, stop: nil, step: 0)] }
        parts.years = single(Int(wall.date.year))
        parts.months = single(wall.date.month)
        parts.days = single(wall.date.day)
        parts.hours = single(wall.hour)
        parts.minutes = single(wall.minute)
        parts.seconds = single(wall.second * 1_000_000)
        parts.isSinceEpoch = true
    }

    /// Reads the date where there is one; a time is left alone.
    private mutating func date(into parts: inout OnCalendarParts) throws(ExpressionError) {
        guard !isAtEnd else { return }
        let start = position
        let first = try list(isTime: false)
        if isAtEnd || isNext(":") {
            position = start
            return
        }
        let isFirstTilde = isNext("~")
        guard take("-") || take("~") else {
            throw error(at: position, "\(shown(at: position)) in a date or time", "“-” of a date or “:” of a time")
        }
        let second = try list(isTime: false)
        if isAtEnd || isNext(" ") {
            parts.months = try checked(first, .month)
            try setDays(second, isFromEnd: isFirstTilde, in: &parts)
        } else {
            guard !isFirstTilde else {
                throw error(
                    at: position, "\(shown(at: position)) after the day",
                    "a space or the end; “~” stands before the day")
            }
            let isSecondTilde = isNext("~")
            guard take("-") || take("~") else {
                throw error(at: position, "\(shown(at: position)) in a date", "“-” or “~” and a day")
            }
            let third = try list(isTime: false)
            guard isAtEnd || isNext(" ") else {
                throw error(at: position, "\(shown(at: position)) after a date", "a space, then a time")
            }
            parts.years = try checked(first, .year)
            parts.months = try checked(second, .month)
            try setDays(third, isFromEnd: isSecondTilde, in: &parts)
        }
        skipSpaces()
    }

    private mutating func setDays(
        _ list: ScannedList, isFromEnd: Bool, in parts: inout OnCalendarParts
    ) throws(ExpressionError) {
        parts.days = try checked(list, isFromEnd ? .dayFromEnd : .day)
        parts.isFromEnd = isFromEnd && !parts.days.isEmpty
    }

    // MARK: - Time

    private mutating func time(into parts: inout OnCalendarParts) throws(ExpressionError) {
        let zero = [CalendarComponent(start: 0, stop: nil, step: 0)]
        guard !isAtEnd else {
            (parts.hours, parts.minutes, parts.seconds) = (zero, zero, zero)
            return
        }
        parts.hours = try checked(try list(isTime: false), .hour)
        guard take(":") else {
            throw error(at: position, "\(shown(at: position)) after the hour", "“:” and the minute, such as 09:00")
        }
        parts.minutes = try checked(try list(isTime: false), .minute)
        guard !isAtEnd else {
            parts.seconds = zero
            return
        }
        guard take(":") else {
            throw error(
                at: position, "\(shown(at: position)) after the minute", "the end, “:” and the second, or a zone")
        }
        parts.seconds = try checked(try list(isTime: true), .second)
        if parts.seconds.isEmpty || parts.seconds.contains(OnCalendar.everySecond) {
            parts.seconds = [OnCalendar.everySecond]
        }
        guard isAtEnd else {
            throw error(
                at: position, "\(shown(at: position)) after the time", "the end, or a zone such as Europe/Berlin")
        }
    }

    // MARK: - Lists

    /// The longest list that systemd takes.
    private static let listLimit = 241

    private mutating func list(isTime: Bool) throws(ExpressionError) -> ScannedList {
        var list = ScannedList()
        if take("*") { return list }
        repeat {
            list.parts.append(try part(isTime: isTime))
            if list.parts.count > Self.listLimit {
                throw error(at: position, "the list is too long", "at most \(Self.listLimit) parts")
            }
        } while take(",")
        return list
    }

    private mutating func part(isTime: Bool) throws(ExpressionError) -> ScannedList.Part {
        let unit = isTime ? 1_000_000 : 1
        let start = position
        var component = CalendarComponent(start: try number(unit: unit), stop: nil, step: 0)
        var stopAt = start
        if isNext("."), peek(1) == UInt8(ascii: ".") {
            position += 2
            stopAt = position
            component.stop = try number(unit: unit)
            component.step = unit
        }
        var stepAt = position
        if take("/") {
            stepAt = position
            component.step = try number(unit: unit)
            if component.step == 0 {
                throw error(at: stepAt, "a step of 0 never comes on", isTime ? "0.000001 or more" : "1 or more")
            }
        } else if isTime, let stop = component.stop, component.start + component.step > stop {
            throw error(
                at: stopAt, "the range of seconds is shorter than a second", "a step, such as /0.1, or a longer range")
        }
        if let byte = next, !" ,-~:".utf8.contains(byte) {
            throw error(at: position, "\(shown(at: position)) after a number", "“..”, “/”, “,” or the next field")
        }
        return ScannedList.Part(component: component, start: start, stop: stopAt, step: stepAt)
    }

    private mutating func number(unit: Int) throws(ExpressionError) -> Int {
        let start = position
        guard var value = digits() else {
            throw error(at: start, "\(shown(at: start)) instead of a number", "a number, or “*” alone")
        }
        guard value <= Int(Int32.max) / unit else {
            throw error(at: start, "the number is far too big", "a smaller one")
        }
        value *= unit
        if unit > 1, isNext("."), peek(1) != UInt8(ascii: ".") {
            position += 1
            value += try fraction()
            guard value <= Int(Int32.max) else { throw error(at: start, "the number is far too big", "a smaller one") }
        }
        return value
    }

    /// Microseconds after the point, rounded to the nearest.
    private mutating func fraction() throws(ExpressionError) -> Int {
        var value = 0
        var count = 0
        while let byte = next, Self.isDigit(byte) {
            if count < 6 { value = value * 10 + Int(byte - 0x30) }
            if count == 6, byte >= 0x35 { value += 1 }
            count += 1
            position += 1
        }
        guard count > 0 else { throw error(at: position, "no digits after the point", "such as .5") }
        for _ in 0..<max(0, 6 - count) { value *= 10 }
        return value
    }

    /// The list in normal form: whole ranges, in order, each part once; throws where the field has no such numbers.
    private func checked(_ list: ScannedList, _ field: OnCalendarField) throws(ExpressionError) -> [CalendarComponent] {
        var components: [CalendarComponent] = []
        for part in list.parts {
            var component = part.component
            if field == .year { component = component.withFullYears }
            component.normalize()
            try check(component, part, field)
            components.append(component)
        }
        guard components.count > 1 else { return components }
        components.sort()
        return components.reduce(into: []) { kept, part in if kept.last != part { kept.append(part) } }
    }

    private func check(
        _ component: CalendarComponent, _ part: ScannedList.Part, _ field: OnCalendarField
    ) throws(ExpressionError) {
        let range = field.range
        func shown(_ value: Int) -> String { String(value / field.unit) }
        guard range.contains(component.start) else {
            throw error(at: part.start, "\(field.name) \(shown(component.start)) is out of range", field.rangeText)
        }
        if let stop = component.stop {
            guard range.contains(stop) else {
                throw error(at: part.stop, "\(field.name) \(shown(stop)) is out of range", field.rangeText)
            }
            guard component.start <= stop else {
                throw error(
                    at: part.stop, "the range ends before it begins",
                    "the smaller number first, or two ranges such as \(shown(component.start))..\(shown(range.upperBound)),\(shown(range.lowerBound))..\(shown(stop))"
                )
            }
        }
        guard component.step <= range.upperBound - range.lowerBound else {
            throw error(
                at: part.step, "the step is longer than the field",
                "at most \(shown(range.upperBound - range.lowerBound))")
        }
        if component.stop == nil, component.step > 0 {
            let isTooFar =
                field == .dayFromEnd
                ? component.start - component.step < range.lowerBound
                : component.start + component.step > range.upperBound
            if isTooFar {
                throw error(
                    at: part.step, "the step leads out of the field at once",
                    "\(shown(component.start)) alone, or a shorter step or an earlier start")
            }
        }
    }
}

extension CalendarComponent {
    /// 12 is 2012, 89 is 1989.
    fileprivate var withFullYears: CalendarComponent {
        func full(_ year: Int) -> Int { year < 70 ? year + 2000 : year < 100 ? year + 1900 : year }
        return CalendarComponent(start: full(start), stop: stop.map(full), step: step)
    }

    /// Ends a range at its last number that is reached; a range of one number is that number.
    fileprivate mutating func normalize() {
        if let end = stop, end > start, step > 0 { stop = end - (end - start) % step }
        if stop == start {
            stop = nil
            step = 0
        }
    }
}
