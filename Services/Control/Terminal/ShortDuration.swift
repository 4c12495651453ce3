import Linux

extension Duration {
    /// Two units at most, as a person reads it: "320 ms", "3.2 s", "2 m 05 s", "1 h 03 m", "2 d 4 h".
    var short: String {
        let milliseconds = max(0, self.milliseconds)
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        let seconds = milliseconds / 1000
        if seconds < 60 { return "\(seconds).\(milliseconds % 1000 / 100) s" }
        if seconds < 3600 { return "\(seconds / 60) m \(Self.twoDigits(seconds % 60)) s" }
        if seconds < 86_400 { return "\(seconds / 3600) h \(Self.twoDigits(seconds % 3600 / 60)) m" }
        return "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
    }

    private static func twoDigits(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : String(number)
    }
}

extension Timestamp {
    /// ISO 8601 in UTC to the second: "2026-11-21T02:26:09Z".
    var short: String {
        String(description.prefix(19)) + "Z"
    }
}
