import JSONCodec
import Linux
import MillraceStore

/// The row of a sync, as it began.
struct SyncRow: Hashable, Sendable {
    var id: String
    var clinic: ClinicID
    var start: Day
    var end: Day
    var dates: Int
    var startedAt: Timestamp
}

/// How a sync ends.
struct SyncEnd: Sendable {
    var at: Timestamp
    var dates = 0
    var added = 0
    var updated = 0
    /// To be deleted.
    var absent: [KnownAppointment] = []
    /// To be marked: they may have moved.
    var missing: [KnownAppointment] = []
    var failed: [FailedDate] = []
    /// Why all of it failed; then nothing is deleted.
    var error: String?

    init(at: Timestamp) { self.at = at }
}

/// Syncs: what is under way and what was.
extension SQLiteBooks {
    /// Syncs of the clinic that have not ended. Those that did not begin within `stale` are closed, for nobody works on them;
    /// so are those that began as much ahead of now, by a clock that has been set back since.
    func runningSyncs(
        of clinic: ClinicID, besides id: String, now: Timestamp, stale: Duration
    ) async throws -> Int {
        let earliest = "\(now - stale)", latest = "\(now + stale)"
        let running = try await database.read { connection in
            try connection.query(
                """
                SELECT started_at FROM schedule_sync WHERE clinic = ?1 AND status = 'in_progress' AND id <> ?2
                """, .text(clinic.text), .text(id), row: { $0.text(0) })
        }
        let places = running.count { $0 >= earliest && $0 <= latest }
        guard places < running.count else { return places }
        try await database.write { connection in
            try connection.run(
                """
                UPDATE schedule_sync SET status = 'failed', completed_at = ?3, error = 'it came to no end in time'
                WHERE clinic = ?1 AND status = 'in_progress' AND id <> ?4
                    AND started_at NOT BETWEEN ?2 AND ?5
                """, .text(clinic.text), .text(earliest), .text("\(now)"), .text(id), .text(latest))
        }
        return places
    }

    /// Opens the row; one that is there begins anew, with the time of its first begin.
    func openSync(_ row: SyncRow, snapshot: String?) async throws {
        try await database.write { connection in
            try connection.run(
                """
                INSERT INTO schedule_sync (id, clinic, range_start, range_end, status, total_dates, started_at,
                    remote_config, reading)
                VALUES (?1, ?2, ?3, ?4, 'in_progress', ?5, ?6, ?7,
                    (SELECT coalesce(max(reading), 0) + 1 FROM schedule_sync WHERE clinic = ?2))
                ON CONFLICT (id) DO UPDATE SET status = 'in_progress', completed_at = NULL, error = NULL,
                    range_start = excluded.range_start, range_end = excluded.range_end,
                    total_dates = excluded.total_dates, finished_dates = '[]', progress_percentage = 0, failed_dates = '[]',
                    partial_success = 0, remote_config = excluded.remote_config, reading = excluded.reading
                """,
                .text(row.id), .text(row.clinic.text), .text("\(row.start)"), .text("\(row.end)"), SQLValue(row.dates),
                .text("\(row.startedAt)"), SQLValue(snapshot))
        }
    }

    /// Takes a number for a reading that begins now: greater than that of any of the clinic before, whatever the clock shows.
    func beginReading(of id: String) async throws -> Int64 {
        try await database.write { connection in
            let number = try connection.first(
                """
                UPDATE schedule_sync SET reading = 1 + (
                    SELECT max(other.reading) FROM schedule_sync other WHERE other.clinic = schedule_sync.clinic)
                WHERE id = ?1 RETURNING reading
                """, .text(id), row: { $0.int(0) })
            guard let number else { throw ClinicError.noSync(id) }
            return number
        }
    }

    /// The number of the clinic's last reading that has begun.
    func lastReading(of clinic: ClinicID) async throws -> Int64 {
        try await database.read { connection in
            try connection.first(
                "SELECT coalesce(max(reading), 0) FROM schedule_sync WHERE clinic = ?1", .text(clinic.text),
                row: { $0.int(0) })
        } ?? 0
    }

    func noteSlots(sync: String, created: Int, updated: Int) async throws {
        var stats = ScheduleSyncStats()
        stats.slotsCreated = created
        stats.slotsUpdated = updated
        let text = JSON.text(stats)
        try await database.write { connection in
            try connection.run("UPDATE schedule_sync SET stats = ?2 WHERE id = ?1", .text(sync), .text(text))
        }
    }

    /// The row of a sync that goes on, open again if it had ended; its time counts from now then.
    func reopenSync(_ id: String, at now: Timestamp) async throws -> SyncRow {
        try await database.write { connection in
            try connection.run(
                """
                UPDATE schedule_sync SET status = 'in_progress', completed_at = NULL, error = NULL, started_at = ?2,
                    duration_ms = NULL
                WHERE id = ?1 AND status <> 'in_progress'
                """, .text(id), .text("\(now)"))
            guard let row = try Self.syncRow(id, connection) else { throw ClinicError.noSync(id) }
            return row
        }
    }

    /// Notes that a date came to an end, in whatever way.
    func noteDate(_ date: Day, of id: String) async throws {
        try await database.write { connection in
            try connection.run(
                """
                UPDATE schedule_sync SET "current_date" = ?2, finished_dates = CASE
                    WHEN EXISTS (SELECT 1 FROM json_each(finished_dates) WHERE value = ?2) THEN finished_dates
                    ELSE json_insert(finished_dates, '$[#]', ?2) END
                WHERE id = ?1 AND status = 'in_progress'
                """, .text(id), .text("\(date)"))
            try connection.run(
                """
                UPDATE schedule_sync SET progress_percentage =
                    min(100, CAST(round(100.0 * json_array_length(finished_dates) / total_dates) AS INTEGER))
                WHERE id = ?1 AND status = 'in_progress'
                """, .text(id))
        }
    }

