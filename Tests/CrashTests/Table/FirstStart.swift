import Glibc
import TestSupport

/// Kills starts on a folder that has no database yet, or one of the first release with jobs in it.
struct FirstStart {
    private static let jobs = 30
    private let plan: CrashPlan
    private let call: String
    private let upgrade: Bool

    init(_ plan: CrashPlan, _ call: String, _ upgrade: Bool) {
        self.plan = plan
        self.call = call
        self.upgrade = upgrade
    }

    func run() async throws -> CrashRow {
        var row = CrashRow(plan: plan)
        // The whole table goes on until a start makes fewer such calls; a look at it takes some from afar.
        let step = plan.kills < 10 ? 37 : 1
        for index in 0..<plan.kills {
            let site = try CrashSite(outside: 0)
            if upgrade { try await fill(site.runner) }
            try site.runner.launch(under: [
                "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
                "inject=\(call):signal=KILL:when=\(1 + index * step)",
            ])
            let deadline = ContinuousClock.now + .seconds(20)
            while !site.runner.hasEnded, ContinuousClock.now < deadline,
                (try? await site.runner.call("service.ping")) == nil
            {
                try await Task.sleep(for: .milliseconds(1))
            }
            // It may have died after it answered.
            let died = site.runner.hasEnded
            if !died { try await site.runner.killGroup() }
            try await site.runner.start()
            try await look(site.runner, &row)
            try await site.end()
            guard died else { break }
            row.kills += 1
        }
        return row
    }

    /// A database of version 1 with jobs that wait, run, and are over.
    private func fill(_ runner: BareRunner) async throws {
        guard let schema = text(of: packageRoot + "/Schemas/migrations/runner-001-jobs.sql") else {
            throw TestFailure("no schema of version 1")
        }
        try await check(
            ["sqlite3", runner.jobs],
            input: """
                PRAGMA journal_mode = WAL;
                \(schema)
                INSERT INTO kind VALUES ('crash.command', '', 'process', 0);
                WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < \(Self.jobs))
                INSERT INTO job (kind, params, queue, priority, state, cause, changed_at, run_at, max_attempts, backoff_ms,
                    submitted_at, uid, correlation_id)
                SELECT 'crash.command', x'7B7D', 'default', 0, 'ready', 'submitted', 1, 1, 3, 10, 1, 0, n FROM n;
                UPDATE job SET state = 'running', phase = 'processing', slots = 1, started_at = 2 WHERE id <= 20;
                INSERT INTO item (job_id, number, key, input, state) SELECT id, 0, 'job', x'6E756C6C', 'running' FROM job
                    WHERE id <= 20;
                UPDATE item SET state = 'succeeded', output = x'7B7D' WHERE job_id <= 10;
                UPDATE job SET state = 'succeeded', phase = NULL, finished_at = 1000 * unixepoch() WHERE id <= 10;
                PRAGMA user_version = 1;
                """)
    }

    /// The jobs of before are there, each of them ends once, and the file is whole.
    private func look(_ runner: BareRunner, _ row: inout CrashRow) async throws {
        let expected = upgrade ? Self.jobs : 1
        if !upgrade {
            _ = try await runner.call(
                "job.submit", "{\"kind\":\"crash.command\"}", meta: "{\"idempotencyKey\":\"one\"}")
        }
        try await eventually("the jobs are over", within: .seconds(60)) {
            try await runner.call("service.status")["figures"]["jobs_live"].int == 0
        }
        let query = """
            SELECT count(*), count(*) FILTER (WHERE state = 'succeeded'), (SELECT count(*) FROM (SELECT 1 FROM transition
                WHERE to_state = 'succeeded' GROUP BY job_id HAVING count(*) > 1)), (SELECT integrity_check
                FROM pragma_integrity_check LIMIT 1)
            FROM job WHERE kind = 'crash.command'
            """
        let answer = try await check(["sqlite3", "-readonly", runner.jobs, query])
        row.acknowledged += expected
        row.jobs += expected
        let words = answer.split(whereSeparator: { $0 == "|" || $0 == "\n" }).map(String.init)
        row.lost += expected - (Int(words[0]) ?? 0)
        row.doubled += Int(words[2]) ?? 0
        if words != ["\(expected)", "\(expected)", "0", "ok"] {
            row.faults.append("after \(row.kills) kills: \(words)")
        }
    }
}
