import Linux

/// Numbers and times as short texts.
public enum ShortText {
    /// Three digits: "0.0123", "4.5", "12k", "3.4M"; "–" for what is no number.
    public static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let size = abs(value)
        if size >= 999.5 {
            for (unit, sign) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")] where size >= unit * 0.9995 {
                return digits(value / unit) + sign
            }
        }
        return digits(value)
    }

    /// "850 µs", "12 ms", "3.4 s", "5 min", "2 h", "3 d".
    public static func seconds(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let size = abs(value)
        if size == 0 { return "0 s" }
        if size < 0.0009995 { return digits(value * 1e6) + " µs" }
        if size < 0.9995 { return digits(value * 1000) + " ms" }
        if size < 99.5 { return digits(value) + " s" }
        if size < 5970 { return digits((value / 60).rounded()) + " min" }
        if size < 2 * 86_400 { return digits((value / 3600 * 10).rounded() / 10) + " h" }
        return digits((value / 86_400).rounded()) + " d"
    }

    /// "12 MB", in powers of ten.
    public static func bytes(_ value: Double) -> String {
        let text = number(value)
        guard let last = text.last, last.isLetter else { return text + " B" }
        return "\(text.dropLast()) \(last == "k" ? "kB" : "\(last)B")"
    }

    private static func digits(_ value: Double) -> String {
        guard value != 0 else { return "0" }
        var places = 2
        var size = abs(value)
        while size >= 10, places > 0 {
            size /= 10
            places -= 1
        }
        while size < 1, places < 9 {
            size *= 10
            places += 1
        }
        return fixed(value, places)
    }

    /// With so many places at most; zeros at the end are left out.
    static func fixed(_ value: Double, _ places: Int) -> String {
        var power = 1.0
        for _ in 0..<places { power *= 10 }
        let scaled = (abs(value) * power).rounded()
        guard scaled < 9e18 else { return value.description }
        let whole = Int64(scaled) / Int64(power)
        var fraction = String(Int64(scaled) % Int64(power))
        fraction = String(repeating: "0", count: max(0, places - fraction.count)) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return fraction.isEmpty || places == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(fraction)"
    }

    /// "13:05" of the day, in UTC; "21 Nov" where days are far apart.
    public static func time(_ seconds: Double, over span: Double) -> String {
        let second = Int64(seconds.rounded(.down))
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let inDay = (second % 86_400 + 86_400) % 86_400
        if span > 2 * 86_400 {
            let days = (second - inDay) / 86_400
            let date = CivilDate(daysSinceEpoch: days)
            let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            return "\(date.day) \(names[date.month - 1])"
        }
        let text = "\(two(inDay / 3600)):\(two(inDay / 60 % 60))"
        return span < 180 ? text + ":" + two(inDay % 60) : text
    }
}
