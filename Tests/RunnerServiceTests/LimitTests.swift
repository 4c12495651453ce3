import Linux
import MillraceProtocol
import Testing

@testable import RunnerService

/// How many jobs run at once, by everything they are bounded by.
struct LimitTests {
    private let plain = JobSpecification(kind: "plain")
    private let other = KindDeclaration(name: "other", stages: [.process])

    @Test func aMachineRunsNoMoreJobsThanItMayAndKeepsPlacesFreeForOtherUsers() throws {
        let mill = try Mill(bounds: Bounds(jobs: 16))
        try mill.join([.plain])
        let greedy = try mill.submit(100, plain, uid: 1)
        #expect(mill.processing.count == 14)
        #expect(try mill.codes(greedy.last!).contains(.userLimit))
        // Another one does not wait for any job of the first to end.
        let others = try mill.submit(3, plain, uid: 2)
        #expect(mill.processing.suffix(2) == others.prefix(2))
        #expect(try mill.codes(others[2]) == [.jobSlots])
        let reason = try #require(try mill.why(others[2]).first)
        #expect(reason.limit == 16 && reason.used == 16)
    }

    @Test func aKindHasItsLimitAndARaisedOneWakesAtOnce() throws {
        let mill = try Mill(bounds: Bounds(kinds: ["plain": 2]))
        try mill.join([.plain, other])
        let jobs = try mill.submit(5, plain)
        #expect(mill.processing == Array(jobs.prefix(2)))
        #expect(try mill.codes(jobs[2]) == [.kindLimit])
        try mill.submit(3, JobSpecification(kind: "other"))
        #expect(mill.processing.count == 5)
        try mill.rule { $0.bounds.kinds["plain"] = 4 }
        #expect(mill.processing.count == 7)
        try mill.rule { $0.bounds.kinds["plain"] = nil }
        #expect(mill.processing.count == 8)
    }

    @Test func aQueueHasItsLimitOverAllKindsAndUsersInIt() throws {
        let mill = try Mill(bounds: Bounds(queues: ["side": 3]))
        try mill.join([.plain, other])
        try mill.pause(queue: "side")
        var jobs: [JobID] = []
        for uid in UInt32(1)...2 {
            jobs += try mill.submit(3, JobSpecification(kind: "plain", queue: "side"), uid: uid)
            jobs += try mill.submit(3, JobSpecification(kind: "other", queue: "side"), uid: uid)
        }
        #expect(mill.processing.isEmpty)
        #expect(try jobs.allSatisfy { try mill.codes($0).contains(.queuePaused) })
        try mill.resume()
        #expect(mill.processing.count == 3)
        try mill.answerFirst(.process, .done)
        #expect(mill.processing.count == 3)
        try mill.rule { $0.bounds.queues["side"] = 5 }
        #expect(mill.processing.count == 5)
    }

    @Test func aUserHasHisLimit() throws {
        let mill = try Mill(bounds: Bounds(users: [1: 1], user: 2))
        try mill.join([.plain])
        let first = try mill.submit(3, plain, uid: 1)
        try mill.submit(3, plain, uid: 2)
        #expect(mill.dispatcher.load.users == [1: 1, 2: 2])
        #expect(try mill.codes(first[1]) == [.userLimit])
        try mill.rule { $0.bounds.users[1] = 3 }
        #expect(mill.dispatcher.load.users == [1: 3, 2: 2])
    }

    @Test func commandsHaveTheirPlaces() throws {
        let mill = try Mill()
        try mill.joinOwn([.plain], capacity: 3)
        let jobs = try mill.submit(5, plain)
        #expect(mill.processing == Array(jobs.prefix(3)))
        #expect(try mill.codes(jobs[3]) == [.workersBusy])
        try mill.joinOwn([.plain], capacity: 4)
        #expect(mill.processing.count == 4)
    }

    @Test func theLimitOfCallsCountsOverAllJobs() throws {
        let mill = try Mill(bounds: Bounds(calls: 3))
        try mill.join([.list])
        for _ in 0..<2 { try mill.submit(JobSpecification(kind: "list")) }
        for _ in 0..<2 { try mill.answerFirst(.plan, .planned(.items(10))) }
        #expect(mill.processing.count == 3)
        for _ in 0..<2 { try mill.answerFirst(.process, .done) }
        #expect(mill.processing.count == 3 && Set(mill.processing).count == 2)
        try mill.rule { $0.bounds.calls = 8 }
        #expect(mill.processing.count == 8)
    }

    @Test func underALimitTheBestOfAllLanesComesFirst() throws {
        let mill = try Mill(bounds: Bounds(kinds: ["plain": 1]))
        try mill.submit(10, plain)
        let urgent = try mill.submit(JobSpecification(kind: "plain", queue: "side", priority: 5)).id
        try mill.join([.plain])
        #expect(mill.processing == [urgent])
    }

    @Test func theRunnersOwnProofOfLifePassesEveryLimitAndPause() throws {
        let mill = try Mill(bounds: Bounds(jobs: 1, calls: 1))
        try mill.handle(.workerJoined(.canary(since: mill.time.wall(), pid: 1)))
        try mill.join([.plain])
        try mill.submit(2, plain)
        try mill.pause(queue: Canary.lane.queue)
        let canary = try mill.submit(
            JobSpecification(kind: Canary.kind, queue: Canary.lane.queue), uid: Canary.lane.uid
        ).id
        #expect(mill.processing.contains(canary))
    }
}
