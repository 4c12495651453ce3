import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import TestSupport
import Testing

@testable import RunnerService

@Suite struct CourseTests {
    let yard: JobYard

    init() throws { yard = try JobYard() }

    private func count(_ table: String) throws -> Int64? {
        try yard.read { try $0.first("SELECT count(*) FROM \(table)") { $0.int(0) } }
    }

    @Test func aPlainJobHasNoRowsForItemsAndShowsOneAllTheSame() throws {
        let id = try yard.submit(.plain()).receipt.id
        #expect(try yard.job(id).items == ItemCounts())
        let claimed = try #require(try yard.claim("plain").first)
        #expect(claimed.view.phase == .processing)
        #expect(claimed.view.items == ItemCounts(total: 1, waiting: 1))
        #expect(try yard.job(id).items == ItemCounts(total: 1, running: 1))
        let detail = try yard.finish(id, result: "[1]").detail
        let shown = try yard.detail(id)
        #expect(detail.job.items == ItemCounts(total: 1, succeeded: 1))
        #expect(shown.job.items == detail.job.items)
        #expect(shown.job.result?.text == "[1]")
        #expect(shown.items?.map(\.output?.text) == ["[1]"])
        #expect(shown.items?.map(\.key) == ["job"])
        #expect(shown.attempts?.map(\.item) == ["job"])
        #expect(shown.attempts?.map(\.cause) == ["succeeded"])
        #expect(shown.transitions?.map(\.to) == [.ready, .running, .succeeded])
        #expect(try count("item") == 0)
        #expect(detail.job.finishedAt == shown.job.finishedAt)
    }

    @Test func theViewFromTheClaimIsTheViewOfTheRow() throws {
        var wanted = JobSpecification(
            kind: "plain", params: JSONRaw("p"), queue: "slow", key: "k", priority: 7, timeoutMs: 1000, maxAttempts: 4,
            backoffMs: 5)
        wanted.itemTimeoutMs = 77
        wanted.uniqueKey = "u"
        wanted.attached = true
        let id = try yard.submit(wanted, uid: 12, durability: .crash).receipt.id
        yard.advance(by: .seconds(1))
        var claimed = try #require(try yard.claim("plain", uid: 12, queue: "slow").first?.view)
        claimed.params = JSONRaw("p")
        claimed.items = ItemCounts(total: 1, running: 1)
        #expect(try yard.job(id) == claimed)
        #expect(claimed.itemTimeoutMs == 77)
        #expect(claimed.durability == .crash)
        yard.advance(by: .seconds(1))
        var ended = try yard.finish(id, .failed).detail.job
        ended.params = JSONRaw("p")
        #expect(try yard.job(id) == ended)
    }

    @Test func aJobInItemsGoesOnWithThoseThatAreNotDone() throws {
        let id = try yard.submit(.plain("batch")).receipt.id
        let claimed = try #require(try yard.claim("batch", isPlain: false).first)
        #expect(claimed.view.phase == .planning)
        let plan = WorkloadPlan.Result(items: ["a", "b", "c"].map { .init(key: $0, input: JSONRaw($0)) })
        let items = try yard.write { db, _, _ in try JobStore.savePlan(db, id, plan, slots: 2) }
        #expect(items.map(\.brief.key) == ["a", "b", "c"])
        let lease = Lease(
            fence: 99, job: id, stage: .process, item: 0, worker: 1, workerName: "w/1")
        try yard.write { db, _, now in
            try JobStore.beginAttempt(db, lease, now: now)
            try JobStore.saveItem(
                db, lease,
                ItemOutcome(
                    number: 0, key: "a", state: .succeeded, attempts: 0, crashes: 0, notBefore: now,
                    output: JSONRaw(1), error: nil),
                AttemptEnd(
                    cause: .exit, message: "m", exitCode: 3, signal: nil, cpu: .milliseconds(2), peakBytes: 4096),
                now: now)
        }
        try yard.restart()
        let again = try #require(try yard.claim("batch", isPlain: false).first)
        #expect(again.items.map(\.brief.key) == ["b", "c"])
        #expect(again.view.items == ItemCounts(total: 3, waiting: 2, succeeded: 1))
        let detail = try yard.finish(id, .partial).detail
        #expect(detail.job.items == ItemCounts(total: 3, succeeded: 1, cancelled: 2))
        let attempt = try #require(try yard.detail(id).attempts?.first)
        #expect(attempt.cause == "exit")
        #expect(attempt.exitCode == 3)
        #expect(attempt.cpuUs == 2000)
        #expect(attempt.peakBytes == 4096)
        #expect(attempt.fence == 99)
    }

