import Testing

@testable import RunnerService

/// What may wait is counted and bounded.
struct LiveJobsTests {
    private let lane = Lane(queue: "default", kind: "plain", uid: 1000)

    private func reserve(_ live: LiveJobs, _ lane: Lane, _ count: Int, running: Int = 0) throws {
        var load = Load()
        for _ in 0..<running { load.add(lane) }
        try live.reserve(Array(repeating: lane, count: count), running: load)
    }

    @Test func noMoreThanTheLimitIsTakenInAndWhatEndsMakesRoom() throws {
        let live = LiveJobs(limits: .init(total: 3))
        try reserve(live, lane, 2)
        #expect(throws: JobError.queueFull(limit: 3)) { try reserve(live, lane, 2) }
        #expect(live.total == 2, "a refused batch takes no place")
        try reserve(live, lane, 1)
        live.remove(lane)
        try reserve(live, lane, 1)
        live.limits.total = 10
        try reserve(live, lane, 7)
        #expect(throws: JobError.self) { try reserve(live, lane, 1) }
    }

    @Test func kindQueueAndUserHaveLimitsOfTheirOwnThatLeaveOutWhatRuns() throws {
        let others = [
            (Lane(queue: "default", kind: "other", uid: 1), LiveJobs.Limits(kinds: ["plain": 2])),
            (Lane(queue: "other", kind: "plain", uid: 1), LiveJobs.Limits(queues: ["default": 2])),
            (Lane(queue: "default", kind: "plain", uid: 1), LiveJobs.Limits(users: [1000: 2])),
            (Lane(queue: "default", kind: "plain", uid: 1), LiveJobs.Limits(user: 2)),
        ]
        for ((other, limits), refusal) in zip(
            others,
            [
                JobError.tooManyWait(.kind, "plain", limit: 2), .tooManyWait(.queue, "default", limit: 2),
                .tooManyWait(.user, "1000", limit: 2), .tooManyWait(.user, "1000", limit: 2),
            ])
        {
            let live = LiveJobs(limits: limits)
            try reserve(live, lane, 2)
            #expect(throws: refusal) { try reserve(live, lane, 1) }
            try reserve(live, other, 1)
            try reserve(live, lane, 1, running: 1)
            #expect(throws: refusal) { try reserve(live, lane, 1, running: 1) }
        }
    }

    @Test func lanesAreKnownAsLongAsTheyHaveJobs() {
        let live = LiveJobs(limits: .init())
        live.set([LaneCount(lane: lane, ready: 1, held: 1)])
        live.remove(lane)
        #expect(live.lanes == [lane])
        live.remove(lane)
        #expect(live.lanes.isEmpty && live.total == 0)
    }
}
