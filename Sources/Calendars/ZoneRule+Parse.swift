extension ZoneRule {
    init(_ text: String) throws(ExpressionError) {
        var scanner = try ExpressionScanner(text)
        let name = try scanner.zoneName()
        let offset = try scanner.zoneOffset(max: 24)
        standard = Zone.Kind(offset: -offset, isDaylight: false, abbreviation: name)
        guard !scanner.isAtEnd else {
            daylight = nil
            return
        }
        let daylightName = try scanner.zoneName()
        let hasOffset = scanner.next.map { $0 != UInt8(ascii: ",") } ?? false
        let daylightOffset = hasOffset ? -(try scanner.zoneOffset(max: 24)) : 3600 - offset
        let kind = Zone.Kind(offset: daylightOffset, isDaylight: true, abbreviation: daylightName)
        guard !scanner.isAtEnd else {
            daylight = (
                kind, Moment(day: .weekday(month: 3, week: 2, day: 0), time: 7200),
                Moment(day: .weekday(month: 11, week: 1, day: 0), time: 7200)
            )
            return
        }
        let from = try scanner.zoneMoment()
        let to = try scanner.zoneMoment()
        guard scanner.isAtEnd else {
            throw scanner.error(at: scanner.position, "\(scanner.shown(at: scanner.position)) follows", "the end here")
        }
        daylight = (kind, from, to)
    }
}

extension ExpressionScanner {
    /// Letters, at least three, or letters, digits and signs in angle brackets.
    fileprivate mutating func zoneName() throws(ExpressionError) -> String {
        let start = position
        let isQuoted = take("<")
        let from = position
        while let byte = next, Self.isLetter(byte) || (isQuoted && (Self.isDigit(byte) || byte == 0x2B || byte == 0x2D))
        {
            position += 1
        }
        let name = slice(from..<position)
        guard name.utf8.count >= 3, !isQuoted || take(">") else {
            throw error(at: start, "no name of a time", "three letters or more, such as CET, or <+03>")
        }
        return name
    }

    /// Hours, then perhaps minutes and seconds, with a sign; in seconds.
    fileprivate mutating func zoneOffset(max: Int) throws(ExpressionError) -> Int {
        let start = position
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard let hours = digits(), hours <= max else {
            throw error(at: start, "no hours", "0 to \(max), with or without a sign")
        }
        var seconds = hours * 3600
        for unit in [60, 1] where take(":") {
            let at = position
            guard let value = digits(), value < 60 else { throw error(at: at, "no minutes or seconds", "00 to 59") }
            seconds += value * unit
        }
        return isNegative ? -seconds : seconds
    }

    fileprivate mutating func zoneMoment() throws(ExpressionError) -> ZoneRule.Moment {
        guard take(",") else { throw error(at: position, "no comma before a date", "“,M3.5.0” or the like") }
        let start = position
        let day: ZoneRule.Moment.Day?
        if take("M") {
            let month = digits(), isFirst = take("."), week = digits(), isSecond = take("."), weekday = digits()
            if isFirst, isSecond, let month, let week, let weekday, (1...12).contains(month), (1...5).contains(week),
                weekday <= 6
            {
                day = .weekday(month: month, week: week, day: weekday)
            } else {
                day = nil
            }
        } else if take("J") {
            day = digits().flatMap { (1...365).contains($0) ? .julian($0) : nil }
        } else {
            day = digits().flatMap { $0 <= 365 ? .counted($0) : nil }
        }
        guard let day else { throw error(at: start, "no date", "M1.1.0 to M12.5.6, J1 to J365 or 0 to 365") }
        return ZoneRule.Moment(day: day, time: take("/") ? try zoneOffset(max: 167) : 7200)
    }
}
