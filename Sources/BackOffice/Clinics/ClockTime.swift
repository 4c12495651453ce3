/// A time of day of a clinic's clock, to the second: from 00:00:00 to 24:00:00, the end of the day.
public struct ClockTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Since midnight, 0 to 86,400.
    public let seconds: Int

    /// Nil outside of the day.
    public init?(seconds: Int) {
        guard (0...86_400).contains(seconds) else { return nil }
        self.seconds = seconds
    }

    /// - Precondition: 0 to 1,440 minutes.
    init(minutes: Int) {
        precondition((0...1440).contains(minutes))
        seconds = minutes * 60
    }

    /// Reads a clock of 24 hours (`16:15`, `16:15:00`) or of 12 (`4:15 PM`, `4:15:30pm`, `12 AM`); nil for anything else.
    public init?(_ text: String) {
        var word = text.trimmed.uppercased()
        var half: Int?
        for (suffix, hours) in [("AM", 0), ("A.M.", 0), ("PM", 12), ("P.M.", 12)] where word.hasSuffix(suffix) {
            half = hours
            word = String(word.dropLast(suffix.count)).trimmed
            break
        }
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard (half == nil ? 2 : 1)...3 ~= parts.count else { return nil }
        var numbers: [Int] = []
        for (index, part) in parts.enumerated() {
            guard index == 0 ? (1...2).contains(part.utf8.count) : part.utf8.count == 2,
                let number = Digits.number(ArraySlice(part.utf8)), index == 0 || number < 60
            else { return nil }
            numbers.append(number)
        }
        if let half {
            guard (1...12).contains(numbers[0]) else { return nil }
            numbers[0] = numbers[0] % 12 + half
        }
        numbers += [0, 0]
        self.init(seconds: numbers[0] * 3600 + numbers[1] * 60 + numbers[2])
    }

    public static func < (left: ClockTime, right: ClockTime) -> Bool { left.seconds < right.seconds }

    /// "16:15:00"
    public var description: String {
        [seconds / 3600, seconds / 60 % 60, seconds % 60].map { Digits.padded($0, 2) }.joined(separator: ":")
    }

    /// "16:15"
    public var short: String { String(description.prefix(5)) }

    /// The last time at or before this one on a grid that begins at midnight.
    func roundedDown(toMinutes minutes: Int) -> ClockTime {
        ClockTime(minutes: seconds / 60 / minutes * minutes)
    }

    func advanced(byMinutes minutes: Int) -> ClockTime? { ClockTime(seconds: seconds + minutes * 60) }
}

/// Days of the week; Sunday is 0.
public struct Weekdays: Hashable, Sendable {
    /// Bit 0 is Sunday.
    public let bits: Int

    public static let mondayToSaturday = Weekdays(bits: 0b111_1110)

    /// - Precondition: 0 to 127.
    public init(bits: Int) {
        precondition((0...127).contains(bits))
        self.bits = bits
    }

    /// Numbers from 0, Sunday, to 6; nil when another is among them.
    public init?(_ numbers: some Sequence<Int>) {
        var bits = 0
        for number in numbers {
            guard (0...6).contains(number) else { return nil }
            bits |= 1 << number
        }
        self.bits = bits
    }

    /// Days and ranges of days after commas, such as `mon-fri,sun`: English names of three letters or more, or numbers from 0,
    /// Sunday. Nil for anything else; an empty text names none and is nil.
    public init?(words text: String) {
        var bits = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Self.number(String($0)) }
            guard ends.count <= 2, var day = ends[0], let last = ends[ends.count - 1] else { return nil }
            bits |= 1 << day
            while day != last {
                day = (day + 1) % 7
                bits |= 1 << day
            }
        }
        self.bits = bits
    }

    /// Of a day's English name, of which three letters are enough, or number; 0 is Sunday.
    public static func number(_ word: String) -> Int? {
        let word = word.trimmed.lowercased()
        if let number = Int(word) { return (0...6).contains(number) ? number : nil }
        return word.utf8.count < 3 ? nil : names.firstIndex { $0.hasPrefix(word) }
    }

    private static let names = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

    public func contains(_ day: Day) -> Bool { bits >> day.weekday & 1 == 1 }

    /// From 0, Sunday.
    public var numbers: [Int] { (0...6).filter { bits >> $0 & 1 == 1 } }
}

extension Weekdays: CustomStringConvertible {
    /// In the form that ``init(words:)`` reads, from Monday on: `mon-fri,sun`.
    public var description: String {
        let week = [1, 2, 3, 4, 5, 6, 0]
        var runs: [[Int]] = []
        for (place, day) in week.enumerated() where bits >> day & 1 == 1 {
            if place > 0, runs.last?.last == week[place - 1] {
                runs[runs.count - 1].append(day)
            } else {
                runs.append([day])
            }
        }
        return runs.map { run in
            let ends = (run.count > 2 ? [run[0], run[run.count - 1]] : run).map { Self.names[$0].prefix(3) }
            return ends.joined(separator: run.count > 2 ? "-" : ",")
        }.joined(separator: ",")
    }
}
