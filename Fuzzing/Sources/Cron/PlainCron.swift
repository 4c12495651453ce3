@testable import Calendars

/// Cron once more, the plain way: each day is held against the words of the fields. Nothing is shared with the reader.
struct PlainCron {
    /// The seconds of a day at which it runs, in order; at most those of a few minutes are asked for.
    let times: [Int]
    private let seconds, minutes, hours, months: Set<Int>
    private let days, weekdays: String

    /// - Parameter words: six fields that a reader has taken, the second first.
    init(_ words: [String]) {
        seconds = Self.numbers(words[0], 0...59)
        minutes = Self.numbers(words[1], 0...59)
        hours = Self.numbers(words[2], 0...23)
        months = Self.numbers(words[4].lowercased(), 1...12, names: Self.monthNames)
        (days, weekdays) = (words[3].lowercased(), words[5].lowercased())
        var times: [Int] = []
        search: for hour in hours.sorted() {
            for minute in minutes.sorted() {
                for second in seconds.sorted() {
                    times.append(hour * 3600 + minute * 60 + second)
                    if times.count == 5 { break search }
                }
            }
        }
        self.times = times
    }

    func takes(_ wall: WallTime) -> Bool {
        var day = Day.starts[0]
        day.number = wall.day
        (day.year, day.month, day.day, day.weekday) = (
            Int(wall.date.year), wall.date.month, wall.date.day, (wall.weekday + 1) % 7
        )
        return takes(day) && hours.contains(wall.hour) && minutes.contains(wall.minute)
            && seconds.contains(wall.second) && wall.microsecond == 0
    }

    func takes(_ day: Day) -> Bool {
        guard months.contains(day.month) else { return false }
        let byDate = days.split(separator: ",").contains { Self.date(String($0), takes: day) }
        let byWeekday = weekdays.split(separator: ",").contains { Self.weekday(String($0), takes: day) }
        let both = "*?".contains(days.first!) || "*?".contains(weekdays.first!)
        return both ? byDate && byWeekday : byDate || byWeekday
    }

    private static func date(_ word: String, takes day: Day) -> Bool {
        switch word {
        case "?": return true
        case "l": return day.day == day.length
        case "lw": return day.day == day.workingDay(nearest: day.length)
        default: break
        }
        if word.contains("w") {
            return day.day == day.workingDay(nearest: min(Int(word.filter(\.isNumber))!, day.length))
        }
        return numbers(word, 1...31).contains(day.day)
    }

    private static func weekday(_ word: String, takes day: Day) -> Bool {
        if word == "?" { return true }
        if let mark = word.firstIndex(of: "#") {
            let week = Int(word[word.index(after: mark)...])!
            return number(word[..<mark], weekdayNames)! % 7 == day.weekday && (day.day - 1) / 7 + 1 == week
        }
        // The last of the month is written 5L, friL or L5.
        for rest in [word.dropFirst(word.hasPrefix("l") ? 1 : 0), word.dropLast(word.hasSuffix("l") ? 1 : 0)]
        where rest.count < word.count {
            if let number = number(rest, weekdayNames) { return number % 7 == day.weekday && day.day + 7 > day.length }
        }
        let taken = numbers(word, 0...7, names: weekdayNames)
        return taken.contains(day.weekday) || (day.weekday == 0 && taken.contains(7))
    }

    private static let monthNames = [
        "", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    private static func number(_ text: some StringProtocol, _ names: [String]) -> Int? {
        Int(text) ?? names.firstIndex(of: text.lowercased()).flatMap { $0 == 0 && names[0].isEmpty ? nil : $0 }
    }

    /// The numbers that the words of a list stand for.
    private static func numbers(_ list: String, _ range: ClosedRange<Int>, names: [String] = []) -> Set<Int> {
        var found: Set<Int> = []
        for word in list.split(separator: ",") {
            let halves = word.split(separator: "/")
            let step = halves.count == 2 ? min(Int(halves[1]) ?? 100, 100) : 1
            if halves[0] == "*" {
                found.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
                continue
            }
            let ends = halves[0].split(separator: "-").map { number($0, names)! }
            // A step without an end goes to that of the field; Sunday has a second number, which is none to step to.
            let end = range == 0...7 ? 6 : range.upperBound
            let last = ends.count == 2 ? ends[1] : halves.count == 2 ? max(ends[0], end) : ends[0]
            found.formUnion(stride(from: ends[0], through: last, by: step))
        }
        return found
    }
}

extension PlainCron {
    /// A day that is gone through one after the other, without any reckoning by calendar.
    struct Day {
        /// Since 1970-01-01.
        var number: Int64
        var year, month, day: Int
        /// 0 is Sunday.
        var weekday: Int

        static let starts = [
            Day(number: 20_778, year: 2026, month: 11, day: 21, weekday: 6),
            Day(number: 10_956, year: 1999, month: 12, day: 31, weekday: 5),
            Day(number: 45_714, year: 2095, month: 2, day: 28, weekday: 1),
            Day(number: 11_015, year: 2000, month: 2, day: 28, weekday: 1),
        ]

        var length: Int {
            switch month {
            case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        }

        mutating func advance() {
            number += 1
            weekday = (weekday + 1) % 7
            if day < length {
                day += 1
            } else {
                day = 1
                (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
            }
        }

        /// Saturday goes back to Friday and Sunday on to Monday, but neither out of the month.
        func workingDay(nearest wanted: Int) -> Int {
            switch ((weekday + wanted - day) % 7 + 7) % 7 {
            case 6: wanted > 1 ? wanted - 1 : wanted + 2
            case 0: wanted < length ? wanted + 1 : wanted - 2
            default: wanted
            }
        }
    }
}
