import ArgumentParser
import BackOffice
import JSONCodec
import Linux
import MillraceProtocol

/// Reads the values of options; what is wrong is said as the parser says it.
enum OptionValue {
    /// A time span as settings and declarations have it, up to a hundred years: "90s", "1h 30min".
    static func span(_ text: some StringProtocol) -> Duration? {
        TimeSpan.parse(String(text)).flatMap { $0 <= .seconds(36_525 * 86_400) ? $0 : nil }
    }

    @Sendable static func duration(_ text: String) throws -> Duration {
        guard let duration = span(text) else {
            throw ValidationError("'\(text)' is no time span such as 500ms, 90s, 15min, 2h or 7d")
        }
        return duration
    }

    /// RFC 3339, `now`, or `+15min` from now.
    @Sendable static func time(_ text: String) throws -> Timestamp {
        if text == "now" { return SystemTime().wall() }
        if text.hasPrefix("+"), let duration = span(text.dropFirst()) {
            return SystemTime().wall() + duration
        }
        guard let time = Timestamp(text) else {
            throw ValidationError("'\(text)' is no time such as 2026-11-21T09:30:00Z or +15min")
        }
        return time
    }

    /// RFC 3339, or `15min` before now.
    @Sendable static func pastTime(_ text: String) throws -> Timestamp {
        if let duration = span(text) { return SystemTime().wall() - duration }
        guard let time = Timestamp(text) else {
            throw ValidationError("'\(text)' is no time such as 2026-11-21T09:30:00Z and no time span such as 15min")
        }
        return time
    }

    @Sendable static func month(_ text: String) throws -> Month {
        guard let month = Month(text) else { throw ValidationError("'\(text)' is no month such as 2026-11") }
        return month
    }

    @Sendable static func day(_ text: String) throws -> Day {
        guard let day = Day(text) else { throw ValidationError("'\(text)' is no day such as 2026-11-21") }
        return day
    }

    @Sendable static func clock(_ text: String) throws -> ClockTime {
        guard let time = ClockTime(text) else { throw ValidationError("'\(text)' is no time of day such as 16:15") }
        return time
    }

    @Sendable static func weekdays(_ text: String) throws -> Weekdays {
        guard let days = Weekdays(words: text) else {
            throw ValidationError("'\(text)' are no days of the week such as mon-fri or mon,wed,sat")
        }
        return days
    }

    @Sendable static func capacity(_ text: String) throws -> ScheduleChange.Capacity {
        if text == "calendar" { return .calendar }
        let range = ScheduleConfig.capacities
        guard let number = Int(text), range.contains(number) else {
            throw ValidationError(
                "'\(text)' is neither a whole number from \(range.lowerBound) to \(range.upperBound) nor 'calendar'")
        }
        return .own(number)
    }

    /// The name of a time that is blocked.
    @Sendable static func period(_ text: String) throws -> String {
        if let fault = BookID<BlockedPeriod>.fault(in: text) {
            throw ValidationError("the name of what is blocked \(fault)")
        }
        return text
    }

    @Sendable static func clinic(_ text: String) throws -> ClinicID {
        if let fault = ClinicID.fault(in: text) { throw ValidationError("the name of a clinic \(fault)") }
        return ClinicID(text)
    }

    /// A table of the books that a file can be brought into.
    @Sendable static func importable(_ text: String) throws -> BooksTable {
        let table = BooksTable(rawValue: text.lowercased())
        if let table, table.importable { return table }
        let known = BooksTable.allCases.filter(\.importable).map(\.rawValue).joined(separator: ", ")
        guard let table else { throw ValidationError("'\(text)' is none of \(known)") }
        throw ValidationError(
            "\(table.rawValue) are made by the books themselves and cannot be imported; \(known) can")
    }

    /// A table of the books of which there is a sample.
    @Sendable static func sample(_ text: String) throws -> BooksTable {
        if let table = BooksTable(rawValue: text.lowercased()), SampleBooks.tables.contains(table) { return table }
        let known = SampleBooks.tables.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("'\(text)' is none of \(known)")
    }

    @Sendable static func job(_ text: String) throws -> JobID {
        guard let number = Int64(text), number > 0 else {
            throw ValidationError("'\(text)' is no job id; ids are numbers")
        }
        return JobID(number)
    }

    /// A whole number within bounds.
    static func integer(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
        { text in
            guard let number = Int(text), range.contains(number) else {
                throw ValidationError(
                    "'\(text)' is no whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    /// A duration within bounds, in milliseconds.
    static func milliseconds(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
        { text in
            let value = Int(try duration(text).milliseconds)
            guard range.contains(value) else {
                let bounds = [range.lowerBound, range.upperBound].map { Duration.milliseconds($0).short }
                throw ValidationError("'\(text)' is not from \(bounds[0]) to \(bounds[1])")
            }
            return value
        }
    }

    /// One of a closed set of words.
    @Sendable static func word<Word: WireWord>(_ text: String) throws -> Word {
        guard let word = Word(rawValue: text) else {
            throw ValidationError("'\(text)' is none of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }

    /// Tokens a second.
    @Sendable static func rate(_ text: String) throws -> Double {
        guard let rate = Double(text), (0.001...1_000_000).contains(rate) else {
            throw ValidationError("'\(text)' is no rate: tokens a second, 0.001 to 1000000")
        }
        return rate
    }

    @Sendable static func jobs(_ text: String) throws -> [JobID] {
        let jobs = try text.split(separator: ",", omittingEmptySubsequences: false).map { try job(String($0)) }
        guard (1...100).contains(jobs.count) else { throw ValidationError("1 to 100 jobs, not \(jobs.count)") }
        return jobs
    }

    @Sendable static func states(_ text: String) throws -> [JobState] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let state = JobState(rawValue: String(word)) else {
                let known = JobState.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("'\(word)' is no state of a job; there are \(known)")
            }
            return state
        }
    }
}
