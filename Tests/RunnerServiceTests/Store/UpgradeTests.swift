import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import TestSupport
import Testing

@testable import RunnerService

/// A database of version 1 with a row of every sort.
@Suite struct UpgradeTests {
    private static let rows = """
        INSERT INTO run VALUES (3, 'boot', 1, NULL);
        INSERT INTO kind VALUES ('plain', '', 'process', 1);
        INSERT INTO job (id, kind, params, queue, key, priority, state, phase, cause, changed_at, run_at, max_attempts,
            backoff_ms, attempts, slots, submitted_at, started_at, finished_at, uid, correlation_id, result, error)
        VALUES
            (1, 'plain', CAST('{}' AS BLOB), 'default', NULL, 2, 'ready', NULL, 'submitted', 1000000, 1, 3, 5, 0, NULL, 1,
                NULL, NULL, 1000, 'c', NULL, NULL),
            (2, 'plain', CAST('{}' AS BLOB), 'default', 'k', 0, 'running', 'processing', 'started', 2, 1, 3, 5, 0, 1, 1, 2,
                NULL, 1000, 'c', NULL, NULL),
            (3, 'plain', CAST('{}' AS BLOB), 'default', 'k', 0, 'ready', NULL, 'submitted', 3, 1, 3, 5, 0, NULL, 1, NULL,
                NULL, 1000, 'c', NULL, NULL),
            (4, 'plain', CAST('{}' AS BLOB), 'default', 'k', 0, 'ready', NULL, 'submitted', 4, 1, 3, 5, 0, NULL, 1, NULL,
                NULL, 1000, 'c', NULL, NULL),
            (5, 'plain', CAST('{}' AS BLOB), 'default', NULL, 0, 'scheduled', NULL, 'submitted', 1, 99, 3, 5, 0, NULL, 1,
                NULL, NULL, 1000, 'c', NULL, NULL),
            (6, 'plain', CAST('[6]' AS BLOB), 'default', NULL, 0, 'running', 'processing', 'started', 2, 1, 3, 5, 0, 1, 1,
                2, NULL, 1000, 'c', NULL, NULL),
            (8, 'plain', CAST('{}' AS BLOB), 'default', NULL, 0, 'running', 'processing', 'started', 2, 1, 3, 5, 1, 1, 1,
                2, NULL, 1000, 'c', NULL, NULL);
        UPDATE job SET state = 'succeeded', phase = NULL, cause = 'done', changed_at = 3, finished_at = 3,
            result = CAST('1' AS BLOB) WHERE id = 6;
        UPDATE job SET state = 'failed', phase = NULL, cause = 'bad', changed_at = 3, finished_at = 3,
            error = CAST('{"code":1,"message":"m"}' AS BLOB) WHERE id = 8;
        INSERT INTO item (job_id, number, key, input, state, output, error) VALUES
            (2, 0, 'job', CAST('null' AS BLOB), 'running', NULL, NULL),
            (6, 0, 'job', CAST('null' AS BLOB), 'succeeded', CAST('1' AS BLOB), NULL),
            (8, 0, 'job', CAST('null' AS BLOB), 'failed', NULL, CAST('{"code":1,"message":"m"}' AS BLOB));
        INSERT INTO attempt (job_id, item_number, stage, worker, fence, started_at, ended_at, cause) VALUES
            (6, 0, 'process', 'w/1', 101, 2, 3, 'succeeded'), (8, 0, 'process', 'w/1', 102, 2, 3, 'error'),
            (2, 0, 'process', 'w/1', 103, 2, NULL, NULL);
        INSERT INTO submission VALUES (1000, 'once', 6, 604800001);
        -- A number that was given to a job that is gone.
        UPDATE sqlite_sequence SET seq = 20 WHERE name = 'job';
        """

    @Test func aDatabaseOfVersionOneGoesOnWithAllItsRows() throws {
        let folder = TemporaryDirectory()
        let path = folder.file("runner.sqlite")
        let old = try Database.open(path, migrations: Array(JobStore.migrations.prefix(1)))
        try old.writeBlocking { try $0.execute(Self.rows) }
        old.close()

        let store = try Database.open(path, migrations: JobStore.migrations)
        #expect(try DatabaseFile(store.path).problems() == [])
        let rules = StoreRules()
        let now = Timestamp(milliseconds: 2_000_000)
        let begun = try store.writeBlocking { try JobStore.beginRun($0, bootID: "test", rules, now: now) }
        #expect(begun.run == 4)
        #expect(begun.takenBack == 1)
        let known = try store.writeBlocking { try JobStore.knownKinds($0) }
        #expect(known == [KnownKind(declaration: KindDeclaration(name: "plain"), pool: nil)])
        func detail(_ id: Int64) throws -> JobDetail {
            try store.readBlocking {
                try JobStore.detail(
                    $0, JobShow.Params(id: JobID(id), items: true, attempts: true, transitions: true))
            }
        }
        #expect(try detail(6).job.result?.text == "1")
        #expect(try detail(6).job.params?.text == "[6]")
        #expect(try detail(6).attempts?.map(\.fence) == [101])
        #expect(try detail(6).transitions?.map(\.to) == [.running, .succeeded])
        #expect(try detail(8).job.error?.message == "m")
        #expect(try detail(8).job.items == ItemCounts(total: 1, failed: 1))
        #expect(try detail(2).attempts?.map(\.cause) == ["restart"])
        #expect(try detail(5).job.state == .scheduled)
        // The job that ran keeps its place, one of its key comes in, the other waits.
        #expect(try [2, 3, 4].map { try detail($0).job.hold } == [nil, nil, .key])
        let lane = Lane(queue: "default", kind: "plain", uid: 1000)
        let claimed = try store.writeBlocking {
            try JobStore.claim($0, [LaneRequest(lane: lane, count: 10, isPlain: true)], now: now)
        }
        #expect(claimed.jobs.map(\.brief.id.rawValue) == [2, 1, 3])
        #expect(claimed.jobs.first?.items.map(\.brief.key) == ["job"])
        for job in claimed.jobs {
            _ = try store.writeBlocking {
                try JobStore.finish(
                    $0, job.view, JobEnding(state: .succeeded, cause: "done", attempts: 0, crashes: 0), rules, now: now)
            }
        }
        #expect(try detail(4).job.hold == nil)
        var again = JobSpecification(kind: "plain", params: JSONRaw([6]))
        again.idempotencyKey = "once"
        let repeated = Submission(again, rules, uid: 1000, correlationId: "c")
        let receipt = try store.writeBlocking { try JobStore.submit($0, repeated, rules, now: now).receipt }
        #expect(receipt.duplicate)
        #expect(receipt.id == JobID(6))
        let new = Submission(JobSpecification(kind: "plain"), rules, uid: 1000, correlationId: "c")
        let fresh = try store.writeBlocking { try JobStore.submit($0, new, rules, now: now).receipt }
        #expect(fresh.id == JobID(21))
        _ = try store.writeBlocking { try JobStore.retry($0, JobID(8), rules, now: now) }
        #expect(try DatabaseFile(store.path).problems() == [])
        store.close()
    }
}