    @Test func lanesAreWalkedByRankAndKnownWhenExhausted() throws {
        let low = try yard.submit(JobSpecification(kind: "plain", priority: -1)).receipt.id
        let ids = try (0..<3).map { _ in try yard.submit(.plain()).receipt.id }
        let other = try yard.submit(.plain(), uid: 7).receipt.id
        let (mine, yours) = (
            Lane(queue: "default", kind: "plain", uid: 1000), Lane(queue: "default", kind: "plain", uid: 7)
        )
        let requests = [mine, yours].map { LaneRequest(lane: $0, count: 2, isPlain: true) }
        let first = try yard.write { db, _, now in try JobStore.claim(db, requests, now: now) }
        #expect(first.jobs.map(\.brief.id) == [ids[0], ids[1], other])
        #expect(first.exhausted == [yours])
        // A point of priority is worth a minute of waiting.
        yard.advance(by: .seconds(61))
        let young = try yard.submit(.plain()).receipt.id
        let second = try yard.write { db, _, now in try JobStore.claim(db, requests, now: now) }
        #expect(second.jobs.map(\.brief.id) == [ids[2], low])
        #expect(try yard.read { try JobStore.position($0, young) } == 0)
    }

    @Test func aPostponedJobThatIsToBeCancelledEnds() throws {
        let id = try yard.submit(.plain()).receipt.id
        try yard.claim("plain")
        #expect(try yard.cancel(id).job.state == .running)
        let (job, changes) = try yard.postpone(id, by: .seconds(5))
        #expect(job.state == .cancelled)
        #expect(job.cause == "cancelled: test")
        #expect(changes.nextScheduled == nil)
    }

    @Test func anAttachedJobEndsWithTheRunOfTheRunner() throws {
        var wanted = JobSpecification.keyed("clinic")
        wanted.attached = true
        let ids = try [wanted, .keyed("clinic"), .keyed("clinic")].map { try yard.submit($0).receipt.id }
        try yard.claim("plain")
        let changes = try yard.restart()
        #expect(changes.ended.map(\.id) == [ids[0]])
        #expect(try yard.job(ids[0]).cause == "the connection that submitted it is gone")
        #expect(try yard.place(ids[2]) == "ready")
    }

    @Test func anAttachedJobThatWasRetriedByHandIsNoLongerTiedToItsConnection() throws {
        var wanted = JobSpecification.plain()
        wanted.attached = true
        let ids = try (0..<2).map { _ in try yard.submit(wanted).receipt.id }
        for id in ids { try yard.cancel(id) }
        try yard.retry(ids[0])
        try yard.redrive(JobRedrive.Params(ids: [ids[1]]))
        #expect(try yard.restart().ended.isEmpty)
        #expect(try ids.map { try yard.place($0) } == ["ready", "ready"])
    }

    @Test func whatDoesNotFitIntoOneMessageIsLeftOutAndNamed() throws {
        // Each alone fits, both do not.
        let long = "\"" + String(repeating: "x", count: 9 << 20) + "\""
        let id = try yard.submit(JobSpecification(kind: "plain", params: JSONRaw(unchecked: Array(long.utf8)))).receipt
            .id
        try yard.claim("plain")
        let running = try yard.read { try JobStore.detail($0, JobShow.Params(id: id)) }
        #expect(running.leftOut == nil && running.job.params?.text == long)
        try yard.finish(id, result: long)
        let alone = try yard.read { try JobStore.detail($0, JobShow.Params(id: id)) }
        #expect(alone.leftOut == [.params] && alone.job.params == nil && alone.job.result?.text == long)
        // Its one item has the same output once more.
        let items = try yard.read { try JobStore.detail($0, JobShow.Params(id: id, items: true)) }
        #expect(items.leftOut == [.params, .outputs] && items.items?.first?.output == nil)
        #expect(items.job.result?.text == long)
    }

