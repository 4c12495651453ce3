import JSONCodec
public import Linux
public import MillraceStore

/// What figures were over time, in `metrics.sqlite`: a point a minute at first, fewer the older they are.
///
/// It is bounded by size: past ``Options/bytes`` the oldest points go before their time. A wall clock that was wrong for a while
/// takes nothing away (``WallClock``): what it wrote into the future is dropped when it is right again.
public struct History: Sendable {
    /// Points of one step, and how long they are kept.
    public struct Level: Sendable, Hashable {
        /// Seconds that a point stands for; a multiple of that of the level before.
        public var step: Int64
        public var kept: Duration

        public init(step: Int64, kept: Duration) {
            self.step = step
            self.kept = kept
        }
    }

    public struct Options: Sendable, Hashable {
        /// From the finest to the coarsest.
        public var levels = [
            Level(step: 60, kept: .seconds(86_400)), Level(step: 600, kept: .seconds(14 * 86_400)),
            Level(step: 7200, kept: .seconds(366 * 86_400)),
        ]
        /// Bytes of all tables together, 1 MiB and more.
        public var bytes: Int64 = 256 << 20

        public init() {}
    }

    public let database: Database
    public let options: Options

    public init(_ database: Database, _ options: Options = Options()) {
        self.database = database
        self.options = options
    }

    /// Writes the samples of the step that holds the time; a second writing in the same step is added to the first (growth) or
    /// takes its place. Not synced: what a power cut takes is a minute of figures.
    ///
    /// - Parameter clock: what ``clock()`` has to know again after a restart.
    public func write(_ samples: [Sample], at time: Timestamp, clock: WallClock.Memory? = nil) async throws {
        let step = options.levels[0].step
        let begin = Self.begin(time, step)
        try await database.write(.crash) { connection in
            if let clock {
                try connection.run(
                    "INSERT OR REPLACE INTO clock (id, believed, doubted) VALUES (1, ?, ?)",
                    .int(clock.believed.milliseconds), .int(clock.doubted.milliseconds))
            }
            for sample in samples where sample.value.isFinite {
                let series = try Self.series(sample, connection)
                try connection.run(
                    """
                    INSERT INTO point (step, time, series, value, low, high) VALUES (?1, ?2, ?3, ?4, ?4, ?4)
                    ON CONFLICT DO UPDATE SET
                        value = excluded.value + (CASE WHEN ?5 = 'growth' THEN value ELSE 0 END),
                        low = MIN(low, excluded.low), high = MAX(high, excluded.high)
                    """, .int(step), .int(begin), .int(series), .real(sample.value), .text(sample.kind.rawValue))
            }
        }
    }

    private static func begin(_ time: Timestamp, _ step: Int64) -> Int64 {
        let seconds = time.milliseconds / 1000
        return seconds - seconds % step
    }

    private static func series(_ sample: Sample, _ connection: Connection) throws -> Int64 {
        let labels = JSON.text(sample.labels)
        if let known = try connection.first(
            "SELECT id FROM series WHERE name = ? AND labels = ?", .text(sample.name), .text(labels), row: { $0.int(0) }
        ) {
            return known
        }
        try connection.run(
            "INSERT INTO series (name, labels, kind) VALUES (?, ?, ?)", .text(sample.name), .text(labels),
            .text(sample.kind.rawValue))
        return connection.lastInsertRowID
    }

    /// The wall clock as it was believed when it was written last.
    public func clock() async throws -> WallClock {
        WallClock(
            try await database.read { connection in
                try connection.first("SELECT believed, doubted FROM clock") { row in
                    WallClock.Memory(
                        believed: Timestamp(milliseconds: row.int(0)), doubted: .milliseconds(row.int(1)))
                }
            })
    }

    /// Makes the coarser points whose time is over, and drops what is too old or too much, and what lies in the future. Call it
    /// now and then. It works in small transactions, so that others can write in between.
    public func tidy(now: WallReading) async throws {
        // A clock that was set back by a little soon comes to where it was.
        try await retract(Self.begin(now.latest + WallClock.tolerance, 1))
        for (finer, coarser) in zip(options.levels, options.levels.dropFirst()) {
            while try await database.write(.crash, { try Self.roll(finer.step, into: coarser.step, now: now.said, $0) })
            {}
        }
        for level in options.levels {
            try await drop(level.step, "<", Self.begin(now.earliest - level.kept, level.step))
        }
        let bytes = options.bytes
        for _ in 0..<40 {
            guard try await database.write(.crash, { try Self.shrink(to: bytes, $0) }) else { break }
        }
        try await database.write(.crash) { connection in
            try connection.run(
                "DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM point WHERE point.series = series.id)")
        }
    }

