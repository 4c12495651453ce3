import Calendars
import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import Schedules
import Schemas

/// A schedule as it stands in the database.
struct StoredSchedule: Sendable {
    var id: Int64
    var specification: ScheduleSpecification
    var file: String?
    var createdAt: Timestamp
    var cursor: Instant
    var next: Instant?
    var due: Instant?
    var runs: Int
    var failures: Int
    var paused: Bool
    var pausedUntil: Timestamp?
    var pauseReason: String?
    var lastNominal: Instant?
    var lastJob: JobID?
    var putOff: String?
    var putOffSince: Timestamp?
    /// As it was read; see ``ScheduleStore/advance(_:_:_:keep:now:)``.
    var revision: Int64

    var view: ScheduleView {
        ScheduleView(
            schedule: specification, file: file, createdAt: createdAt, paused: paused, pausedUntil: pausedUntil,
            pauseReason: pauseReason, next: paused ? nil : next?.timestamp, nextAt: paused ? nil : due?.timestamp,
            runs: runs, failures: failures, putOff: putOff, last: lastNominal?.timestamp, lastJob: lastJob)
    }
}

/// A run to be written down.
struct RunRecord: Sendable {
    var nominal: Instant
    var cause: ScheduleCause
    var outcome: ScheduleOutcome
    var job: JobID?
    var lateness: Duration?
    var note: String?
    var isWatched = false

    func view(at time: Timestamp) -> ScheduleRun {
        ScheduleRun(
            nominal: nominal.timestamp, at: time, cause: cause, outcome: outcome, job: job,
            latenessMs: lateness.map { Int($0.milliseconds) }, note: note)
    }
}

/// The statements of `scheduler.sqlite`. Each function runs inside a transaction of the store's writer or reader.
enum ScheduleStore {
    static let migrations = Schemas.schedulerMigrations.map {
        Migration(version: $0.version, name: $0.name, sql: $0.sql)
    }

    private static let columns = """
        id, specification, file, created_at, cursor, next, due, runs, failures, paused, paused_until, pause_reason,
        last_nominal, last_job, put_off, put_off_since, revision
        """

    private static func schedule(_ row: Row) throws -> StoredSchedule {
        let specification: ScheduleSpecification = try row.json(1, "schedule \(row.int(0))")
        func instant(_ column: Int) -> Instant? { row.intOrNil(column).map(Instant.init(microseconds:)) }
        func time(_ column: Int) -> Timestamp? { row.intOrNil(column).map(Timestamp.init(milliseconds:)) }
        return StoredSchedule(
            id: row.int(0), specification: specification, file: row.textOrNil(2),
            createdAt: Timestamp(milliseconds: row.int(3)), cursor: Instant(microseconds: row.int(4)),
            next: instant(5), due: instant(6), runs: Int(row.int(7)), failures: Int(row.int(8)), paused: row.bool(9),
            pausedUntil: time(10), pauseReason: row.textOrNil(11), lastNominal: instant(12),
            lastJob: row.intOrNil(13).map { JobID($0) }, putOff: row.textOrNil(14), putOffSince: time(15),
            revision: row.int(16))
    }

    // MARK: Reading

    static func named(_ db: Connection, _ name: String) throws -> StoredSchedule {
        let found = try db.first("SELECT \(columns) FROM schedule WHERE name = ?", .text(name), row: schedule)
        guard let found else {
            let names = try db.query("SELECT name FROM schedule LIMIT 10000") { $0.text(0) }
            throw ScheduleError.unknown(name, hint: NearMiss.hint(name, among: names))
        }
        return found
    }

    /// The schedule as it stands now; nil when it was removed, although another may have its name or number by now.
    static func current(_ db: Connection, _ schedule: StoredSchedule) throws -> StoredSchedule? {
        try db.first(
            "SELECT \(columns) FROM schedule WHERE id = ? AND created_at = ?", SQLValue(schedule.id),
            SQLValue(schedule.createdAt.milliseconds), row: self.schedule)
    }

