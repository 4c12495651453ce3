/// Time spans of settings and reports.
public enum TimeSpan {
    private static let written: [(name: String, nanoseconds: Int64)] = [
        ("w", 604_800_000_000_000), ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("min", 60_000_000_000),
        ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000), ("ns", 1),
    ]

    /// "5min", "1h 30min", "1.5s", "250 ms"; a number alone is in seconds. Nil for anything else, and beyond 292 years.
    public static func parse(_ text: String) -> Duration? {
        do throws(SpanGrammar.Fault) {
            return .nanoseconds(Int64(try SpanGrammar.settings.read(text, below: UInt64(Int64.max) + 1)))
        } catch {
            return nil
        }
    }

    /// The shortest exact form: "1min 30s", "250ms", "0s".
    public static func text(_ span: Duration) -> String {
        var rest = span.nanoseconds
        guard rest > 0 else { return rest == 0 ? "0s" : "-\(text(.zero - span))" }
        var parts: [String] = []
        for unit in written where rest >= unit.nanoseconds {
            parts.append("\(rest / unit.nanoseconds)\(unit.name)")
            rest %= unit.nanoseconds
        }
        return parts.joined(separator: " ")
    }
}
