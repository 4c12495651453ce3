import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

/// Token buckets that items and permits share.
struct TokenTests {
    private let metered = KindDeclaration(name: "metered", stages: [.process])

    private func mill(rate: Double? = 1, burst: Int = 2) throws -> Mill {
        let mill = try Mill(
            Dispatcher.Rules(
                needs: ["metered": ResourceBook.Needs(tokens: ["api"])],
                definitions: ["api": ResourceBook.Definition(rate: rate, burst: burst)]))
        try mill.join([metered])
        return mill
    }

    @Test func itemsAndPermitsStandInOneLineFirstComeFirstServed() throws {
        let mill = try mill()
        let jobs = try mill.submit(4, JobSpecification(kind: "metered"))
        #expect(mill.processing == Array(jobs.prefix(2)))
        let permit = try mill.acquire("api")
        #expect(try mill.why(jobs[2]).contains { $0.code == .rate && $0.ahead == 0 && $0.name == "api" })
        try mill.advance(by: .seconds(1))
        #expect(mill.processing == Array(jobs.prefix(3)))
        #expect(mill.isGranted(permit) == nil)
        #expect(try mill.codes(jobs[3]).contains(.rate))
        try mill.advance(by: .seconds(1))
        #expect(mill.isGranted(permit) == true)
        #expect(mill.processing.count == 3)
        guard case .success(let grant)? = mill.permits[permit] else { return }
        #expect(grant.waited == .seconds(2))
        try mill.advance(by: .seconds(1))
        #expect(mill.processing == jobs)
    }

    @Test func whoWaitsForATokenTakesNoSlotOfTheMachineFromOthers() throws {
        let mill = try mill()
        try mill.join([.plain])
        try mill.submit(1000, JobSpecification(kind: "metered"))
        #expect(mill.dispatcher.load.kinds["metered"]! <= 3)
        try mill.submit(50, JobSpecification(kind: "plain"))
        #expect(mill.dispatcher.load.kinds["plain"] == 50)
    }