    static func list(_ db: Connection, prefix: String, after: String, limit: Int) throws -> [StoredSchedule] {
        let end = prefix.isEmpty ? nil : prefix + "\u{10FFFF}"
        return try db.query(
            "SELECT \(columns) FROM schedule WHERE name > ? AND name >= ? AND (? IS NULL OR name < ?) ORDER BY name LIMIT ?",
            .text(after), .text(prefix), SQLValue(end), SQLValue(end), SQLValue(limit), row: schedule)
    }

    static func count(_ db: Connection) throws -> Int {
        Int(try db.first("SELECT count(*) FROM schedule") { $0.int(0) } ?? 0)
    }

    /// Those that are to be looked at, the longest due first.
    static func due(_ db: Connection, by now: Instant, limit: Int) throws -> [StoredSchedule] {
        try db.query(
            "SELECT \(columns) FROM schedule WHERE due <= ? ORDER BY due LIMIT ?", SQLValue(now.microseconds),
            SQLValue(limit), row: schedule)
    }

    /// When the next is to be looked at.
    static func nextDue(_ db: Connection) throws -> Instant? {
        try db.first("SELECT min(due) FROM schedule WHERE due IS NOT NULL") { $0.intOrNil(0) }?
            .map(Instant.init(microseconds:))
    }

    static func history(_ db: Connection, _ id: Int64, limit: Int) throws -> [ScheduleRun] {
        try db.query(
            "SELECT \(runColumns) FROM run WHERE schedule = ? ORDER BY id DESC LIMIT ?", SQLValue(id),
            SQLValue(limit), row: run)
    }

    /// The run by hand that made the job, where the history still knows it.
    static func manualRun(_ db: Connection, _ id: Int64, of job: JobID) throws -> ScheduleRun? {
        try db.first(
            "SELECT \(runColumns) FROM run WHERE schedule = ? AND job = ? AND cause = 'manual' ORDER BY id LIMIT 1",
            SQLValue(id), SQLValue(job.rawValue), row: run)
    }

    private static let runColumns = "nominal, at, cause, outcome, job, lateness, note"

    private static func run(_ row: Row) -> ScheduleRun {
        ScheduleRun(
            nominal: Instant(microseconds: row.int(0)).timestamp, at: Timestamp(milliseconds: row.int(1)),
            cause: ScheduleCause(rawValue: row.text(2)) ?? .due,
            outcome: ScheduleOutcome(rawValue: row.text(3)) ?? .missed, job: row.intOrNil(4).map { JobID($0) },
            latenessMs: row.intOrNil(5).map(Int.init), note: row.textOrNil(6))
    }

    /// Jobs whose end counts for the schedule and is not known yet, the oldest first.
    static func unsettled(_ db: Connection, _ id: Int64, limit: Int) throws -> [JobID] {
        try db.query(
            "SELECT job FROM run WHERE schedule = ? AND settled = 0 ORDER BY id LIMIT ?", SQLValue(id),
            SQLValue(limit)
        ) { JobID($0.int(0)) }
    }

    /// Whether a nominal time has had its job.
    static func hasRun(_ db: Connection, _ id: Int64, _ nominal: Instant) throws -> Bool {
        try db.first(
            "SELECT 1 FROM run WHERE schedule = ? AND nominal = ? AND outcome = 'submitted' AND cause <> 'manual'",
            SQLValue(id), SQLValue(nominal.microseconds)
        ) { _ in true } ?? false
    }

    // MARK: Writing

