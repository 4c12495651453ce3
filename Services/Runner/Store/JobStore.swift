import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import Schemas

/// The statements of `runner.sqlite`. Each function runs inside a transaction of the store's writer or reader.
enum JobStore {
    static let migrations = Schemas.runnerMigrations.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }

    /// Two submissions with one idempotency key are one job for so long.
    static let idempotencyWindow = Duration.seconds(7 * 24 * 3600)

    /// Begins a run of the runner and takes back what an earlier one left running.
    ///
    /// - Returns: the number of this run, and how many jobs were taken back.
    static func beginRun(_ db: Connection, bootID: String, now: Timestamp) throws -> (run: Int64, takenBack: Int) {
        try db.run("INSERT INTO run (boot_id, started_at) VALUES (?, ?)", .text(bootID), SQLValue(now.milliseconds))
        let run = db.lastInsertRowID
        return (run, try takeBack(db, cause: "the runner was restarted", now: now))
    }

    /// Makes every running job ready again, with exactly the items that are not finished.
    static func takeBack(_ db: Connection, cause: String, now: Timestamp) throws -> Int {
        let at = SQLValue(now.milliseconds)
        try db.run(
            "UPDATE attempt SET ended_at = max(?, started_at), cause = 'restart', message = ? WHERE ended_at IS NULL",
            at,
            .text(cause))
        try db.run(
            """
            UPDATE item SET state = 'ready' WHERE state = 'running'
                AND job_id IN (SELECT id FROM job WHERE state = 'running')
            """)
        return try db.run(
            "UPDATE job SET state = 'ready', phase = NULL, cause = ?, changed_at = ? WHERE state = 'running'",
            .text(cause), at)
    }

    /// The earliest time at which a scheduled job is due.
    static func nextScheduled(_ db: Connection) throws -> Timestamp? {
        try db.first("SELECT min(run_at) FROM job WHERE state = 'scheduled'") {
            $0.intOrNil(0).map(Timestamp.init(milliseconds:))
        } ?? nil
    }

    /// Makes due jobs ready, at most 1,000 in one transaction.
    static func promote(_ db: Connection, now: Timestamp) throws -> (kinds: Set<String>, next: Timestamp?) {
        let kinds = try db.query(
            """
            UPDATE job SET state = 'ready', cause = 'its time has come', changed_at = ?1
            WHERE id IN (SELECT id FROM job WHERE state = 'scheduled' AND run_at <= ?1 ORDER BY run_at LIMIT 1000)
            RETURNING kind
            """, SQLValue(now.milliseconds)
        ) { $0.text(0) }
        return (Set(kinds), try nextScheduled(db))
    }

    static func remember(_ db: Connection, _ kind: KindDeclaration, now: Timestamp) throws {
        try db.run(
            """
            INSERT INTO kind (name, summary, stages, declared_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET summary = excluded.summary, stages = excluded.stages,
                declared_at = excluded.declared_at
            """,
            .text(kind.name), .text(kind.summary), .text(kind.stages.map(\.rawValue).joined(separator: " ")),
            SQLValue(now.milliseconds))
    }

    static func knownKinds(_ db: Connection) throws -> [KindDeclaration] {
        try db.query("SELECT name, summary, stages FROM kind ORDER BY name") { row in
            KindDeclaration(
                name: row.text(0), summary: row.text(1),
                stages: row.text(2).split(separator: " ").compactMap { WorkloadStage(rawValue: String($0)) })
        }
    }

    /// Reads what was written through the wire's own codec; a row that does not read is corruption.
    static func decode<T: JSONDecodable>(_ bytes: [UInt8], _ what: String) throws -> T {
        do {
            return try JSON.decode(T.self, from: bytes)
        } catch {
            throw StoreError(.corrupt, "\(what) does not read: \(error)")
        }
    }
}
