import JSONCodec
import Linux
import MillraceProtocol
import MillraceStore
import Testing

@testable import RunnerService

/// The course of jobs, step by step.
struct DispatcherTests {
    @Test func aBatchGoesThroughPlanPreloadProcessAndSummarize() throws {
        let mill = try Mill()
        try mill.join([.batch])
        let id = try mill.submit(JobSpecification(kind: "batch")).id
        #expect(try mill.job(id).phase == .planning)

        try mill.answerFirst(.plan, .planned(.items(3)))
        guard case .preload(let preload)? = mill.waiting(.preload).first?.call else {
            Issue.record("no preload"); return
        }
        #expect(preload.items.map(\.key) == ["item-0", "item-1", "item-2"])
        #expect(mill.waiting(.process).isEmpty)

        try mill.answerFirst(.preload, .preloaded)
        #expect(mill.waiting(.process).count == 3)
        for _ in 0..<3 { try mill.answerFirst(.process, .done) }

        guard case .summarize(_, let items, false)? = mill.waiting(.summarize).first?.call else {
            Issue.record("no summary is asked for")
            return
        }
        #expect(items.map(\.state) == [.succeeded, .succeeded, .succeeded])
        try mill.answerFirst(.summarize, .summarized(.init(result: JSONRaw(unchecked: Array(#"{"n":3}"#.utf8)))))

        let job = try mill.job(id)
        #expect(job.state == .succeeded)
        #expect(job.result?.bytes == Array(#"{"n":3}"#.utf8))
        #expect(job.items == ItemCounts(total: 3, succeeded: 3))
        #expect(mill.released.map(\.0) == [id])
        #expect(try mill.detail(id).transitions?.map(\.to) == [.ready, .running, .succeeded])
    }

    @Test func aPlainJobIsItsOwnSingleItem() throws {
        let mill = try Mill()
        try mill.join([.plain])
        let id = try mill.submit(JobSpecification(kind: "plain")).id
        try mill.answerFirst(.process, .output(#""hello""#))
        let job = try mill.job(id)
        #expect(job.state == .succeeded)
        #expect(job.result?.bytes == Array(#""hello""#.utf8))
    }

    @Test(arguments: [(nil, 8, 5), (1, 8, 1), (20, 8, 8), (3, 2, 2), (0, 8, 1), (99, 30, 20)] as [(Int?, Int, Int)])
    func slotsAreClampedAndNeverMoreThanItems(asked: Int?, items: Int, expected: Int) throws {
        let mill = try Mill()
        try mill.join([.batch])
        let id = try mill.submit(JobSpecification(kind: "batch")).id
        try mill.answerFirst(.plan, .planned(.items(items, slots: asked)))
        try mill.answerFirst(.preload, .preloaded)
        while !mill.waiting(.process).isEmpty { try mill.answerFirst(.process, .done) }
        try mill.answerFirst(.summarize, .summary)
        #expect(mill.mostItemsAtOnce[id] == expected)
        #expect(try mill.job(id).slots == expected)
    }

    @Test func aPlanWithoutItemsIsSummarizedAtOnce() throws {
        let mill = try Mill()
        try mill.join([.batch])
        let id = try mill.submit(JobSpecification(kind: "batch")).id
        try mill.answerFirst(.plan, .planned(.items(0)))
        try mill.answerFirst(.summarize, .summary)
        #expect(try mill.job(id).state == .succeeded)
    }

    @Test func oneFailedItemHarmsNoOther() throws {
        let mill = try Mill()
        try mill.join([.batch])
        let id = try mill.submit(JobSpecification(kind: "batch")).id
        try mill.answerFirst(.plan, .planned(.items(3)))
        try mill.answerFirst(.preload, .preloaded)
        try mill.answerFirst(.process, .done)
        try mill.answerFirst(.process, .fatal)
        try mill.answerFirst(.process, .done)
        try mill.answerFirst(.summarize, .summary)
        let detail = try mill.detail(id)
        #expect(detail.job.state == .partial)
        #expect(detail.items?.map(\.state) == [.succeeded, .failed, .succeeded])
        #expect(detail.items?[1].error?.reason == "test.never")
        #expect(detail.job.cause == "1 of 3 items failed")
    }

    @Test func aTransientErrorIsTriedAgainAfterAPauseAndAtMostAsOftenAsAllowed() throws {
        let mill = try Mill()
        try mill.join([.plain])
        let id = try mill.submit(JobSpecification(kind: "plain", maxAttempts: 3, backoffMs: 1000)).id
        for attempt in 1...3 {
            try mill.answerFirst(.process, .transient)
            let job = try mill.job(id)
            if attempt < 3 {
                let window = Duration.milliseconds(1000 << (attempt - 1))
                // Full jitter may draw no pause at all; then the next try has begun.
                if job.state == .scheduled {
                    let runAt = try #require(job.runAt)
                    #expect(runAt - mill.time.wall() <= window)
                    #expect(mill.waiting(.process).isEmpty)
                    try mill.advance(by: window)
                }
            } else {
                #expect(job.state == .failed)
                #expect(job.error?.reason == "test.away")
            }
        }
        #expect(try mill.detail(id).items?.first?.attempts == 3)
    }

    @Test func aToldPauseIsKept() throws {
        let mill = try Mill()
        try mill.join([.plain])
        let id = try mill.submit(JobSpecification(kind: "plain")).id
        var error = RPCError(.resourceExhausted, "slower", reason: "test.rate")
        error.retryAfterMs = 7000
        try mill.answerFirst(.process, .failed(error))
        #expect(try mill.job(id).runAt == mill.time.wall() + .seconds(7))
        try mill.advance(by: .milliseconds(6999))
        #expect(mill.waiting(.process).isEmpty)
        try mill.advance(by: .milliseconds(1))
        #expect(mill.waiting(.process).count == 1)
    }

    @Test func othersGoOnWhileAnItemWaitsForItsNextTry() throws {
        let mill = try Mill()
        try mill.join([.batch])
        try mill.submit(JobSpecification(kind: "batch"))
        try mill.answerFirst(.plan, .planned(.items(3, slots: 1)))
        try mill.answerFirst(.preload, .preloaded)
        var error = RPCError(.unavailable, "away", reason: "test.away")
        error.retryAfterMs = 60_000
        try mill.answerFirst(.process, .failed(error))
        guard case .process(let next)? = mill.waiting(.process).first?.call else { Issue.record("stuck"); return }
        #expect(next.item.key == "item-1")
    }

    @Test func aLostWorkersItemsRunAgainAtOnceElsewhere() throws {
        let mill = try Mill()
        let first = try mill.join([.batch])
        let id = try mill.submit(JobSpecification(kind: "batch")).id
        try mill.answerFirst(.plan, .planned(.items(2)))
        try mill.answerFirst(.preload, .preloaded)
        let fences = Set(mill.waiting(.process).map(\.fence))
        try mill.join([.batch])
        try mill.leave(first)
        try mill.answerFirst(.preload, .preloaded)
        let again = mill.waiting(.process)
        #expect(again.count == 2)
        #expect(again.allSatisfy { !fences.contains($0.fence) && $0.fence > fences.max()! })
        // What the lost one might still say is void.
        for fence in fences { try mill.answer(fence, .done) }
        #expect(try mill.job(id).items.succeeded == 0)
        for _ in 0..<2 { try mill.answerFirst(.process, .done) }
        try mill.answerFirst(.summarize, .summary)
        let detail = try mill.detail(id)
        #expect(detail.job.state == .succeeded)
        #expect(detail.items?.map(\.crashes) == [1, 1])
        #expect(detail.attempts?.count { $0.cause == "lost" } == 2)
    }

    @Test func anItemThatKilledItsWorkerThreeTimesHasFailed() throws {
        let mill = try Mill()
        let id = try mill.submit(JobSpecification(kind: "plain")).id
        for _ in 0..<3 {
            let worker = try mill.join([.plain])
            #expect(mill.waiting(.process).count == 1)
            try mill.leave(worker)
        }
        // Its end does not need another worker.
        #expect(try mill.job(id).state == .failed)
        #expect(try mill.job(id).error?.reason == "worker.lost")
        #expect(try mill.codes(id) == [.crashed])
    }

    @Test func cancellationStopsWhatRunsDropsWhatWaitsAndKeepsWhatIsDone() throws {
        let mill = try Mill()
        try mill.join([.batch])
        let id = try mill.submit(JobSpecification(kind: "batch")).id
        try mill.answerFirst(.plan, .planned(.items(5, slots: 2)))
        try mill.answerFirst(.preload, .preloaded)
        try mill.answerFirst(.process, .done)
        #expect(try mill.cancel(id).state == .running)
        #expect(mill.cancelled.count == 2)
        // One was done all the same, one heeded.
        try mill.answerFirst(.process, .done)
        try mill.answerFirst(.process, .stopped)
        guard case .summarize(_, _, true)? = mill.waiting(.summarize).first?.call else {
            Issue.record("no partial result is asked for")
            return
        }
        try mill.answerFirst(.summarize, .summary)
        let detail = try mill.detail(id)
        #expect(detail.job.state == .cancelled)
        #expect(detail.job.result != nil)
        #expect(detail.job.cause == "cancelled: test")
        #expect(detail.items?.map(\.state) == [.succeeded, .succeeded, .cancelled, .cancelled, .cancelled])
    }

    @Test func aWorkerThatDoesNotHeedACancellationIsDropped() throws {
        let mill = try Mill()
        let worker = try mill.join([.plain])
        let id = try mill.submit(JobSpecification(kind: "plain")).id
        _ = try mill.cancel(id)
        try mill.advance(by: .seconds(29))
        #expect(mill.dropped.isEmpty)
        try mill.advance(by: .seconds(1))
        #expect(mill.dropped == [worker])
        #expect(try mill.job(id).state == .cancelled)
    }

    @Test func aJobThatHasNotStartedIsCancelledAtOnce() throws {
        let mill = try Mill()
        let id = try mill.submit(JobSpecification(kind: "batch")).id
        #expect(try mill.cancel(id).state == .cancelled)
        try mill.join([.batch])
        #expect(mill.calls.isEmpty)
    }

    @Test func theTimeoutOfAJobStopsIt() throws {
        let mill = try Mill()
        try mill.join([.plain])
        let id = try mill.submit(JobSpecification(kind: "plain", timeoutMs: 5000)).id
        try mill.advance(by: .seconds(5))
        #expect(mill.cancelled.count == 1)
        try mill.answerFirst(.process, .stopped)
        let job = try mill.job(id)
        #expect(job.state == .failed)
        #expect(job.error?.status == .deadlineExceeded)
        #expect(try mill.detail(id).attempts?.first?.cause == "timeout")
    }

    @Test func aFailedPreloadEndsTheJobBeforeAnyItem() throws {
        let mill = try Mill()
        try mill.join([.batch])
        let id = try mill.submit(JobSpecification(kind: "batch")).id
        try mill.answerFirst(.plan, .planned(.items(3)))
        try mill.answerFirst(.preload, .fatal)
        let job = try mill.job(id)
        #expect(job.state == .failed)
        #expect(job.error?.reason == "test.never")
        #expect(job.items == ItemCounts(total: 3, cancelled: 3))
    }

    @Test func aPlanThatNamesAnItemTwiceFailsTheJob() throws {
        let mill = try Mill()
        try mill.join([.batch])
        let id = try mill.submit(JobSpecification(kind: "batch")).id
        try mill.answerFirst(.plan, .planned(.init(items: [.init(key: "a"), .init(key: "a")])))
        #expect(try mill.job(id).error?.reason == "plan.doubledKey")
    }

    @Test func aRestartGoesOnWithExactlyTheUnfinishedItems() throws {
        let mill = try Mill()
        try mill.join([.batch])
        let id = try mill.submit(JobSpecification(kind: "batch")).id
        try mill.answerFirst(.plan, .planned(.items(4, slots: 2)))
        try mill.answerFirst(.preload, .preloaded)
        try mill.answerFirst(.process, .done)
        try mill.restart()
        #expect(try mill.job(id).state == .ready)
        try mill.join([.batch])
        guard case .preload(let preload)? = mill.waiting(.preload).first?.call else {
            Issue.record("no preload"); return
        }
        #expect(preload.items.map(\.index) == [1, 2, 3])
        try mill.answerFirst(.preload, .preloaded)
        while !mill.waiting(.process).isEmpty { try mill.answerFirst(.process, .done) }
        try mill.answerFirst(.summarize, .summary)
        let detail = try mill.detail(id)
        #expect(detail.job.state == .succeeded)
        #expect(detail.attempts?.count { $0.cause == "restart" } == 2)
        #expect(detail.attempts?.count { $0.item == "item-0" } == 1)
    }

    @Test func retryRunsOnlyWhatDidNotSucceed() throws {
        let mill = try Mill()
        try mill.join([.batch])
        let id = try mill.submit(JobSpecification(kind: "batch")).id
        try mill.answerFirst(.plan, .planned(.items(2)))
        try mill.answerFirst(.preload, .preloaded)
        try mill.answerFirst(.process, .done)
        try mill.answerFirst(.process, .fatal)
        try mill.answerFirst(.summarize, .summary)
        #expect(try mill.retry(id).items == 1)
        try mill.answerFirst(.preload, .preloaded)
        #expect(mill.waiting(.process).count == 1)
        try mill.answerFirst(.process, .done)
        try mill.answerFirst(.summarize, .summary)
        #expect(try mill.job(id).state == .succeeded)
        #expect(throws: JobError.notRetryable(id, .succeeded)) { try mill.retry(id) }
    }

    @Test func aScheduledJobStartsAtItsTime() throws {
        let mill = try Mill()
        try mill.join([.plain])
        let id = try mill.submit(JobSpecification(kind: "plain", runAt: mill.time.wall() + .seconds(60))).id
        #expect(try mill.job(id).state == .scheduled)
        try mill.advance(by: .seconds(59))
        #expect(mill.calls.isEmpty)
        try mill.advance(by: .seconds(1))
        #expect(mill.waiting(.process).count == 1)
    }

    @Test func higherPriorityStartsFirstThenTheOlder() throws {
        let mill = try Mill(bounds: Bounds(jobs: 1))
        let low = try mill.submit(JobSpecification(kind: "plain")).id
        let high = try mill.submit(JobSpecification(kind: "plain", priority: 7)).id
        let alsoHigh = try mill.submit(JobSpecification(kind: "plain", priority: 7)).id
        try mill.join([.plain])
        var started: [JobID] = []
        for _ in 0..<3 {
            guard case .process(let params)? = mill.waiting(.process).first?.call else { break }
            started.append(params.job.id)
            try mill.answerFirst(.process, .done)
        }
        #expect(started == [high, alsoHigh, low])
    }

    @Test func anIdempotencyKeyMakesOneJobOfTwoSubmissions() throws {
        let mill = try Mill()
        let job = JobSpecification(kind: "plain", params: JSONRaw(unchecked: Array("[1]".utf8)), idempotencyKey: "k")
        let first = try mill.submit(job)
        let second = try mill.submit(job)
        #expect(second.id == first.id && second.duplicate && !first.duplicate)
        // Another user's key is another key.
        #expect(try mill.submit(job, uid: 2).id != first.id)
        var other = job
        other.params = JSONRaw(unchecked: Array("[2]".utf8))
        #expect(throws: JobError.keyReused("k", by: first.id)) { try mill.submit(other) }
        // After a week it may name a new job.
        mill.time.advance(by: .seconds(7 * 24 * 3600))
        #expect(try mill.submit(job).id != first.id)
    }

    @Test func nothingNewStartsWhileDraining() throws {
        let mill = try Mill()
        try mill.join([.batch])
        let id = try mill.submit(JobSpecification(kind: "batch")).id
        try mill.answerFirst(.plan, .planned(.items(4, slots: 2)))
        try mill.answerFirst(.preload, .preloaded)
        try mill.handle(.drain)
        for _ in 0..<2 { try mill.answerFirst(.process, .done) }
        #expect(mill.calls.isEmpty)
        #expect(try mill.job(id).items.succeeded == 2)
    }
}
