extension CronExpression {
    /// Reads five fields or a macro; with `hasSeconds` six fields, the second first, or a macro.
    public init(
        _ text: String, hasSeconds: Bool = false, dialect: CronDialect = .debian
    ) throws(ExpressionError) {
        var scanner = try ExpressionScanner(text)
        scanner.skipBlanks()
        if scanner.isNext("@") {
            let written = try scanner.macro()
            self = try CronExpression(written)
            return
        }
        let fields = hasSeconds ? CronField.allCases : Array(CronField.allCases.dropFirst())
        // The second 0 where none is asked for.
        var values = hasSeconds ? [] : [CronValues(bits: 1)]
        var words: [String] = []
        for field in fields {
            scanner.skipBlanks()
            guard !scanner.isAtEnd else {
                throw scanner.error(
                    at: scanner.position, "the \(field.name) is missing",
                    "\(fields.count) fields: \(fields.map(\.name).joined(separator: ", "))")
            }
            let start = scanner.position
            values.append(try scanner.values(of: field, dialect))
            words.append(scanner.slice(start..<scanner.position))
        }
        scanner.skipBlanks()
        guard scanner.isAtEnd else {
            let hint = hasSeconds ? "" : "; six with the second first have to be asked for"
            throw scanner.error(
                at: scanner.position, "a field follows after the day of week",
                "\(fields.count) fields: \(fields.map(\.name).joined(separator: ", "))\(hint)")
        }
        self.init(words.joined(separator: " "), values)
    }

    /// `values` in the order of ``CronField/allCases``.
    private init(_ text: String, _ values: [CronValues]) {
        let (seconds, minutes, hours) = (values[0], values[1], values[2])
        let (days, months, weekdays) = (values[3], values[4], values[5])
        description = text
        isWildcard = minutes.isStar || hours.isStar
        let needsBoth = days.isStar || weekdays.isStar
        let dayPattern = DayPattern(months: UInt16(months.bits)) { length, first in
            let byDay = days.days(length, first)
            let byWeekday = weekdays.weekdays(length, first)
            return needsBoth ? byDay & byWeekday : byDay | byWeekday
        }
        let times = TimePattern(hours: UInt32(hours.bits), minutes: minutes.bits, seconds: .whole(seconds.bits))
        pattern = WallPattern(days: dayPattern, times: times)
    }
}

extension ExpressionScanner {
    fileprivate var isAtBlank: Bool { next.map { [0x20, 0x09, 0x0A, 0x0D].contains($0) } ?? true }

    fileprivate mutating func skipBlanks() {
        while !isAtEnd, isAtBlank { position += 1 }
    }

    fileprivate mutating func macro() throws(ExpressionError) -> String {
        let start = position
        while !isAtBlank { position += 1 }
        let name = slice(start..<position)
        skipBlanks()
        guard isAtEnd else { throw error(at: position, "something follows after \(name)", "nothing") }
        switch name {
        case "@yearly", "@annually": return "0 0 1 1 *"
        case "@monthly": return "0 0 1 * *"
        case "@weekly": return "0 0 * * 0"
        case "@daily", "@midnight": return "0 0 * * *"
        case "@hourly": return "0 * * * *"
        case "@reboot":
            throw error(at: start, "@reboot is no time of a calendar", "a time, or a schedule that runs at the start")
        default:
            throw error(
                at: start, "there is no macro \(name)",
                "one of @yearly @annually @monthly @weekly @daily @midnight @hourly, in small letters")
        }
    }

    /// One field, from the position to the next blank.
    fileprivate mutating func values(of field: CronField, _ dialect: CronDialect) throws(ExpressionError) -> CronValues
    {
        var values = CronValues()
        if dialect == .wide, field == .dayOfMonth || field == .dayOfWeek, isNext("?") {
            position += 1
            values.isStar = true
            values.bits = Self.bits(field.range, by: 1)
        } else {
            values.isStar = isNext("*")
            repeat { try item(of: field, dialect, into: &values) } while take(",")
        }
        guard isAtBlank else {
            throw error(at: position, "\(shown(at: position)) in the \(field.name)", "“,”, “-”, “/” or the next field")
        }
        if field == .dayOfWeek, values.bits & 0x81 != 0 { values.bits |= 0x81 }
        return values
    }

