import Linux
import MillraceProtocol
import Testing

@testable import RunnerService

/// Whose turn it is.
struct FairnessTests {
    private let plain = JobSpecification(kind: "plain")

    /// Lets jobs run one after the other until so many more were taken.
    private func run(_ mill: Mill, _ count: Int) throws -> ArraySlice<JobID> {
        let before = mill.claimed.count
        while mill.claimed.count < before + count, !mill.calls.isEmpty { try mill.answerFirst(.process, .done) }
        return mill.claimed[before...]
    }

    @Test func whoHasFewJobsWaitsOnlyForAFewOfWhoHasMany() throws {
        let mill = try Mill(bounds: Bounds(jobs: 8))
        try mill.join([.plain])
        try mill.submit(1000, plain, uid: 1)
        let before = mill.claimed.count
        let few = Set(try mill.submit(10, plain, uid: 2))
        _ = try run(mill, 40)
        let last = try #require(mill.claimed.lastIndex { few.contains($0) })
        let greedy = mill.claimed[before...last].count { !few.contains($0) }
        #expect(few.isSubset(of: mill.claimed))
        #expect(greedy <= 10, "\(greedy) jobs of the other user started before the last of the ten")
    }

    @Test func whoComesBackGetsNoCreditForTheTimeHeWasAway() throws {
        let mill = try Mill(bounds: Bounds(jobs: 2))
        try mill.join([.plain])
        try mill.submit(1, plain, uid: 2)
        try mill.submit(1000, plain, uid: 1)
        _ = try run(mill, 300)
        let back = Set(try mill.submit(100, plain, uid: 2))
        let next = try run(mill, 40)
        #expect((18...22).contains(next.count { back.contains($0) }), "each has his half")
    }

    @Test func threeUsersHaveAThirdEach() throws {
        let mill = try Mill(bounds: Bounds(jobs: 3))
        var users: [JobID: UInt32] = [:]
        for uid in UInt32(1)...3 { for id in try mill.submit(60, plain, uid: uid) { users[id] = uid } }
        try mill.join([.plain])
        let taken = try run(mill, 87) + mill.claimed.prefix(3)
        let counts = Dictionary(grouping: taken, by: { users[$0] }).mapValues(\.count)
        #expect(counts.values.allSatisfy { (28...32).contains($0) })
    }

    @Test func aUserWhoseLanesHaveNoRoomTakesNobodysTurn() throws {
        let mill = try Mill(bounds: Bounds(jobs: 3, kinds: ["other": 1]))
        try mill.join([.plain, KindDeclaration(name: "other", stages: [.process])])
        try mill.submit(5, JobSpecification(kind: "other"), uid: 1)
        let jobs = try mill.submit(2, plain, uid: 2)
        #expect(Set(jobs).isSubset(of: mill.processing))
    }

    /// While one claim is under way no other is made: with the whole of a large pool in it, a newcomer would wait for that.
    @Test func besideOthersAUsersJobsAreTakenByTheHandful() throws {
        let mill = try Mill(bounds: Bounds(jobs: 200, calls: 200))
        try mill.submit(300, plain, uid: 1)
        try mill.submit(plain, uid: 2)
        mill.isLazy = true
        try mill.join([.plain], capacity: 200)
        var taken: [Int] = []
        while try mill.write() {
            let before = mill.claimed.count
            while mill.tell() {}
            if mill.claimed.count > before { taken.append(mill.claimed.count - before) }
        }
        #expect(taken.max() == 32)
        #expect(mill.processing.count >= 170, "all the same it gets its places")
    }

    @Test func besideOthersAUserLeavesTheLastPlacesOfAKindFree() throws {
        let mill = try Mill()
        try mill.join([.plain], capacity: 16)
        let many = try mill.submit(100, plain, uid: 1)
        #expect(mill.processing.count == 16, "who is alone has all")
        let first = try mill.submit(plain, uid: 2).id
        #expect(try mill.codes(first) == [.workersBusy])
        // The newcomer has the first place that becomes free, and from then on two are kept.
        try mill.answerFirst(.process, .done)
        #expect(mill.processing.last == first)
        while let (fence, _) = mill.waiting(.process).first(where: { mill.dispatcher.leases[$0.fence]?.job == first }) {
            try mill.answer(fence, .done)
        }
        for _ in 0..<3 { try mill.answerFirst(.process, .done) }
        #expect(mill.processing.count == 14)
        let reason = try #require(try mill.why(many.last!).first)
        #expect(reason.code == .userLimit && reason.limit == 2 && reason.used == 14 && reason.name == "1")
        let others = try mill.submit(3, plain, uid: 2)
        #expect(mill.processing.suffix(2) == others.prefix(2), "another waits for no job of the first to end")
        #expect(try mill.codes(others[2]) == [.workersBusy])
    }