    /// Deletes what is gone, counts the slots, resolves conflicts and closes the row, in one transaction. A row that is
    /// closed already stays as it is.
    func closeSync(_ id: String, _ end: SyncEnd) async throws -> (SyncRow, ScheduleSyncStats) {
        try await database.write { connection in
            guard let row = try Self.syncRow(id, connection) else { throw ClinicError.noSync(id) }
            var stats = try Self.stats(of: id, connection)
            let isOpen = try connection.first(
                "SELECT status = 'in_progress' FROM schedule_sync WHERE id = ?1", .text(id), row: { $0.bool(0) })
            guard isOpen == true else { return (row, stats) }
            stats.appointmentsAdded = end.added
            stats.appointmentsUpdated = end.updated
            if end.error == nil {
                stats.appointmentsRemoved = try Self.remove(end.absent, at: end.at, connection)
                try Self.mark(end.missing, connection)
            }
            try Self.countSlots(of: row.clinic, from: row.start, to: row.end, connection)
            let conflicts = try Self.resolveConflicts(
                of: row.clinic, from: row.start, to: row.end, now: end.at, connection)
            stats.conflictsDetected = conflicts.detected
            stats.conflictsResolved = conflicts.resolved
            try connection.run(
                """
                UPDATE schedule_sync SET status = ?2, completed_at = ?3, failed_dates = ?4, partial_success = ?5,
                    stats = ?6, error = ?7, duration_ms = ?8
                WHERE id = ?1
                """,
                .text(id), .text(end.error == nil ? "completed" : "failed"), .text("\(end.at)"),
                .text(JSON.text(end.failed.map { "\($0.date)" })),
                SQLValue(!end.failed.isEmpty && end.failed.count < end.dates && end.error == nil),
                .text(JSON.text(stats)), SQLValue(end.error ?? end.failed.first.map { "\($0.date): \($0.message)" }),
                SQLValue(max(0, (end.at - row.startedAt).milliseconds)))
            return (row, stats)
        }
    }

    /// Closes a row that is open.
    func failSync(_ id: String, _ reason: String, at now: Timestamp) async throws {
        try await database.write { connection in
            try connection.run(
                """
                UPDATE schedule_sync SET status = 'failed', completed_at = ?3, error = ?2
                WHERE id = ?1 AND status = 'in_progress'
                """, .text(id), .text(reason), .text("\(now)"))
        }
    }

    private static func syncRow(_ id: String, _ connection: Connection) throws -> SyncRow? {
        try connection.first(
            "SELECT clinic, range_start, range_end, total_dates, started_at FROM schedule_sync WHERE id = ?1",
            .text(id)
        ) { row in
            guard let started = Timestamp(row.text(4)) else {
                throw BooksError.damaged(table: "schedule_sync", id: id, column: "started_at")
            }
            return SyncRow(
                id: id, clinic: row.id(0), start: try row.day(1, "range_start", of: "schedule_sync", id),
                end: try row.day(2, "range_end", of: "schedule_sync", id), dates: Int(row.int(3)), startedAt: started)
        }
    }

    private static func stats(of id: String, _ connection: Connection) throws -> ScheduleSyncStats {
        let text = try connection.first(
            "SELECT stats FROM schedule_sync WHERE id = ?1", .text(id), row: { $0.text(0) })
        return try JSON.decode(ScheduleSyncStats.self, from: text ?? "{}")
    }

    /// The last syncs of a clinic, the latest first.
    public func syncs(of clinic: ClinicID, limit: Int = 20) async throws -> [SyncView] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT id, status, range_start, range_end, progress_percentage, "current_date", failed_dates,
                    partial_success, stats, error, started_at, completed_at, duration_ms
                FROM schedule_sync WHERE clinic = ?1
                ORDER BY reading DESC, started_at DESC, id DESC LIMIT ?2
                """, .text(clinic.text), SQLValue(limit)
            ) { row in
                SyncView(
                    id: row.text(0), status: row.text(1), start: row.text(2), end: row.text(3),
                    progress: Int(row.int(4)), currentDate: row.textOrNil(5),
                    failedDates: try JSON.decode([String].self, from: row.text(6)), partialSuccess: row.bool(7),
                    stats: try JSON.decode(ScheduleSyncStats.self, from: row.text(8)), error: row.textOrNil(9),
                    startedAt: row.text(10), completedAt: row.textOrNil(11),
                    durationMs: row.intOrNil(12).map { Int($0) })
            }
        }
    }

    /// How fresh the mirror of a clinic is.
    /// - Throws: ``ClinicError/noClinic(_:)``.
    public func scheduleStatus(of id: ClinicID, now: Timestamp) async throws -> ScheduleStatus {
        _ = try await clinic(id)
        let config = try await config(of: id) ?? ScheduleConfig()
        let syncs = try await syncs(of: id, limit: 1)
        let synced = try await database.read { connection in
            try connection.first(
                """
                SELECT completed_at FROM schedule_sync WHERE clinic = ?1 AND status = 'completed'
                ORDER BY reading DESC, completed_at DESC LIMIT 1
                """, .text(id.text), row: { $0.text(0) })
        }
        return ScheduleStatus(
            clinic: id, lastSync: syncs.first, syncedAt: synced.flatMap { Timestamp($0) }, now: now,
            staleMinutes: config.staleMinutes, horizonDays: config.horizonDays)
    }
}
