import Linux
import MillraceProtocol
import Testing

@testable import RunnerService

/// What an event costs does not grow with what else is at work: counted, not timed.
struct CostTests {
    /// How many jobs are looked at in 10,000 events that concern one job.
    private func looks(active: Int, needs: ResourceBook.Needs?) throws -> Int {
        var rules = Dispatcher.Rules(bounds: Bounds(jobs: 5000, calls: 5000, crashes: .max))
        rules.needs["plain"] = needs
        let mill = try Mill(rules)
        try mill.join([.plain], capacity: 5000)
        let jobs = try mill.submit(active, JobSpecification(kind: "plain"))
        #expect(mill.processing.count == active)
        var dispatcher = mill.dispatcher
        var fence = try #require(dispatcher.leases.values.first { $0.job == jobs[0] }?.fence)
        let before = dispatcher.advances
        for _ in 0..<10_000 {
            for effect in dispatcher.handle(.leaseEnded(fence, .lost, AttemptFacts()), now: mill.now) {
                if case .process(let lease, _) = effect { fence = lease.fence }
            }
        }
        #expect(dispatcher.leases[fence] != nil)
        return dispatcher.advances - before
    }

    @Test(arguments: [nil, ResourceBook.Needs(tokens: ["api"], breaker: "api")])
    func anEventLooksAtTheJobsItConcernsOnly(needs: ResourceBook.Needs?) throws {
        let few = try looks(active: 10, needs: needs)
        #expect(try looks(active: 1000, needs: needs) == few)
        #expect((10_000...30_000).contains(few))
    }

    @Test func aCheckpointLooksAtItsJobOnlyWhenNothingElseOfItIsUnderWay() throws {
        let mill = try Mill()
        try mill.join([.list], capacity: 20)
        try mill.submit(JobSpecification(kind: "list"))
        try mill.answerFirst(.plan, .planned(.items(500, slots: 20)))
        let before = mill.dispatcher.advances
        for _ in 0..<500 { try mill.answerFirst(.process, .done) }
        #expect(mill.dispatcher.jobs.isEmpty)
        // Once for each item that ended, and for the last checkpoint.
        #expect((500...505).contains(mill.dispatcher.advances - before))
    }

    @Test func whatIsToBeDoneAlreadyComesFirst() throws {
        var dispatcher = Dispatcher(run: 1)
        let now = Dispatcher.Now(wall: Timestamp(milliseconds: 0), boot: .zero)
        var todo = [Effect.promote]
        dispatcher.handle(.jobScheduled(now.wall), now: now, &todo)
        #expect(todo.count == 2)
        dispatcher.handle(.tick, now: now, &todo)
        #expect(todo.count == 2 && dispatcher.effects.isEmpty)
    }

    @Test func timersOfWhatIsOverAreSweptOut() throws {
        let mill = try Mill()
        try mill.join([.plain])
        try mill.submit(3000, JobSpecification(kind: "plain", timeoutMs: 600_000_000))
        while !mill.calls.isEmpty { try mill.answerFirst(.process, .done) }
        #expect(mill.dispatcher.timers.count <= 1100)
    }
}
