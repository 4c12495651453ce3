import Linux
import MillraceProtocol
import MillraceStore
import TestSupport
import Testing

@testable import RunnerService

/// What the database itself refuses, whoever asks.
@Suite struct SchemaRuleTests {
    let yard: JobYard

    init() throws { yard = try JobYard() }

    /// A row in this state, made by allowed steps.
    private func job(in state: JobState) throws -> JobID {
        let id = try yard.submit(
            JobSpecification(kind: "plain", runAt: state == .scheduled ? yard.now + .seconds(60) : nil)
        ).receipt.id
        guard state != .ready, state != .scheduled else { return id }
        try yard.claim("plain")
        if state != .running { try yard.finish(id, state) }
        return id
    }

    private func set(_ id: JobID, _ state: JobState) throws {
        try yard.write { db, _, now in
            try db.run(
                """
                UPDATE job SET state = ?1, phase = CASE ?1 WHEN 'running' THEN 'processing' END,
                    finished_at = CASE WHEN ?2 THEN 1 END, expires_at = CASE WHEN ?2 THEN 1 END, started_at = 1,
                    error = CAST('{"code":1,"message":"m"}' AS BLOB)
                WHERE id = ?3
                """, .text(state.rawValue), SQLValue(state.isFinal), SQLValue(id.rawValue))
        }
    }

    private static let allowed: [JobState: Set<JobState>] = [
        .scheduled: [.ready, .cancelled], .ready: [.running, .cancelled, .scheduled],
        .running: [.succeeded, .partial, .failed, .cancelled, .scheduled, .ready], .succeeded: [],
        .partial: [.ready], .failed: [.ready], .cancelled: [.ready],
    ]

    @Test(arguments: JobState.allCases, JobState.allCases)
    func aChangeOfStateIsAllowedOrRefusedByTheSchema(from: JobState, to: JobState) throws {
        let id = try job(in: from)
        let before = try yard.detail(id).transitions?.count ?? 0
        if from == to || Self.allowed[from]?.contains(to) == true {
            try set(id, to)
            #expect(try yard.job(id).state == to)
            #expect(try yard.detail(id).transitions?.count == before + (from == to ? 0 : 1))
        } else {
            let error = #expect(throws: StoreError.self) { try set(id, to) }
            #expect(error?.kind == .constraint(.trigger))
            #expect(try yard.job(id).state == from)
        }
    }

    @Test(arguments: [
        "UPDATE job SET hold = 'bury' WHERE state = 'running'",
        "UPDATE job SET hold = 'bury' WHERE state = 'succeeded'",
        "UPDATE job SET hold = 'key' WHERE state = 'ready'",
        "UPDATE job SET hold = 'key' WHERE state = 'scheduled'",
        "UPDATE job SET hold = 'dependency' WHERE state = 'ready'",
        "UPDATE job SET hold = 'other' WHERE state = 'ready'",
        "UPDATE job SET waits_for = 1 WHERE state = 'ready'",
        "UPDATE job SET keeps_place = 1 WHERE state = 'scheduled'",
        "UPDATE job SET keeps_place = 1, key = 'k' WHERE state = 'ready'",
        "UPDATE job SET phase = NULL WHERE state = 'running'",
        "UPDATE job SET phase = 'planning' WHERE state = 'ready'",
        "UPDATE job SET finished_at = 1 WHERE state = 'ready'",
        "UPDATE job SET expires_at = 1 WHERE state = 'ready'",
        "UPDATE job SET expires_at = NULL WHERE state = 'succeeded'",
        "UPDATE job SET slots = 1 WHERE plain = 1",
        "UPDATE job SET attempts = max_attempts + 1 WHERE state = 'ready'",
        "UPDATE job SET durability = 'none' WHERE state = 'ready'",
        "UPDATE job SET state = 'lost' WHERE state = 'ready'",
        "UPDATE job SET task = x'00' WHERE state = 'ready'",
        "DELETE FROM job WHERE state = 'ready'",
        "DELETE FROM job WHERE state = 'running'",
        "INSERT INTO dependency VALUES (1, 1, 'always', 1)",
        "INSERT INTO dependency VALUES (1, 2, 'always', 1)",
        "INSERT INTO attempt (job_id, fence, stage, worker, started_at) VALUES (1, 1, 'process', 'w', 0)",
        "INSERT INTO attempt (job_id, fence, stage, worker, started_at) VALUES (99, 1, 'plan', 'w', 0)",
    ])
    func aBadRowIsRefused(sql: String) throws {
        for state in [JobState.succeeded, .running, .ready, .scheduled] { _ = try job(in: state) }
        let error = #expect(throws: StoreError.self) { try yard.write { db, _, _ in try db.run(sql) } }
        guard case .constraint = error?.kind else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func twoLiveJobsOfAUniqueKeyCannotBe() throws {
        var wanted = JobSpecification.plain()
        wanted.uniqueKey = "u"
        try yard.submit(wanted)
        let error = #expect(throws: StoreError.self) {
            try yard.write { db, _, _ in
                try db.run(
                    """
                    INSERT INTO job (kind, queue, uid, priority, state, rank, cause, changed_at, run_at, max_attempts,
                        backoff_ms, submitted_at, correlation_id, durability, unique_key, params)
                    VALUES ('plain', 'q', 1, 0, 'ready', 0, 'c', 0, 0, 3, 0, 0, 'c', 'disk', 'u', x'7b7d')
                    """)
            }
        }
        #expect(error?.kind == .constraint(.unique))
    }
}