    /// Drops what was written behind a time by a clock that was wrong, and has points rolled up from the last one on again.
    private func retract(_ last: Int64) async throws {
        for level in options.levels { try await drop(level.step, ">", last) }
        try await database.write(.crash) { try $0.run("DELETE FROM rolled WHERE time > ?", .int(last)) }
    }

    /// Drops the points of a step before or behind a time, some at a time.
    private func drop(_ step: Int64, _ side: String, _ time: Int64) async throws {
        let most = 20_000
        let sql = """
            DELETE FROM point WHERE (step, time, series) IN
                (SELECT step, time, series FROM point WHERE step = ? AND time \(side) ? LIMIT \(most))
            """
        while try await database.write(.crash, { try $0.run(sql, .int(step), .int(time)) }) >= most {}
    }

    /// Rolls up a few steps at most; whether there are more.
    private static func roll(
        _ finer: Int64, into coarser: Int64, now: Timestamp, _ connection: Connection
    ) throws -> Bool {
        let last = begin(now, coarser)
        // Where nobody knows how far it came, the newest coarser point is made again: it may not be whole.
        let known =
            try connection.first("SELECT time FROM rolled WHERE step = ?", .int(coarser)) { $0.int(0) }
            ?? connection.first("SELECT MAX(time) FROM point WHERE step = ?", .int(coarser)) {
                $0.isNull(0) ? 0 : $0.int(0)
            } ?? 0
        guard known < last else { return false }
        let next = try connection.first(
            "SELECT MIN(time) FROM point WHERE step = ? AND time >= ?", .int(finer), .int(known)
        ) { $0.isNull(0) ? last : $0.int(0) - $0.int(0) % coarser }
        let start = min(next ?? last, last)
        let end = min(last, start + 6 * coarser)
        try connection.run(
            """
            INSERT OR REPLACE INTO point (step, time, series, value, low, high)
            SELECT ?1, time - time % ?1, series,
                CASE kind WHEN 'growth' THEN SUM(value) ELSE AVG(value) END,
                CASE kind WHEN 'growth' THEN SUM(value) ELSE MIN(low) END,
                CASE kind WHEN 'growth' THEN SUM(value) ELSE MAX(high) END
            FROM point JOIN series ON series.id = series
            WHERE step = ?2 AND time >= ?3 AND time < ?4
            GROUP BY series, time - time % ?1
            """, .int(coarser), .int(finer), .int(start), .int(end))
        try connection.run(
            "INSERT INTO rolled (step, time) VALUES (?, ?) ON CONFLICT DO UPDATE SET time = excluded.time",
            .int(coarser),
            .int(end))
        return end < last
    }

    /// Where there is too much, drops the oldest tenth of the points of the step with the most; whether it did.
    private static func shrink(to bytes: Int64, _ connection: Connection) throws -> Bool {
        guard try used(connection) > bytes else { return false }
        let largest = try connection.first(
            """
            SELECT step, MIN(time), COUNT(*) FROM point GROUP BY step HAVING MIN(time) < MAX(time)
            ORDER BY COUNT(*) DESC LIMIT 1
            """
        ) { ($0.int(0), $0.int(1), $0.int(2)) }
        guard let (step, first, count) = largest else { return false }
        // Of the points, not of their time: one in a far future would make that a tenth of everything there is.
        let tenth = try connection.first(
            "SELECT time FROM point WHERE step = ? ORDER BY time LIMIT 1 OFFSET ?", .int(step), .int(count / 10)
        ) { $0.int(0) }
        try connection.run(
            "DELETE FROM point WHERE step = ? AND time < ?", .int(step), .int(max(first + step, tenth ?? first)))
        return true
    }

    private static func used(_ connection: Connection) throws -> Int64 {
        try connection.first(
            """
            SELECT (page_count - freelist_count) * page_size
            FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()
            """
        ) { $0.int(0) } ?? 0
    }

    /// Bytes that are in use.
    public func size() async throws -> Int64 {
        try await database.read { try Self.used($0) }
    }
}
