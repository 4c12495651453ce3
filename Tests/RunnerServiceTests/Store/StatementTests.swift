import CSQLite
import Glibc
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceStore
@testable import RunnerService

/// How SQLite goes about the statements of the store.
@Suite struct StatementTests {
    let yard: JobYard

    init() throws { yard = try JobYard() }

    /// Every statement of a life in all its turns, as the writer has prepared them.
    private func statements() throws -> [String] {
        var wanted = JobSpecification.keyed("clinic")
        wanted.uniqueKey = "u"
        wanted.idempotencyKey = "i"
        let first = try yard.submit(wanted).receipt.id
        wanted.idempotencyKey = nil
        wanted.uniqueMode = .replace
        let second = try yard.submit(wanted).receipt.id
        wanted.uniqueMode = .keep
        try yard.submit(wanted)
        let third = try yard.submit(.keyed("clinic")).receipt.id
        let fourth = try yard.submit(.keyed("clinic")).receipt.id
        var after = JobSpecification.plain()
        after.after = [second]
        after.hooks = [JobHook(on: [.succeeded], action: .job(.init(kind: "next")))]
        try yard.submit(after)
        try yard.claim("plain")
        try yard.finish(second)
        try yard.claim("plain")
        try yard.postpone(third, by: .seconds(1))
        yard.advance(by: .seconds(2))
        try yard.promote()
        try yard.cancel(fourth)
        try yard.retry(first)
        try yard.bury(third)
        try yard.redrive(JobRedrive.Params(kind: "plain", buried: true))
        try yard.edit(JobEdit.Params(id: third, key: "other"))
        try yard.submit(.plain("batch"))
        let batch = try #require(try yard.claim("batch", isPlain: false).first).brief.id
        try yard.write { db, _, _ in
            _ = try JobStore.savePlan(db, batch, .init(items: [.init(key: "a")]), slots: 1)
            try JobStore.saveItem(
                db,
                Lease(fence: 1, job: batch, stage: .process, item: 0, worker: 1, workerName: "w"),
                ItemOutcome(
                    number: 0, key: "a", state: .succeeded, attempts: 0, crashes: 0,
                    notBefore: Timestamp(milliseconds: 0)), AttemptEnd(cause: .succeeded),
                now: Timestamp(milliseconds: 0))
        }
        try yard.finish(batch)
        yard.advance(by: .seconds(31 * 86400))
        return try yard.write { db, rules, now in
            for key in ["clinic", "other"] { _ = try JobStore.line(db, "plain", key) }
            for id in [first, third] { _ = try JobStore.position(db, id) }
            _ = try JobStore.forgetSubmissions(db, now: now)
            _ = try JobStore.sweep(db, now: now)
            _ = try JobStore.refill(db, rules, now: now)
            return db.cachedTexts
        }
    }

    @Test func everyStatementGoesByAnIndex() throws {
        let statements = try statements()
        #expect(statements.count > 40)
        let path = getenv("MILLRACE_QUERY_PLANS").map { String(cString: $0) }
        var shown = ""
        for sql in statements.sorted()
        where ["SELEC", "INSER", "UPDAT", "DELET"].contains(sql.prefix(5))
            // Those of the schema run once, when the file is opened.
            && !sql.contains("pragma_") && !sql.contains("FROM sqlite_schema")
        {
            let plan = try plan(sql)
            shown += "\(sql)\n" + plan.map { "    -- \($0)\n" }.joined() + "\n"
            for step in plan where step.contains("SCAN") || step.contains("TEMP B-TREE") {
                // Rows the statement itself made, indexes of nothing but what is wanted, and a table of one row.
                let isOwn = [
                    "SCAN (", "INDEX job_attached", "INDEX job_scheduled", "INDEX line_waiting", "sqlite_sequence",
                ]
                .contains { step.contains($0) }
                #expect(isOwn, "\(step) in \(sql)")
            }
        }
        if let path { try Files.write(path, shown) }
    }

    /// The steps of the plan, of triggers and foreign keys too where they have any.
    private func plan(_ sql: String) throws -> [String] {
        try yard.read { db in
            let statement = try db.prepared("EXPLAIN QUERY PLAN \(sql)")
            var steps: [String] = []
            while try statement.step() { steps.append(Row(statement: statement).text(3)) }
            return steps
        }
    }

    /// Steps of SQLite's machine, which no other load of the computer changes.
    private func stepsOfAClaim(behind waiting: Int) throws -> Int {
        let yard = try JobYard()
        let body = JobSpecification.plain()
        for _ in 0..<(waiting / 500) {
            try yard.write { db, rules, now in
                for _ in 0..<500 {
                    _ = try JobStore.submit(
                        db, Submission(body, rules, uid: 1000, correlationId: "test"), rules, now: now)
                }
            }
        }
        return try yard.write { db, _, now in
            let request = LaneRequest(lane: Lane(queue: "default", kind: "plain", uid: 1000), count: 10, isPlain: true)
            return try db.countingSteps { _ = try JobStore.claim(db, [request], now: now) }
        }
    }

    @Test func aClaimCostsTheSameHoweverManyWait() throws {
        let few = try stepsOfAClaim(behind: 500)
        let many = try stepsOfAClaim(behind: 10_000)
        #expect(few > 100)
        #expect(many == few)
    }
}

extension Connection {
    /// How many steps the machine takes for what the body runs.
    fileprivate func countingSteps(_ body: () throws -> Void) throws -> Int {
        var steps = 0
        try withUnsafeMutablePointer(to: &steps) { counter in
            sqlite3_progress_handler(
                handle, 1,
                { counter in
                    counter?.assumingMemoryBound(to: Int.self).pointee += 1
                    return 0
                }, counter)
            defer { sqlite3_progress_handler(handle, 0, nil, nil) }
            try body()
        }
        return steps
    }
}
