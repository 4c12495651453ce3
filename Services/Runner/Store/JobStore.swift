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

    static func remember(_ db: Connection, _ kind: KnownKind, now: Timestamp) throws {
        let declared = kind.declaration
        try db.run(
            """
            INSERT INTO kind (name, summary, stages, declared_at, pool) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET summary = excluded.summary, stages = excluded.stages,
                declared_at = excluded.declared_at, pool = excluded.pool
            """,
            .text(declared.name), .text(declared.summary),
            .text(declared.stages.map(\.rawValue).joined(separator: " ")), SQLValue(now.milliseconds),
            SQLValue(kind.pool))
    }

    static func forget(_ db: Connection, kinds: [String]) throws {
        for name in kinds { try db.run("DELETE FROM kind WHERE name = ?", .text(name)) }
    }

    /// In the order in which they were declared, those of pools last. What is more than ``KindRegistry/limit``, which earlier
    /// versions let in, is forgotten.
    static func knownKinds(_ db: Connection) throws -> [KnownKind] {
        try db.run(
            """
            DELETE FROM kind WHERE name NOT IN (
                SELECT name FROM kind ORDER BY pool IS NULL, declared_at DESC, name LIMIT \(KindRegistry.limit))
            """)
        return try db.query(
            "SELECT name, summary, stages, pool FROM kind ORDER BY pool IS NOT NULL, declared_at, name"
        ) { row in
            let stages = row.text(2).split(separator: " ").compactMap { WorkloadStage(rawValue: String($0)) }
            let summary = String(String.UnicodeScalarView(row.text(1).unicodeScalars.prefix(Payload.summary)))
            return KnownKind(
                declaration: KindDeclaration(name: row.text(0), summary: summary, stages: stages),
                pool: row.textOrNil(3))
        }
    }
}