    private mutating func item(
        of field: CronField, _ dialect: CronDialect, into values: inout CronValues
    ) throws(ExpressionError) {
        if take("*") {
            values.bits |= Self.bits(field.range, by: try step() ?? 1)
            return
        }
        if try special(of: field, dialect, into: &values) { return }
        let start = position
        let first = try value(of: field)
        if isNext("-") {
            position += 1
            let lastAt = position
            let last = try value(of: field)
            guard first <= last else {
                let isSunday = field == .dayOfWeek && last == 0
                throw error(
                    at: lastAt, "the range ends before it begins",
                    isSunday
                        ? "\(slice(start..<lastAt))7, for Sunday is 0 and 7" : "two ranges with a comma between them")
            }
            values.bits |= Self.bits(first...last, by: try step() ?? 1)
        } else if let step = try step() {
            values.bits |= Self.bits(first...max(first, field.lastStep), by: step)
        } else if field == .dayOfWeek, take("#") {
            let weekAt = position
            guard let week = digits(), (1...5).contains(week) else {
                throw error(at: weekAt, "no week of the month after “#”", "1 to 5")
            }
            values.inWeek.append((first % 7, week))
        } else if dialect == .wide, field == .dayOfMonth, takeLetter("w") {
            values.nearestWorkingDays.append(first)
        } else if dialect == .wide, field == .dayOfWeek, takeLetter("l") {
            values.lastOfMonth.append(first % 7)
        } else {
            values.bits |= 1 << UInt64(first)
        }
    }

    /// What begins with the letter L or W.
    private mutating func special(
        of field: CronField, _ dialect: CronDialect, into values: inout CronValues
    ) throws(ExpressionError) -> Bool {
        switch field {
        case .dayOfMonth where takeLetter("l"):
            if dialect == .wide, takeLetter("w") { values.hasLastWorkingDay = true } else { values.hasLastDay = true }
            return true
        case .dayOfMonth where dialect == .wide && takeLetter("w"):
            values.nearestWorkingDays.append(try value(of: field))
            return true
        case .dayOfWeek where dialect == .wide && takeLetter("l"):
            values.lastOfMonth.append(try value(of: field) % 7)
            return true
        default: return false
        }
    }

    private mutating func takeLetter(_ letter: Unicode.Scalar) -> Bool {
        guard let byte = next, byte | 0x20 == UInt8(ascii: letter) else { return false }
        position += 1
        return true
    }

    /// A number or a name.
    private mutating func value(of field: CronField) throws(ExpressionError) -> Int {
        let start = position
        if let number = digits() {
            guard field.range.contains(number) else {
                let shown = slice(start..<min(position, start + 20))
                throw error(at: start, "\(field.name) \(shown) is out of range", field.rangeText)
            }
            return number
        }
        while let byte = next, Self.isLetter(byte) { position += 1 }
        let word = slice(start..<position).lowercased()
        if let index = field.names.firstIndex(of: word) { return index + field.range.lowerBound }
        let shown = word.isEmpty ? self.shown(at: start) : "“\(slice(start..<min(position, start + 20)))”"
        throw error(at: start, "\(shown) is no \(field.name)", field.rangeText)
    }

    private mutating func step() throws(ExpressionError) -> Int? {
        guard take("/") else { return nil }
        let start = position
        guard let step = digits() else { throw error(at: start, "no number after “/”", "a step of 1 or more") }
        guard step > 0 else { throw error(at: start, "a step of 0 never comes on", "1 or more") }
        return step
    }

    private static func bits(_ range: ClosedRange<Int>, by step: Int) -> UInt64 {
        stride(from: range.lowerBound, through: range.upperBound, by: min(step, 64)).reduce(0) { $0 | 1 << UInt64($1) }
    }
}
