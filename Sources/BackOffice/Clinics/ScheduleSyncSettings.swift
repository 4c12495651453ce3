public import Linux

/// How schedules are synced, from the environment. Numbers below 1 are refused.
public struct ScheduleSyncSettings: Hashable, Sendable {
    private static let datesAtOnce = NumberVariable(
        "SYNC_CONCURRENCY", 3, 1...20, otherwise: .refused, "Dates of a clinic's calendar at once")
    private static let syncsAtOnce = NumberVariable(
        "MAX_CONCURRENT_SYNCS", 2, 1...1000, otherwise: .refused, "Syncs of one clinic at once")
    private static let milliseconds = NumberVariable(
        "SYNC_TIMEOUT_MS", 300_000, 1...86_400_000, otherwise: .refused, "Milliseconds for a whole sync")
    private static let requests = NumberVariable(
        "IDEXX_RATE_LIMIT", 10, 1...1_000_000, otherwise: .refused, "Requests to calendars a second, and the burst")
    private static let sessionsAtOnce = NumberVariable(
        "BROWSER_POOL_SIZE", 2, 1...64, otherwise: .refused, "Sessions of one clinic at once")

    /// All that is read.
    public static let variables = [datesAtOnce, syncsAtOnce, milliseconds, requests, sessionsAtOnce].map(\.reference)

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
    public init(environment: @escaping (String) -> String?, problems: inout [String]) {
        var reader = VariableReader(environment)
        dates = reader.number(Self.datesAtOnce)
        syncs = reader.number(Self.syncsAtOnce)
        timeout = .milliseconds(reader.number(Self.milliseconds))
        rate = reader.number(Self.requests)
        sessions = reader.number(Self.sessionsAtOnce)
        problems += reader.problems
    }
}
