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

    @Test func timersOfWhatIsOverAreSweptOut() throws {
        let mill = try Mill()
        try mill.join([.plain])
        try mill.submit(3000, JobSpecification(kind: "plain", timeoutMs: 600_000_000))
        while !mill.calls.isEmpty { try mill.answerFirst(.process, .done) }
        #expect(mill.dispatcher.timers.count <= 1100)
    }
}