    @Test func aRepeatedSubmissionIsTheSameJob() throws {
        var wanted = JobSpecification.plain()
        wanted.idempotencyKey = "once"
        let first = try yard.submit(wanted, durability: .crash).receipt
        let second = try yard.submit(wanted).receipt
        #expect(second.id == first.id)
        #expect(second.duplicate)
        #expect(second.durability == .crash)
        wanted.kind = "other"
        #expect(throws: JobError.keyReused("once", by: first.id)) { try yard.submit(wanted) }
    }

    @Test func aProofOfLifeIsThereUntilItsSenderHasReadIt() throws {
        yard.rules.kindRetention[Canary.kind] = Canary.retention
        let id = try yard.submit(.plain(Canary.kind)).receipt.id
        let job = try #require(try yard.claim(Canary.kind).first)
        try yard.finish(job.brief.id)
        func swept() throws -> Int { try yard.write { db, _, now in try JobStore.sweep(db, now: now, limit: 10) } }
        yard.advance(by: Canary.patience)
        #expect(try swept() == 0)
        #expect(try yard.ids("SELECT id FROM job") == [id])
        yard.advance(by: Canary.patience * 2)
        while try swept() > 0 {}
        #expect(try yard.ids("SELECT id FROM job").isEmpty)
    }

    @Test func whatIsOverLongEnoughGoesInSmallBites() throws {
        yard.rules.retention[.succeeded] = .seconds(60)
        yard.rules.kindRetention["brief"] = [.succeeded: .seconds(1)]
        let ids = try [JobSpecification.plain(), .plain("brief")].map { try yard.submit($0).receipt.id }
        var remembered = JobSpecification.plain("brief")
        remembered.idempotencyKey = "week"
        let kept = try yard.submit(remembered).receipt.id
        for kind in ["plain", "brief", "brief"] {
            let job = try #require(try yard.claim(kind).first)
            try yard.finish(job.brief.id)
        }
        func sweep(_ limit: Int) throws -> Int {
            try yard.write { db, _, now in try JobStore.sweep(db, now: now, limit: limit) }
        }
        #expect(try sweep(500) == 0)
        yard.advance(by: .seconds(2))
        #expect(try sweep(3) == 3)
        while try sweep(3) == 3 {}
        #expect(try yard.ids("SELECT id FROM job ORDER BY id") == [ids[0], kept])
        yard.advance(by: .seconds(60))
        while try sweep(3) == 3 {}
        #expect(try yard.ids("SELECT id FROM job ORDER BY id") == [kept])
        // As long as a repeated submission has to find it.
        yard.advance(by: .seconds(7 * 86400))
        while try sweep(3) == 3 {}
        #expect(try yard.ids("SELECT id FROM job").isEmpty)
        #expect(try count("transition") == 0)
        #expect(try count("attempt") == 0)
        // A number that was given is never given again.
        #expect(try yard.submit(.plain()).receipt.id > kept)
    }

    /// What proves that the runner works is there for some milliseconds, and was listed then.
    @Test func theRunnersOwnJobsAreShownOnlyToWhoNamesTheirKind() throws {
        let job = try yard.submit(.plain()).receipt.id
        let own = try yard.submit(.plain(Canary.kind), uid: 0).receipt.id
        func listed(_ wanted: JobList.Params) throws -> [JobID] {
            try yard.read { try JobStore.list($0, wanted) }.jobs.map(\.id)
        }
        #expect(try listed(.init()) == [job])
        #expect(try listed(.init(states: [.ready])) == [job])
        #expect(try listed(.init(kind: Canary.kind)) == [own])
        func counted(_ wanted: JobStats.Params) throws -> Int {
            try yard.read { try JobStore.stats($0, wanted, 1...own.rawValue) }.map(\.jobs).reduce(0, +)
        }
        #expect(try counted(.init()) == 1)
        #expect(try counted(.init(kind: Canary.kind)) == 1)
    }

