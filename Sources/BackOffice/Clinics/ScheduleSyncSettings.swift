/// How schedules are synced, from the environment. Numbers below 1 are refused.
public struct ScheduleSyncSettings: Hashable, Sendable {
    public static let datesVariable = "SYNC_CONCURRENCY"
    public static let syncsVariable = "MAX_CONCURRENT_SYNCS"
    public static let timeoutVariable = "SYNC_TIMEOUT_MS"
    public static let rateVariable = "IDEXX_RATE_LIMIT"
    public static let sessionsVariable = "BROWSER_POOL_SIZE"

    /// Dates of a sync side by side.
    public var dates = 3
    /// Syncs of one clinic at once.
    public var syncs = 2
    /// Of a whole sync.
    public var timeout = Duration.milliseconds(300_000)
    /// Requests a second, and the burst.
    public var rate = 10
    /// Sessions of one clinic that a process keeps.
    public var sessions = 2
    /// A sync that has not ended after so long has lost its place.
    public static let stale = Duration.seconds(600)
    /// Rows that one statement writes.
    public static let batch = 100

    public init() {}

    /// What is wrong, all of it, is appended to `problems`.
    public init(environment: (String) -> String?, problems: inout [String]) {
        dates = Self.number(Self.datesVariable, 3, 1...20, environment, &problems)
        syncs = Self.number(Self.syncsVariable, 2, 1...1000, environment, &problems)
        let timeout = Self.number(Self.timeoutVariable, 300_000, 1...86_400_000, environment, &problems)
        self.timeout = .milliseconds(timeout)
        rate = Self.number(Self.rateVariable, 10, 1...1_000_000, environment, &problems)
        sessions = Self.number(Self.sessionsVariable, 2, 1...64, environment, &problems)
    }

    private static func number(
        _ variable: String, _ standard: Int, _ range: ClosedRange<Int>, _ environment: (String) -> String?,
        _ problems: inout [String]
    ) -> Int {
        guard let said = environment(variable), !said.isEmpty else { return standard }
        if let number = Int(said), range.contains(number) { return number }
        problems.append("\(variable)=\(said) is not a number from \(range.lowerBound) to \(range.upperBound)")
        return standard
    }
}