    @Test(arguments: 0..<20) func noSpanOfTimeSeesMoreThanBurstAndRate(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let rate = Int.random(in: 1...20, using: &random)
        let burst = Int.random(in: 1...10, using: &random)
        let mill = try mill(rate: Double(rate), burst: burst)
        var asked: [Int64: Int] = [:]
        var taken: [(at: Duration, count: Int)] = []
        var jobs = 0
        func look() {
            for (permit, count) in asked where mill.isGranted(permit) == true {
                taken.append((mill.time.boot(), count))
                asked[permit] = nil
            }
            let started = mill.dispatcher.leases.count
            if started > jobs { taken.append((mill.time.boot(), started - jobs)) }
            jobs = started
        }
        for _ in 0..<300 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let count = Int.random(in: 1...burst, using: &random)
                asked[try mill.acquire("api", count)] = count
            case 1 where jobs < 90: try mill.submit(JobSpecification(kind: "metered"))
            default: try mill.advance(by: .milliseconds(Int.random(in: 1...400, using: &random)))
            }
            look()
        }
        for first in taken.indices {
            var sum = 0
            for last in first..<taken.endIndex {
                sum += taken[last].count
                let most = Double(burst) + Double(rate) * (taken[last].at - taken[first].at).seconds
                #expect(Double(sum) <= most + 0.001)
            }
        }
        // Everybody has his turn as soon as the rate allows it.
        let due = mill.time.boot() + .seconds(asked.values.reduce(100, +) / rate + 1)
        while let next = mill.dispatcher.nextTick(after: mill.now), mill.time.boot() < due {
            try mill.advance(by: next)
            look()
        }
        #expect(asked.isEmpty)
    }

    @Test func theLineIsBounded() throws {
        let mill = try mill(burst: 1)
        let granted = try mill.acquire("api")
        let line = try (0..<1000).map { _ in try mill.acquire("api") }
        let refused = try mill.acquire("api")
        #expect(mill.isGranted(granted) == true)
        #expect(line.allSatisfy { mill.isGranted($0) == nil })
        guard case .failure(let refusal)? = mill.permits[refused] else { Issue.record("not refused"); return }
        #expect(refusal.refusal == .full)
    }

    @Test func aPermitThatIsReturnedGivesItsTokenToTheNext() throws {
        let mill = try mill(burst: 1)
        let first = try mill.acquire("api")
        let second = try mill.acquire("api")
        let third = try mill.acquire("api")
        try mill.handle(.permitReturned(second))
        #expect(mill.isGranted(third) == nil)
        try mill.handle(.permitReturned(first))
        #expect(mill.isGranted(third) == true)
        #expect(mill.isGranted(second) == nil, "who left the line is not told")
    }

    @Test func aCallThatWasGivenUpKeepsItsTokenAndTellsTheBreakerNothing() throws {
        let mill = try mill(burst: 1)
        let first = try mill.acquire("api")
        let second = try mill.acquire("api")
        try mill.handle(.permitReported(first, succeeded: nil))
        #expect(mill.isGranted(second) == nil)
        try mill.advance(by: .seconds(1))
        #expect(mill.isGranted(second) == true)
    }

    @Test func anOpenBreakerRefusesThoseInLine() throws {
        let mill = try mill(burst: 1)
        try mill.acquire("api")
        let line = try (0..<3).map { _ in try mill.acquire("api") }
        try mill.handle(.breakerForced("api", open: true))
        for permit in line {
            guard case .failure(let refusal)? = mill.permits[permit] else { Issue.record("still in line"); continue }
            #expect(refusal.refusal == .breaker(until: nil))
        }
        #expect(mill.isGranted(try mill.acquire("api")) == false)
    }

    @Test func moreThanTheBurstIsRefusedAtOnce() throws {
        let mill = try mill()
        let permit = try mill.acquire("api", 3)
        guard case .failure(let refusal)? = mill.permits[permit] else { Issue.record("not refused"); return }
        #expect(refusal.refusal == .overBurst(2))
    }

    @Test func aNameWithoutARateLetsEverybodyPassAndALiftedRateWakesAll() throws {
        let mill = try mill(burst: 1)
        #expect(mill.isGranted(try mill.acquire("nothing.declared", 1000)) == true)
        let jobs = try mill.submit(3, JobSpecification(kind: "metered"))
        let permits = try (0..<3).map { _ in try mill.acquire("api") }
        try mill.rule { $0.definitions["api"] = nil }
        try mill.advance(by: .milliseconds(1))
        #expect(permits.allSatisfy { mill.isGranted($0) == true })
        #expect(mill.processing == jobs)
    }

    @Test func whoWaitsForSomethingSlowLetsOthersByAndIsNotForgotten() throws {
        let both = KindDeclaration(name: "both", stages: [.process])
        let mill = try Mill(
            Dispatcher.Rules(
                needs: [
                    "metered": ResourceBook.Needs(tokens: ["fast"]),
                    "both": ResourceBook.Needs(tokens: ["fast", "slow"]),
                ],
                definitions: [
                    "fast": ResourceBook.Definition(rate: 10, burst: 1),
                    "slow": ResourceBook.Definition(rate: 0.1, burst: 1),
                ]))
        try mill.join([metered, both], capacity: 1000)
        let slow = try mill.submit(3, JobSpecification(kind: "both"))
        try mill.submit(500, JobSpecification(kind: "metered"))
        for _ in 0..<100 { try mill.advance(by: .milliseconds(100)) }
        let fast = mill.dispatcher.leases.values.count { !slow.contains($0.job) }
        #expect(fast >= 90, "\(fast) of about 100 that the rate allows")
        // The second has its turn after ten seconds although the other line is never empty.
        try mill.advance(by: .seconds(1))
        #expect(slow.prefix(2).allSatisfy { mill.processing.contains($0) })
    }

    @Test func aJobThatEndsOrWaitsForAPlaceKeepsNobodyWaitingForItsToken() throws {
        let mill = try Mill(
            Dispatcher.Rules(
                needs: ["metered": ResourceBook.Needs(tokens: ["api"])],
                definitions: ["api": ResourceBook.Definition(rate: 1, burst: 1)]))
        try mill.join([metered], capacity: 1)
        try mill.acquire("api")
        let job = try mill.submit(JobSpecification(kind: "metered")).id
        let permit = try mill.acquire("api")
        #expect(try mill.codes(job).contains(.rate))
        try mill.cancel(job)
        #expect(try mill.job(job).state == .cancelled)
        try mill.advance(by: .seconds(1))
        #expect(mill.isGranted(permit) == true)
    }

    @Test func whileTheRunnerStopsPermitsStillMoveUp() throws {
        let mill = try mill(burst: 1)
        let jobs = try mill.submit(2, JobSpecification(kind: "metered"))
        let permit = try mill.acquire("api", worker: 1)
        #expect(try mill.codes(jobs[0]).contains(.permit))
        try mill.handle(.drain)
        #expect(try mill.codes(jobs[1]).contains(.draining))
        try mill.advance(by: .seconds(1))
        #expect(mill.isGranted(permit) == true)
        #expect(mill.dispatcher.nextTick(after: mill.now).map { $0 >= .milliseconds(1) } ?? true)
    }
}
