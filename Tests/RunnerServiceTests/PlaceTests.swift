import Linux
import MillraceProtocol
import Testing

@testable import RunnerService

/// Places at workers, and who gets them.
struct PlaceTests {
    @Test func jobsWithManyItemsShareThePlacesOfAWorkerInTurns() throws {
        let mill = try Mill()
        try mill.join([.list], capacity: 2)
        let jobs = try (0..<3).map { _ in try mill.submit(JobSpecification(kind: "list")).id }
        var done: [JobID: Int] = [:]
        while done.values.reduce(0, +) < 45 {
            if !mill.waiting(.plan).isEmpty {
                try mill.answerFirst(.plan, .planned(.items(20)))
            } else if let next = mill.processing.first {
                done[next, default: 0] += 1
                try mill.answerFirst(.process, .done)
            }
        }
        // Whoever was planned first had the places to himself for a moment.
        #expect(jobs.allSatisfy { (13...17).contains(done[$0] ?? 0) }, "\(done)")
        let waiting = try #require(jobs.first { mill.dispatcher.jobs[$0]?.isBlocked == true })
        let place = try #require(try mill.why(waiting).first { $0.code == .place })
        #expect(place.ahead != nil && place.items ?? 0 > 0)
    }

    @Test func eachWorkerPreloadsAJobOnce() throws {
        let mill = try Mill()
        for _ in 0..<2 { try mill.join([.batch], capacity: 1) }
        try mill.submit(JobSpecification(kind: "batch"))
        try mill.answerFirst(.plan, .planned(.items(6, slots: 2)))
        var preloads = 0
        while mill.waiting(.summarize).isEmpty {
            if !mill.waiting(.preload).isEmpty {
                preloads += 1
                try mill.answerFirst(.preload, .preloaded)
            } else {
                try mill.answerFirst(.process, .done)
            }
        }
        #expect(preloads == 2)
        try mill.answerFirst(.summarize, .summary)
        #expect(Set(mill.released.map(\.worker)) == [1, 2])
    }

    @Test func aRetiringWorkerGetsNothingNewAndIsDroppedWhenItIsIdle() throws {
        let mill = try Mill()
        let old = try mill.join([.plain])
        try mill.submit(2, JobSpecification(kind: "plain"))
        try mill.handle(.workerRetires(old))
        let late = try mill.submit(JobSpecification(kind: "plain")).id
        #expect(mill.processing.count == 2)
        #expect(try mill.codes(late) == [.workersBusy])
        try mill.answerFirst(.process, .done)
        #expect(mill.dropped.isEmpty)
        try mill.answerFirst(.process, .done)
        #expect(mill.dropped == [old])
        try mill.join([.plain])
        #expect(mill.processing == [late])
    }

    @Test func anIdleWorkerThatRetiresIsDroppedAtOnce() throws {
        let mill = try Mill()
        let worker = try mill.join([.plain])
        try mill.handle(.workerRetires(worker))
        #expect(mill.dropped == [worker])
    }

    @Test func thatJobsWaitForAPlaceIsSaidOnceUntilItChanges() throws {
        let mill = try Mill()
        let id = try mill.submit(JobSpecification(kind: "plain")).id
        #expect(mill.demands == [["plain": 1]])
        #expect(try mill.codes(id) == [.noWorker])
        try mill.submit(JobSpecification(kind: "plain"))
        #expect(mill.demands.count == 1)
        let worker = try mill.join([.plain, .list], capacity: 2)
        try mill.submit(JobSpecification(kind: "list"))
        #expect(mill.demands.last == ["list": 1])
        // A process that was lost is wanted again.
        try mill.leave(worker)
        #expect(mill.demands.last?["list"] == 1)
    }
}