    @Test func pagesGoFromTheNewestToTheOldest() throws {
        let ids = try (0..<30).map { number in
            try yard.submit(
                JobSpecification(kind: number % 3 == 0 ? "rare" : "plain", key: number % 5 == 0 ? "k\(number)" : nil)
            ).receipt.id
        }
        for id in try yard.claim("plain", 20).map(\.brief.id).prefix(6) { try yard.finish(id, .failed) }
        func pages(_ wanted: JobList.Params) throws -> [JobID] {
            var wanted = wanted
            var found: [JobID] = []
            while true {
                let page = try yard.read { [wanted] in try JobStore.list($0, wanted) }
                found += page.jobs.map(\.id)
                guard let next = page.nextBefore else { return found }
                wanted.before = next
            }
        }
        func expected(_ sql: String) throws -> [JobID] {
            try yard.ids("SELECT id FROM job WHERE \(sql) ORDER BY id DESC")
        }
        #expect(try pages(JobList.Params(limit: 7)) == ids.reversed())
        #expect(try pages(JobList.Params(kind: "rare", limit: 4)) == expected("kind = 'rare'"))
        #expect(try pages(JobList.Params(queue: "none")) == [])
        #expect(try pages(JobList.Params(key: "k5")) == expected("key = 'k5'"))
        let chosen = [ids[3], ids[20], ids[7], JobID(99_999)]
        #expect(try pages(JobList.Params(ids: chosen)) == [ids[20], ids[7], ids[3]])
        #expect(try pages(JobList.Params(ids: ids, key: "k5", limit: 1)) == expected("key = 'k5'"))
        #expect(try pages(JobList.Params(ids: ids, states: [.failed], limit: 2)) == expected("state = 'failed'"))
        #expect(try pages(JobList.Params(states: [.failed], limit: 4)) == expected("state = 'failed'"))
        #expect(
            try pages(JobList.Params(states: [.failed, .running, .succeeded], kind: "plain", limit: 4))
                == expected("state IN ('failed', 'running') AND kind = 'plain'"))
    }

    @Test func whatIsSetByHandIsKept() throws {
        let gate = Gate(
            scope: .kind, name: "plain", state: .paused, reason: "holiday", until: yard.now + .seconds(5),
            since: yard.now)
        let queue = QueueRule(name: "slow", durability: .crash, runningLimit: 3)
        let limit = LimitRule(scope: .resource, name: "api", ratePerSecond: 2.5, burst: 10)
        try yard.write { db, _, _ in
            try JobStore.setGate(db, gate)
            try JobStore.setQueue(db, queue)
            try JobStore.setLimit(db, limit)
            try JobStore.setLimit(db, LimitRule(scope: .machine, running: 4))
            try JobStore.forceBreaker(db, "api", open: true)
            try JobStore.forceBreaker(db, "mail", open: false)
            try JobStore.forceBreaker(db, "none", open: nil)
        }
        try yard.restart()
        #expect(try yard.read { try JobStore.gates($0) } == [gate])
        #expect(try yard.read { try JobStore.queues($0) } == [queue])
        #expect(
            try yard.read { try JobStore.limitRules($0) } == [LimitRule(scope: .machine, running: 4), limit])
        #expect(try yard.read { try JobStore.breakers($0) } == ["api": true, "mail": false])
        try yard.write { db, _, _ in
            try JobStore.clearLimit(db, .machine, nil)
            try JobStore.forceBreaker(db, "api", open: nil)
        }
        #expect(try yard.read { try JobStore.limitRules($0) } == [limit])
        #expect(try yard.read { try JobStore.breakers($0) } == ["mail": false])
    }
}
