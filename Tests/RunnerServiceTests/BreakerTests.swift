import Linux
import MillraceProtocol
import Resilience
import Testing

@testable import RunnerService

/// Circuit breakers of what kinds depend on.
struct BreakerTests {
    private let guarded = KindDeclaration(name: "guarded", stages: [.process])
    private let job = JobSpecification(kind: "guarded", maxAttempts: 1)

    private func mill(workers: Int = 1) throws -> Mill {
        let mill = try Mill(
            Dispatcher.Rules(
                needs: ["guarded": ResourceBook.Needs(breaker: "api")],
                definitions: ["api": ResourceBook.Definition(failures: 5, pause: .seconds(30))]))
        for _ in 0..<workers { try mill.join([guarded, .plain]) }
        return mill
    }

    private func state(_ mill: Mill) -> CircuitBreaker.State? {
        mill.dispatcher.resources.resources["api"]?.breaker.state
    }

    private func fail(_ mill: Mill, _ times: Int) throws {
        for _ in 0..<times {
            try mill.submit(job)
            try mill.answerFirst(.process, .transient)
        }
    }

    @Test func fiveConsecutiveFailuresOpenItAndNothingOfTheKindIsTakenMeanwhile() throws {
        let mill = try mill()
        try fail(mill, 4)
        try mill.submit(job)
        try mill.answerFirst(.process, .done)
        try fail(mill, 4)
        #expect(state(mill) == .closed)
        try fail(mill, 1)
        let id = try mill.submit(job).id
        #expect(mill.calls.isEmpty)
        let reason = try #require(try mill.why(id).first)
        #expect(reason.code == .breaker && reason.name == "api")
        #expect(reason.until == mill.time.wall() + .seconds(30))
        // Others are not concerned.
        try mill.submit(JobSpecification(kind: "plain"))
        #expect(mill.processing.count == 1)
    }

    @Test func namesThatAreMadeUpAreForgottenAndWhatIsKnownOfOthersIsNot() throws {
        let mill = try mill()
        for _ in 0..<5 { try mill.handle(.permitReported(try mill.acquire("shut"), succeeded: false)) }
        for number in 0..<20_000 {
            let permit = try mill.acquire("made-up-\(number)")
            try mill.handle(.permitReported(permit, succeeded: number % 2 == 0))
        }
        let known = mill.dispatcher.resources.resources
        #expect(known.count < 5000)
        #expect(known["api"] != nil)
        #expect(known["shut"]?.breaker.state == .open(until: mill.now.boot + .seconds(30)))
    }

    @Test func whatDoesNotSpeakOfTheDependencyIsNoFailure() throws {
        let mill = try mill()
        for _ in 0..<6 {
            try mill.submit(job)
            try mill.answerFirst(.process, .fatal)
        }
        #expect(state(mill) == .closed)
    }

    @Test func afterThePauseExactlyOneTrialIsMade() throws {
        let mill = try mill()
        try fail(mill, 5)
        try mill.submit(4, job)
        try mill.advance(by: .milliseconds(29_999))
        #expect(mill.calls.isEmpty)
        try mill.advance(by: .milliseconds(1))
        #expect(mill.processing.count == 1)
        try mill.advance(by: .seconds(20))
        #expect(mill.processing.count == 1)
        try mill.answerFirst(.process, .transient)
        #expect(mill.calls.isEmpty)
        try mill.advance(by: .seconds(30))
        #expect(mill.processing.count == 1)
        try mill.answerFirst(.process, .done)
        #expect(state(mill) == .closed)
        #expect(mill.processing.count == 2)
    }

    @Test func lateResultsOfAnEarlierStateAreIgnored() throws {
        let mill = try mill()
        try mill.submit(8, job)
        for _ in 0..<5 { try mill.answerFirst(.process, .transient) }
        let opened = state(mill)
        try mill.answerFirst(.process, .done)
        #expect(state(mill) == opened)
        try mill.advance(by: .seconds(30))
        try mill.submit(job)
        #expect(state(mill) == .halfOpen)
        // Not the trial, though it is of this time.
        try mill.answerFirst(.process, .transient)
        #expect(state(mill) == .halfOpen)
    }

    @Test func aHandOpensAndClosesIt() throws {
        let mill = try mill()
        try mill.handle(.breakerForced("api", open: true))
        let id = try mill.submit(job).id
        try mill.advance(by: .seconds(3600))
        #expect(mill.calls.isEmpty)
        #expect(try mill.why(id).first?.until == nil)
        try mill.handle(.breakerForced("api", open: false))
        try mill.answerFirst(.process, .transient)
        try fail(mill, 9)
        try mill.submit(job)
        #expect(mill.processing.count == 1, "held closed it lets everything pass")
        try mill.handle(.breakerForced("api", open: nil))
        #expect(state(mill) == .closed)
    }

    @Test func aTrialWhoseWorkerDiesIsMadeByAnother() throws {
        let mill = try mill()
        try fail(mill, 5)
        try mill.submit(2, job)
        try mill.advance(by: .seconds(30))
        #expect(mill.processing.count == 1)
        try mill.leave(1)
        try mill.join([guarded])
        #expect(mill.processing.count == 1)
        try mill.answerFirst(.process, .done)
        #expect(state(mill) == .closed)
    }

    @Test func aTrialByPermitThatIsNeverReportedDoesNotLeaveItHalfOpen() throws {
        let mill = try mill()
        try fail(mill, 5)
        try mill.advance(by: .seconds(30))
        let permit = try mill.acquire("api")
        #expect(mill.isGranted(permit) == true && state(mill) == .halfOpen)
        let id = try mill.submit(job).id
        #expect(try mill.codes(id) == [.breaker])
        try mill.advance(by: .seconds(3600))
        #expect(state(mill) != .halfOpen)
        try mill.advance(by: .seconds(30))
        #expect(mill.processing == [id])
    }

    @Test func aTrialPermitThatIsReturnedLeavesTheTrialToTheNext() throws {
        let mill = try mill()
        try fail(mill, 5)
        try mill.advance(by: .seconds(30))
        let permit = try mill.acquire("api")
        let id = try mill.submit(job).id
        try mill.handle(.permitReturned(permit))
        #expect(mill.processing == [id])
    }

    @Test func itemsOfAJobAtWorkWaitForTheBreakerToo() throws {
        let mill = try Mill(
            Dispatcher.Rules(
                needs: ["list": ResourceBook.Needs(breaker: "api")],
                definitions: ["api": ResourceBook.Definition(failures: 2, pause: .seconds(30))]))
        try mill.join([.list])
        let id = try mill.submit(JobSpecification(kind: "list")).id
        try mill.answerFirst(.plan, .planned(.items(6, slots: 2)))
        for _ in 0..<2 { try mill.answerFirst(.process, .away(for: .seconds(1))) }
        // One was begun before the second failed.
        try mill.answerFirst(.process, .done)
        #expect(mill.calls.isEmpty)
        #expect(try mill.codes(id).contains(.breaker))
        try mill.advance(by: .seconds(30))
        #expect(mill.processing.count == 1)
        try mill.answerFirst(.process, .done)
        #expect(mill.processing.count == 2)
    }
}
