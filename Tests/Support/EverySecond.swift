/// The jobs of a schedule of every second, counted in the runner's database: one for each second and none twice.
public struct EverySecond: Hashable, Sendable, CustomStringConvertible {
    public let jobs: Int
    /// Nominal times that have a job.
    public let seconds: Int
    /// Seconds from the first nominal time to the last, both counted.
    public let span: Int

    public var isWhole: Bool { jobs > 0 && jobs == seconds && seconds == span }

    public var description: String { "\(jobs) jobs for \(seconds) of \(span) seconds" }

    /// The command that tells the last nominal time with a job of this kind, in seconds since the epoch.
    public static func newestCommand(_ database: String, kind: String) -> [String] {
        [
            "sqlite3", "-readonly", database,
            "SELECT coalesce(max(unixepoch(json_extract(params, '$.nominal'))), 0) FROM job WHERE kind = '\(kind)'",
        ]
    }

    /// What that command has said.
    public static func newest(_ output: String) throws -> Int {
        guard let second = Int(output.prefix { $0 != "\n" }) else { throw TestFailure("no time: \(output)") }
        return second
    }

    /// The command that counts the jobs of this kind.
    public static func command(_ database: String, kind: String) -> [String] {
        [
            "sqlite3", "-readonly", database,
            """
            WITH tick AS (SELECT unixepoch(json_extract(params, '$.nominal')) AS second FROM job WHERE kind = '\(kind)')
            SELECT count(*), count(DISTINCT second), max(second) - min(second) + 1 FROM tick
            """,
        ]
    }

    /// What the command has said.
    public init(_ output: String) throws {
        let counts = output.split(separator: "\n").first?.split(separator: "|").compactMap { Int($0) } ?? []
        guard counts.count == 3 else { throw TestFailure("no jobs are counted: \(output)") }
        (jobs, seconds, span) = (counts[0], counts[1], counts[2])
    }
}
