import Linux
import MillraceProtocol
import MillraceStore
import Schemas

/// The statements of `runner.sqlite`. Each function runs inside a transaction of the store's writer or reader.
enum JobStore {
    static let migrations = Schemas.runnerMigrations.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }

    /// Two submissions with one idempotency key are one job for so long.
    static let idempotencyWindow = Duration.seconds(7 * 24 * 3600)

    /// Begins a run of the runner: takes back what an earlier one left running, cancels the jobs whose connection is gone
    /// with it, and lets the lines of keys move up to what may run by these rules.
    static func beginRun(
        _ db: Connection, bootID: String, _ rules: StoreRules, now: Timestamp
    ) throws -> (run: Int64, takenBack: Int, changes: Changes) {
        try db.run("INSERT INTO run (boot_id, started_at) VALUES (?, ?)", .text(bootID), SQLValue(now.milliseconds))
        let run = db.lastInsertRowID
        let takenBack = try takeBack(db, cause: "the runner was restarted", now: now)
        var changes = Changes()
        let attached = try db.query("SELECT id FROM job WHERE attached = 1 AND finished_at IS NULL ORDER BY id") {
            JobID($0.int(0))
        }
        for id in attached {
            let standing = try standing(db, id)
            guard !standing.state.isFinal else { continue }
            try endWaiting(db, standing, "the connection that submitted it is gone", rules, now, &changes)
        }
        changes.merge(try refill(db, rules, now: now))
        return (run, takenBack, changes)
    }

    /// Makes every running job ready again, with exactly the items that are not finished; each has its place as before.
    static func takeBack(_ db: Connection, cause: String, now: Timestamp) throws -> Int {
        let at = SQLValue(now.milliseconds)
        let running = "SELECT id FROM job WHERE state = 'running' AND state <> 'succeeded'"
        try db.run(
            """
            UPDATE attempt SET ended_at = max(?, started_at), cause = 'restart', message = ?
            WHERE job_id IN (\(running)) AND ended_at IS NULL
            """, at, .text(cause))
        try db.run("UPDATE item SET state = 'ready' WHERE job_id IN (\(running)) AND state = 'running'")
        return try db.run(
            """
            UPDATE job SET state = 'ready', phase = NULL, cause = ?, changed_at = ?
            WHERE state = 'running' AND state <> 'succeeded'
            """, .text(cause), at)
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

}