    @Test func theLastPlacesOfAWorkerAreKeptOverAllItsKinds() throws {
        let mill = try Mill()
        try mill.join([.plain, KindDeclaration(name: "other", stages: [.process])], capacity: 16)
        try mill.pause(kind: "plain")
        try mill.submit(plain, uid: 2)
        for queue in ["one", "two"] { try mill.submit(10, JobSpecification(kind: "other", queue: queue), uid: 1) }
        #expect(mill.processing.count == 14)
        try mill.submit(10, plain, uid: 1)
        try mill.resume()
        #expect(mill.processing.count == 15)
        let users = try mill.processing.map { try mill.job($0).user }
        #expect(users.count { $0 == 1 } == 14)
    }

    @Test func theLastPlacesOfAQueueAreKeptToo() throws {
        let mill = try Mill(bounds: Bounds(queues: ["default": 8]))
        try mill.join([.plain])
        try mill.submit(JobSpecification(kind: "plain", queue: "side"), uid: 2)
        try mill.answerFirst(.process, .done)
        let many = try mill.submit(20, plain, uid: 1)
        #expect(mill.processing.count == 7)
        #expect(try mill.codes(many[10]).contains(.userLimit))
        let other = try mill.submit(plain, uid: 2).id
        #expect(mill.processing.last == other)
    }

    @Test func manyWhoEachHoldMoreThanTheKeptPlacesLeaveThemToNewcomers() throws {
        let mill = try Mill()
        for uid in UInt32(1)...3 { try mill.submit(100, plain, uid: uid) }
        try mill.join([.plain], capacity: 32)
        #expect(mill.processing.count == 28)
        let newcomers = try mill.submit(4, plain, uid: 4)
        #expect(mill.processing.suffix(4) == newcomers[...])
    }

    @Test func whoHasBeenAloneForAnHourHasAllPlacesAgain() throws {
        let mill = try Mill()
        try mill.join([.plain], capacity: 8)
        try mill.submit(plain, uid: 2)
        try mill.answerFirst(.process, .done)
        try mill.submit(20, plain, uid: 1)
        #expect(mill.processing.count == 7)
        try mill.advance(by: Guests.memory - .seconds(1))
        #expect(mill.processing.count == 7)
        let tick = try #require(mill.dispatcher.nextTick(after: mill.now))
        #expect(tick <= .seconds(1))
        try mill.advance(by: tick)
        #expect(mill.processing.count == 8)
    }

    @Test func whoMayNotHaveTheLastPlacesWantsMoreWorkers() throws {
        let mill = try Mill()
        try mill.join([.plain], capacity: 8)
        try mill.submit(plain, uid: 2)
        let before = mill.demands.count
        try mill.submit(20, plain, uid: 1)
        #expect(mill.demands.dropFirst(before).last == ["plain": 1])
        #expect(mill.processing.count == 7)
        try mill.join([.plain], capacity: 8)
        #expect(mill.processing.count == 14)
    }

    @Test func keysTakeTurns() throws {
        let mill = try Mill(
            Dispatcher.Rules(bounds: Bounds(jobs: 1)),
            store: StoreRules(defaultKeyLimit: KeyLimit(running: 1, waiting: 10)))
        var keys: [JobID: String] = [:]
        for key in ["a", "b", "c"] {
            for id in try mill.submit(3, JobSpecification(kind: "plain", key: key)) { keys[id] = key }
        }
        try mill.join([.plain])
        while !mill.calls.isEmpty {
            try mill.advance(by: .milliseconds(10))
            try mill.answerFirst(.process, .done)
        }
        #expect(mill.claimed.compactMap { keys[$0] } == ["a", "b", "c", "a", "b", "c", "a", "b", "c"])
    }

    @Test func withinAUserTheRankDecidesOverAllLanesAndAPointIsAMinute() throws {
        let mill = try Mill(bounds: Bounds(jobs: 1))
        let other = KindDeclaration(name: "other", stages: [.process])
        let old = try mill.submit(JobSpecification(kind: "plain", queue: "side")).id
        try mill.advance(by: .seconds(121))
        let twoPoints = try mill.submit(JobSpecification(kind: "plain", priority: 2)).id
        let threePoints = try mill.submit(JobSpecification(kind: "other", priority: 3)).id
        let none = try mill.submit(JobSpecification(kind: "other", queue: "side")).id
        try mill.join([.plain, other])
        _ = try run(mill, 4)
        #expect(mill.claimed == [threePoints, old, twoPoints, none])
    }
}
