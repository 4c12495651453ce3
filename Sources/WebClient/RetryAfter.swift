public import Linux

/// The header `Retry-After` of RFC 9110: a number of seconds or a date.
public enum RetryAfter {
    /// A longer wait is held at this.
    public static let longest = Duration.seconds(86_400)

    /// How long to wait from `now`, zero for a date that is past; nil for what is neither number nor date.
    public static func read(_ text: String, now: Timestamp) -> Duration? {
        if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            guard let seconds = Int64(text) else { return longest }
            return min(.seconds(seconds), longest)
        }
        guard let date = date(text) else { return nil }
        return min(max(.milliseconds(date.milliseconds - now.milliseconds), .zero), longest)
    }

    /// A date of HTTP, in any of its three forms: `Sun, 06 Nov 1994 08:49:37 GMT`, which is what is sent today,
    /// `Sunday, 06-Nov-94 08:49:37 GMT`, and `Sun Nov  6 08:49:37 1994`. The name of the day is not checked.
    static func date(_ text: String) -> Timestamp? {
        let words = text.split(separator: " ")
        let parts: (day: Substring, month: Substring, year: Substring, time: Substring)
        switch words.count {
        case 6 where words[5] == "GMT" && words[0].last == ",":
            parts = (words[1], words[2], words[3], words[4])
        case 4 where words[3] == "GMT" && words[0].last == ",":
            let date = words[1].split(separator: "-", omittingEmptySubsequences: false)
            guard date.count == 3, date[2].count == 2 else { return nil }
            parts = (date[0], date[1], date[2], words[2])
        case 5:
            parts = (words[2], words[1], words[4], words[3])
        default:
            return nil
        }
        let time = parts.time.split(separator: ":", omittingEmptySubsequences: false)
        guard let month = months.firstIndex(of: parts.month), let day = number(parts.day, 1...31),
            let year = number(parts.year, 0...9999), time.count == 3, time.allSatisfy({ $0.count == 2 }),
            let hour = number(time[0], 0...23), let minute = number(time[1], 0...59),
            let second = number(time[2], 0...60),
            let date = CivilDate(year: Int64(century(year, parts.year.count)), month: month + 1, day: day)
        else { return nil }
        let seconds = date.daysSinceEpoch * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        return Timestamp(milliseconds: seconds * 1000)
    }

    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// A year of two digits is of this century: of those that wrote it so, none is left whose dates are past.
    private static func century(_ year: Int, _ digits: Int) -> Int { digits == 2 ? 2000 + year : year }

    private static func number(_ text: Substring, _ range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = Int(text)
        else { return nil }
        return range.contains(value) ? value : nil
    }
}
