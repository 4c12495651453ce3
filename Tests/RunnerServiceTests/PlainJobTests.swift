import Linux
import MillraceProtocol
import Testing

@testable import RunnerService

/// Jobs that are their own single item.
struct PlainJobTests {
    private func one(_ specification: JobSpecification = JobSpecification(kind: "plain")) throws -> (Mill, JobID) {
        let mill = try Mill()
        try mill.join([.plain])
        return (mill, try mill.submit(specification).id)
    }

    @Test func aSnoozeIsNoAttempt() throws {
        let (mill, id) = try one(JobSpecification(kind: "plain", maxAttempts: 1))
        for _ in 0..<3 {
            try mill.answerFirst(.process, .snoozed(for: .seconds(60)))
            #expect(try mill.job(id).state == .scheduled)
            let reason = try #require(try mill.why(id).first)
            #expect(reason.code == .snoozed && reason.until == mill.time.wall() + .seconds(60))
            try mill.advance(by: .seconds(60))
        }
        try mill.answerFirst(.process, .done)
        let detail = try mill.detail(id)
        #expect(detail.job.state == .succeeded)
        #expect(detail.attempts?.map(\.cause) == ["succeeded", "snoozed", "snoozed", "snoozed"])
        #expect(try mill.codes(id) == [.succeeded])
    }

    @Test func aRetrySaysWhenAndWhy() throws {
        let (mill, id) = try one()
        try mill.answerFirst(.process, .away(for: .seconds(9)))
        let reason = try #require(try mill.why(id).first)
        #expect(reason.code == .retry && reason.until == mill.time.wall() + .seconds(9))
        #expect(reason.message.contains("away"))
        #expect(try mill.detail(id).items?.first?.attempts == 1)
    }

    @Test func aCommandKilledThreeTimesHasFailedApartFromOrdinaryErrors() throws {
        let mill = try Mill()
        try mill.joinOwn([.plain], capacity: 1)
        let id = try mill.submit(JobSpecification(kind: "plain", maxAttempts: 5)).id
        for _ in 0..<3 {
            let fence = try #require(mill.waiting(.process).first?.fence)
            try mill.answer(fence, .lost("killed by SIGKILL"), AttemptFacts(signal: 9, peakBytes: 4096))
        }
        let detail = try mill.detail(id)
        #expect(detail.job.state == .failed && detail.job.error?.reason == "worker.lost")
        #expect(detail.attempts?.map(\.cause) == ["signal", "signal", "signal"])
        #expect(detail.attempts?.allSatisfy { $0.signal == 9 && $0.peakBytes == 4096 } == true)
        #expect(detail.items?.first?.crashes == 3 && detail.items?.first?.attempts == 0)
        #expect(try mill.codes(id) == [.crashed])
    }

    @Test func cancelledWhileItRunsItEndsCancelled() throws {
        let (mill, id) = try one()
        try mill.cancel(id)
        #expect(mill.cancelled.count == 1)
        #expect(try mill.codes(id).contains(.cancelling))
        try mill.answerFirst(.process, .stopped)
        #expect(try mill.job(id).state == .cancelled)
        #expect(try mill.detail(id).attempts?.first?.cause == "cancelled")
    }

    @Test func whatIsDoneBeforeItHeedsACancellationIsDone() throws {
        let (mill, id) = try one()
        try mill.cancel(id)
        try mill.answerFirst(.process, .done)
        #expect(try mill.job(id).state == .succeeded)
    }

    @Test func aCancelledJobIsNotTriedAgain() throws {
        let (mill, id) = try one()
        try mill.cancel(id)
        try mill.answerFirst(.process, .transient)
        #expect(try mill.job(id).state == .cancelled)
        #expect(mill.calls.isEmpty)
    }

    @Test func anItemPastItsTimeIsWithdrawn() throws {
        let (mill, id) = try one(JobSpecification(kind: "plain", maxAttempts: 1, itemTimeoutMs: 5000))
        try mill.advance(by: .milliseconds(4999))
        #expect(mill.cancelled.isEmpty)
        try mill.advance(by: .milliseconds(1))
        #expect(mill.cancelled.count == 1)
        try mill.answerFirst(.process, .stopped)
        #expect(try mill.job(id).state == .failed)
        #expect(try mill.job(id).error?.reason == "item.timeout")
        #expect(try mill.detail(id).attempts?.first?.cause == "timeout")
    }

    @Test func aWorkerThatIsDeafToThatIsDropped() throws {
        let (mill, id) = try one(JobSpecification(kind: "plain", itemTimeoutMs: 5000))
        try mill.advance(by: .seconds(5))
        try mill.advance(by: .milliseconds(29_999))
        #expect(mill.dropped.isEmpty)
        try mill.advance(by: .milliseconds(1))
        #expect(mill.dropped == [1])
        #expect(try mill.job(id).state == .running)
        try mill.join([.plain])
        try mill.answerFirst(.process, .done)
        #expect(try mill.job(id).state == .succeeded)
    }

    @Test func aKindsItemTimeHoldsWhereTheJobSaysNone() throws {
        let mill = try Mill(Dispatcher.Rules(itemTimeouts: ["plain": .seconds(2)]))
        try mill.join([.plain])
        try mill.submit(JobSpecification(kind: "plain"))
        try mill.submit(JobSpecification(kind: "plain", itemTimeoutMs: 9000))
        try mill.advance(by: .seconds(2))
        #expect(mill.cancelled.count == 1)
    }

    @Test func theTimeoutOfTheJobDropsADeafWorkerAndFailsTheJob() throws {
        let (mill, id) = try one(JobSpecification(kind: "plain", timeoutMs: 1000))
        try mill.advance(by: .seconds(1))
        #expect(try mill.codes(id).contains(.cancelling))
        try mill.advance(by: .seconds(30))
        #expect(mill.dropped == [1])
        #expect(try mill.job(id).state == .failed)
        #expect(try mill.codes(id) == [.timedOut])
    }

    @Test func aSummaryThatHangsEndsWithTheJobsTimeAndItsCancellation() throws {
        for timeout in [true, false] {
            let mill = try Mill()
            try mill.join([.batch])
            let id = try mill.submit(JobSpecification(kind: "batch", timeoutMs: timeout ? 1000 : nil)).id
            try mill.answerFirst(.plan, .planned(.items(0)))
            #expect(mill.waiting(.summarize).count == 1)
            if !timeout { try mill.cancel(id) }
            for _ in 0..<8 {
                try mill.advance(by: .seconds(31))
                if mill.dispatcher.workers.isEmpty { try mill.join([.batch]) }
            }
            #expect(try mill.job(id).state == (timeout ? .failed : .cancelled))
        }
    }

    @Test func aRetryBeyondTheBudgetOfItsKindWaitsTheWholeWindow() throws {
        let mill = try Mill(Dispatcher.Rules(retryRatios: ["plain": 0]))
        try mill.join([.plain])
        try mill.submit(15, JobSpecification(kind: "plain", backoffMs: 60_000))
        for _ in 0..<15 { try mill.answerFirst(.process, .transient) }
        let due = try mill.store.readBlocking {
            try $0.query("SELECT run_at FROM job WHERE kind = 'plain' ORDER BY id") {
                Timestamp(milliseconds: $0.int(0))
            }
        }
        // Ten are saved up; those draw their pause, which is never the whole minute five times in a row.
        let whole = due.map { $0 == mill.time.wall() + .seconds(60) }
        #expect(whole.suffix(5).allSatisfy { $0 })
        #expect(whole.prefix(10).count { $0 } < 5)
    }
}
