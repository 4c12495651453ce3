@testable import Calendars

/// A normalised expression, "Mon..Fri *-*-01/2 09:00:00 UTC", read the plain way; a time is held against its words.
struct PlainCalendar {
    private let weekdays: Set<Int>
    private let years, months, days, hours, minutes, seconds: [Part]
    private let isFromEnd: Bool

    private struct Part {
        var start: Int
        var stop: Int?
        var step: Int

        /// - Parameter unit: what 1 stands for; a second is a million microseconds.
        init(_ text: Substring, unit: Int) {
            let halves = text.split(separator: "/")
            let ends = halves[0].split(separator: ".", omittingEmptySubsequences: false)
            // “05.500000..07” has single points and double ones.
            var numbers: [Int] = []
            var index = 0
            while index < ends.count {
                let hasFraction = index + 1 < ends.count && !ends[index + 1].isEmpty
                let fraction = hasFraction ? Int(ends[index + 1])! : 0
                numbers.append(Int(ends[index])! * unit + fraction)
                index += hasFraction ? 3 : 2
            }
            start = numbers[0]
            stop = numbers.count == 2 ? numbers[1] : nil
            step = stop == nil ? 0 : unit
            if halves.count == 2 {
                let parts = halves[1].split(separator: ".")
                step = Int(parts[0])! * unit + (parts.count == 2 ? Int(parts[1])! : 0)
            }
        }

        func takes(_ value: Int) -> Bool {
            guard value >= start, value <= stop ?? .max else { return false }
            return step == 0 ? value == start : (value - start) % step == 0
        }

        /// Counted from the end of a month; steps go up from the day that is furthest from it.
        func fromEnd(_ length: Int) -> Part {
            var part = self
            part.start = length + 1 - (stop ?? start)
            part.stop = stop == nil ? nil : length + 1 - start
            return part
        }
    }

    init(_ normalised: String) {
        var words = normalised.split(separator: " ")
        var weekdays = Set(0..<7)
        if let first = words.first?.first, first.isLetter {
            weekdays = []
            for range in words.removeFirst().split(separator: ",") {
                let ends = range.split(separator: ".").map { OnCalendar.weekdayNames.firstIndex(of: String($0))! }
                weekdays.formUnion(ends[0]...ends[ends.count - 1])
            }
        }
        self.weekdays = weekdays
        let date = words[0].split { "-~".contains($0) }
        let time = words[1].split(separator: ":")
        func parts(_ text: Substring, unit: Int = 1) -> [Part] {
            text == "*" ? [] : text.split(separator: ",").map { Part($0, unit: unit) }
        }
        isFromEnd = words[0].contains("~")
        (years, months, days) = (parts(date[0]), parts(date[1]), parts(date[2]))
        (hours, minutes) = (parts(time[0]), parts(time[1]))
        seconds = time[2] == "*" ? [Part("0/1", unit: 1_000_000)] : parts(time[2], unit: 1_000_000)
    }

    func takes(_ wall: WallTime) -> Bool {
        func takes(_ parts: [Part], _ value: Int) -> Bool { parts.isEmpty || parts.contains { $0.takes(value) } }
        let date = wall.date
        let isLeap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0)
        let length = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][date.month - 1]
        return weekdays.contains(wall.weekday) && takes(years, Int(date.year)) && takes(months, date.month)
            && takes(isFromEnd ? days.map { $0.fromEnd(length) } : days, date.day) && takes(hours, wall.hour)
            && takes(minutes, wall.minute) && takes(seconds, wall.second * 1_000_000 + wall.microsecond)
    }
}
