/// Time spans as systemd.time(7) writes them.
public enum TimeSpan {
    private static let units: [(names: [String], nanoseconds: Int64)] = [
        (["ns", "nsec"], 1),
        (["us", "µs", "μs", "usec"], 1000),
        (["ms", "msec"], 1_000_000),
        (["s", "sec", "second", "seconds"], 1_000_000_000),
        (["min", "m", "minute", "minutes"], 60_000_000_000),
        (["h", "hr", "hour", "hours"], 3_600_000_000_000),
        (["d", "day", "days"], 86_400_000_000_000),
        (["w", "week", "weeks"], 604_800_000_000_000),
    ]

    /// "5min", "1h 30min", "1.5s", "250 ms"; a number alone is in seconds. Nil for anything else, and beyond 292 years.
    public static func parse(_ text: String) -> Duration? {
        var rest = Substring(trimmed(text))
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count).drop { $0 == " " }
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count).drop { $0 == " " }
            guard let scale = nanoseconds(in: unit, isOnly: rest.isEmpty && total == 0),
                let part = decimal(number, times: scale)
            else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow { return nil }
            total = sum
        }
        return .nanoseconds(total)
    }

    /// The shortest exact form: "1min 30s", "250ms", "0s".
    public static func text(_ span: Duration) -> String {
        var rest = span.nanoseconds
        guard rest > 0 else { return rest == 0 ? "0s" : "-\(text(.zero - span))" }
        var parts: [String] = []
        for unit in units.reversed() where rest >= unit.nanoseconds {
            parts.append("\(rest / unit.nanoseconds)\(unit.names[0])")
            rest %= unit.nanoseconds
        }
        return parts.joined(separator: " ")
    }

    private static func nanoseconds(in unit: Substring, isOnly: Bool) -> Int64? {
        if unit.isEmpty { return isOnly ? 1_000_000_000 : nil }
        return units.first { $0.names.contains(String(unit)) }?.nanoseconds
    }

    /// Exact, without a way through Double: "1.5" times 1000 is 1500. What is finer than a nanosecond is cut off.
    private static func decimal(_ number: Substring, times scale: Int64) -> Int64? {
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first.flatMap({ Int64($0) }) else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
        if overflow { return nil }
        guard parts.count == 2 else { return product }
        guard !parts[1].isEmpty else { return nil }
        let digits = parts[1].prefix(15)
        guard let fraction = Int64(digits) else { return nil }
        var power: Int128 = 1
        for _ in digits { power *= 10 }
        let (sum, carried) = product.addingReportingOverflow(Int64(Int128(fraction) * Int128(scale) / power))
        return carried ? nil : sum
    }
}