    /// Makes a schedule or changes its specification; where it stands in time is given.
    static func put(
        _ db: Connection, _ specification: ScheduleSpecification, file: String?, cursor: Instant, next: Instant?,
        due: Instant?, now: Timestamp
    ) throws {
        try db.run(
            """
            INSERT INTO schedule (name, specification, file, created_at, cursor, next, due)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET specification = excluded.specification, file = excluded.file,
                cursor = excluded.cursor, next = excluded.next,
                due = CASE WHEN paused = 0 THEN excluded.due ELSE due END, put_off = NULL, put_off_since = NULL,
                revision = revision + 1
            """,
            .text(specification.name), .text(JSON.text(specification)), SQLValue(file), SQLValue(now.milliseconds),
            SQLValue(cursor.microseconds), SQLValue(next?.microseconds), SQLValue(due?.microseconds))
    }

    static func remove(_ db: Connection, _ id: Int64) throws {
        try db.run("DELETE FROM schedule WHERE id = ?", SQLValue(id))
    }

    /// Moves a schedule on and writes down what became of the times in between.
    ///
    /// - Parameter keep: so many runs stay in its history.
    /// - Returns: false, with nothing written, where the schedule was changed or removed since it was read.
    @discardableResult
    static func advance(_ db: Connection, _ schedule: StoredSchedule, _ runs: [RunRecord], keep: Int, now: Timestamp)
        throws -> Bool
    {
        let changed = try db.run(
            """
            UPDATE schedule SET cursor = ?, next = ?, due = ?, runs = ?, failures = ?, last_nominal = ?, last_job = ?,
                paused = ?, paused_until = ?, pause_reason = ?, put_off = ?, put_off_since = ?, revision = revision + 1
            WHERE id = ? AND revision = ? AND created_at = ?
            """,
            SQLValue(schedule.cursor.microseconds), SQLValue(schedule.next?.microseconds),
            SQLValue(schedule.due?.microseconds), SQLValue(schedule.runs), SQLValue(schedule.failures),
            SQLValue(schedule.lastNominal?.microseconds), SQLValue(schedule.lastJob?.rawValue),
            SQLValue(schedule.paused),
            SQLValue(schedule.pausedUntil?.milliseconds), SQLValue(schedule.pauseReason), SQLValue(schedule.putOff),
            SQLValue(schedule.putOffSince?.milliseconds), SQLValue(schedule.id), SQLValue(schedule.revision),
            SQLValue(schedule.createdAt.milliseconds))
        guard changed > 0 else { return false }
        for run in runs { try record(db, schedule, run, keep: keep, now: now) }
        return true
    }

    /// Writes a run down, and now and then forgets what is more than `keep`. A job that was submitted before and could not be
    /// written down then is written down once; of a schedule that was removed nothing is.
    static func record(_ db: Connection, _ schedule: StoredSchedule, _ run: RunRecord, keep: Int, now: Timestamp) throws
    {
        let id = schedule.id
        let recorded = try db.first(
            "UPDATE schedule SET recorded = recorded + 1 WHERE id = ? AND created_at = ? RETURNING recorded",
            SQLValue(id), SQLValue(schedule.createdAt.milliseconds)
        ) { $0.int(0) }
        guard let recorded else { return }
        try db.run(
            """
            INSERT OR IGNORE INTO run (schedule, nominal, at, cause, outcome, job, lateness, note, settled)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            SQLValue(id), SQLValue(run.nominal.microseconds), SQLValue(now.milliseconds), .text(run.cause.rawValue),
            .text(run.outcome.rawValue), SQLValue(run.job?.rawValue), SQLValue(run.lateness?.milliseconds),
            SQLValue(run.note), run.isWatched ? .int(0) : .null)
        // Now and then is often enough.
        guard recorded % 16 == 0 else { return }
        try db.run(
            """
            DELETE FROM run WHERE schedule = ?1 AND id <= (
                SELECT id FROM run WHERE schedule = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
            """, SQLValue(id), SQLValue(keep))
    }

    static func settle(_ db: Connection, _ id: Int64, _ jobs: [JobID]) throws {
        for job in jobs {
            try db.run(
                "UPDATE run SET settled = 1 WHERE schedule = ? AND job = ? AND settled = 0", SQLValue(id),
                SQLValue(job.rawValue))
        }
    }
}
