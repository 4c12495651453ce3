import TestSupport

/// What became of the jobs, read from the runner's database, the receipts and the workers' own account by SQL that knows
/// nothing of the runner's code.
struct Judgement {
    /// Counts by name.
    var counts: [String: Int] = [:]
    /// Each is a broken promise.
    var faults: [String] = []

    var lost: Int { sum(["lost"]) }

    /// Completions that were counted or carried out twice.
    var doubled: Int { sum(Self.doubles) }

    private static let doubles = [
        "jobs of one submission", "ends of one job", "completions of one item", "done again after its end",
        "hooks fired twice",
    ]

    private func sum(_ names: [String]) -> Int { names.reduce(0) { $0 + counts[$1, default: 0] } }

    /// Names of what is only counted; everything else has to be 0.
    private static let figures: Set = ["jobs", "cut short", "failed after three losses", "succeeded", "cancelled"]

    private static let finals = "('succeeded', 'partial', 'failed', 'cancelled')"

    static func of(_ site: CrashSite, _ account: CrashLoad.Account) async throws -> Judgement {
        let receipts = account.acknowledged.map { "\($0.tag) \($0.job) \($0.isOwn ? 1 : 0)\n" }.joined()
        let path = site.runner.folder.write(receipts, to: "receipts")
        let script = """
            ATTACH 'file:\(site.runner.jobs)?mode=ro' AS r;
            CREATE TABLE receipt (tag INT, job INT, own INT);
            CREATE TABLE effect (what TEXT, at INT, pid INT, job INT, item INT, fence INT);
            .separator " "
            .import \(path) receipt
            .import \(site.effects) effect
            CREATE INDEX effect_place ON effect (job, item, fence);
            CREATE TEMP TABLE finish AS SELECT job_id, count(*) FILTER (WHERE to_state IN \(finals)) AS ends,
                count(*) FILTER (WHERE from_state IN \(finals)) AS again FROM r.transition GROUP BY job_id;
            CREATE TEMP TABLE done AS SELECT job_id, item_number, max(fence) AS fence, count(*) AS times
                FROM r.attempt WHERE stage = 'process' AND cause = 'succeeded' GROUP BY job_id, item_number;
            \(Self.queries.map { "SELECT count(*), group_concat(id), '\($0.name)' FROM (\($0.query));" }.joined(separator: "\n"))
            SELECT count(*), group_concat(integrity_check), 'integrity' FROM r.pragma_integrity_check
                WHERE integrity_check <> 'ok';
            SELECT count(*), '', 'foreign keys' FROM r.pragma_foreign_key_check;
            """
        let output = try await check(["sqlite3", ":memory:"], input: script, within: .seconds(120))
        var judgement = Judgement()
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard words.count == 3, let count = Int(words[0]) else { throw TestFailure("sqlite3: \(line)") }
            judgement.counts[words[2]] = count
            if count > 0, !figures.contains(words[2]) {
                judgement.faults.append("\(words[2]): \(count) (\(words[1].prefix(100)))")
            }
        }
        guard judgement.counts.count == queries.count + 2 else { throw TestFailure("sqlite3: \(output)") }
        judgement.faults += account.wrong.prefix(5).map { "a wrong answer: \($0)" }
        return judgement
    }

    private static let queries: [(name: String, query: String)] = [
        ("jobs", "SELECT id FROM r.job WHERE kind LIKE 'crash.%'"),
        ("succeeded", "SELECT id FROM r.job WHERE kind LIKE 'crash.%' AND state = 'succeeded'"),
        ("cancelled", "SELECT id FROM r.job WHERE kind LIKE 'crash.%' AND state = 'cancelled'"),
        ("cut short", "SELECT job_id AS id FROM r.attempt WHERE cause IN ('restart', 'lost', 'signal')"),
        (
            "lost",
            """
            SELECT receipt.job AS id FROM receipt LEFT JOIN r.job ON r.job.id = receipt.job
            WHERE r.job.id IS NULL OR finished_at IS NULL
            """
        ),
        ("not over", "SELECT id FROM r.job WHERE finished_at IS NULL"),
        (
            "acknowledged as another",
            """
            SELECT receipt.job AS id FROM receipt JOIN r.job ON r.job.id = receipt.job
            WHERE own = 1 AND json_extract(CAST(params AS TEXT), '$.t') IS NOT tag
            """
        ),
        (
            "jobs of one submission",
            """
            SELECT min(id) AS id FROM r.job WHERE unique_key IS NULL AND kind LIKE 'crash.%' AND hook_of IS NULL
            GROUP BY json_extract(CAST(params AS TEXT), '$.t') HAVING count(*) > 1
            """
        ),
        ("ends of one job", "SELECT job_id AS id FROM finish WHERE ends > again + 1"),
        (
            "over without an end",
            """
            SELECT id FROM r.job LEFT JOIN finish ON job_id = id
            WHERE finished_at IS NOT NULL AND coalesce(ends, 0) < coalesce(again, 0) + 1
            """
        ),
        ("completions of one item", "SELECT job_id AS id FROM done WHERE times > 1"),
        (
            "done again after its end",
            """
            SELECT DISTINCT job AS id FROM effect JOIN done ON job_id = job AND item_number = item
            WHERE effect.fence > done.fence
            """
        ),
        (
            "counted and never done",
            """
            SELECT job_id AS id FROM done JOIN r.job ON r.job.id = job_id LEFT JOIN effect
                ON job = job_id AND item = item_number AND effect.fence = done.fence AND what = 'E'
            WHERE kind LIKE 'crash.%' AND effect.job IS NULL
            """
        ),
        (
            "succeeded without its items",
            """
            SELECT id FROM r.job WHERE state = 'succeeded' AND kind LIKE 'crash.%' AND
                (NOT EXISTS (SELECT 1 FROM done WHERE job_id = id)
                OR EXISTS (SELECT 1 FROM r.item WHERE job_id = id AND state <> 'succeeded'))
            """
        ),
        (
            "commands beside their successor",
            """
            SELECT DISTINCT old.job AS id FROM effect AS old JOIN effect AS new
                ON new.job = old.job AND new.item = old.item AND new.fence > old.fence AND new.what = 'S'
            JOIN r.job ON r.job.id = old.job
            WHERE kind = 'crash.command' AND old.what = 'E' AND old.at > new.at
            """
        ),
        (
            "hooks fired twice",
            """
            SELECT hook_of AS id FROM r.job JOIN finish ON job_id = hook_of GROUP BY hook_of HAVING count(*) > max(ends)
            """
        ),
        (
            "hooks not fired",
            """
            SELECT id FROM r.job JOIN finish ON job_id = id WHERE hooks IS NOT NULL AND finished_at IS NOT NULL
                AND ends > (SELECT count(*) FROM r.job AS own WHERE own.hook_of = r.job.id)
            """
        ),
        (
            "followers before their time",
            """
            SELECT follower.id AS id FROM r.dependency
            JOIN r.job AS follower ON follower.id = r.dependency.job_id JOIN r.job AS parent ON parent.id = after_id
            LEFT JOIN finish AS mine ON mine.job_id = follower.id LEFT JOIN finish AS its ON its.job_id = parent.id
            -- One that was retried by hand does not wait again.
            WHERE coalesce(mine.again, 0) + coalesce(its.again, 0) = 0 AND (follower.started_at < parent.finished_at
                OR (mode = 'success' AND follower.state = 'succeeded' AND parent.state <> 'succeeded'))
            """
        ),
        ("attempts without an end", "SELECT job_id AS id FROM r.attempt WHERE ended_at IS NULL"),
        ("places of keys not given back", "SELECT key AS id FROM r.line WHERE admitted <> 0 OR waiting <> 0"),
        (
            "failed after three losses",
            """
            SELECT id FROM r.job WHERE state IN ('failed', 'partial')
                AND (json_extract(CAST(error AS TEXT), '$.data.reason') = 'worker.lost' AND 3 <= (
                    SELECT count(*) FROM r.attempt WHERE job_id = id AND cause IN ('lost', 'signal')))
            """
        ),
        (
            "failed otherwise",
            """
            SELECT id FROM r.job WHERE state IN ('failed', 'partial')
                AND NOT (json_extract(CAST(error AS TEXT), '$.data.reason') IS 'worker.lost' AND 3 <= (
                    SELECT count(*) FROM r.attempt WHERE job_id = id AND cause IN ('lost', 'signal')))
            """
        ),
    ]
}
