import Glibc
import KindFiles
import Linux
import TestSupport
import Testing

@testable import RunnerService

/// The pool's rules, without processes: the test says what becomes of each.
@Suite struct WorkerPoolTests {
    @Test func theWarmOnesAreStartedAtOnceAndNoMore() {
        var bench = PoolBench {
            $0.processes = 5; $0.warm = 3
        }
        #expect(bench.started == [1, 2, 3])
        for ticket in bench.started { bench.register(ticket) }
        #expect(bench.started.count == 3 && bench.pool.members.allSatisfy { $0.phase == .ready })
    }

    @Test func withoutWarmOnesTheFirstIsStartedOnDemand() {
        var bench = PoolBench { $0.warm = 0 }
        #expect(bench.started.isEmpty)
        bench.handle(.demand(3))
        bench.handle(.demand(7))
        #expect(bench.started == [1])
        bench.register(1)
        // What waited then may have got its place by now; who still waits says so.
        #expect(bench.started == [1])
        bench.handle(.demand(2))
        bench.handle(.demand(2))
        #expect(bench.started == [1, 2])
        bench.register(2)
        bench.handle(.demand(2))
        #expect(bench.started == [1, 2], "two is the limit")
    }

    @Test func anotherIsStartedWhenLessThanAQuarterOfThePlacesIsFree() {
        var bench = PoolBench { $0.processes = 3 }
        bench.register(1, capacity: 8)
        bench.load(1, 6)
        #expect(bench.started == [1])
        bench.load(1, 7)
        #expect(bench.started == [1, 2])
        bench.load(1, 8)
        #expect(bench.started == [1, 2], "one at a time")
        bench.register(2, capacity: 8)
        #expect(bench.started == [1, 2])
        bench.load(2, 5)
        #expect(bench.started == [1, 2, 3])
    }

    @Test func oneTooManyIdleProcessGoesAfterTheIdleTimeAndTheWarmOneStays() {
        var bench = PoolBench()
        bench.register(1)
        bench.handle(.demand(1))
        bench.register(2)
        bench.advance(by: .seconds(299))
        bench.answerPings()
        #expect(bench.retired.isEmpty)
        bench.advance(by: .seconds(1))
        #expect(bench.retired == [1])
        bench.hangUp(1)
        bench.handle(.ended(1, .exited(0)))
        #expect(bench.started == [1, 2], "nothing replaces it")
        for _ in 0..<10 {
            bench.advance(by: .seconds(100))
            bench.answerPings()
        }
        #expect(bench.retired == [1] && bench.started == [1, 2], "a warm one that never worked is as good as new")
    }

    @Test func anIdleOneIsKeptWhileTheOthersAreNearlyFull() {
        var bench = PoolBench()
        bench.register(1, capacity: 4)
        bench.load(1, 4)
        bench.register(2, capacity: 4)
        for _ in 0..<40 {
            bench.advance(by: .seconds(10))
            bench.answerPings()
        }
        #expect(bench.retired.isEmpty)
        // What is not needed goes with the next event.
        bench.load(1, 3)
        bench.advance(by: .seconds(10))
        #expect(bench.retired == [2])
    }

    @Test func aWarmOneThatHasWorkedIsReplacedWhenIdleWithoutAGap() {
        var bench = PoolBench { $0.age = .seconds(3600) }
        bench.register(1)
        bench.load(1, 1)
        bench.load(1, 0)
        for _ in 0..<30 {
            #expect(bench.started == [1])
            bench.advance(by: .seconds(10))
            bench.answerPings()
        }
        #expect(bench.started == [1, 2] && bench.retired.isEmpty, "the old one stays until the new one is there")
        bench.register(2)
        #expect(bench.retired == [1])
    }

    @Test func anOldOneWorksUntilItsReplacementIsThereAndThenWorksOff() {
        var bench = PoolBench()
        bench.register(1, capacity: 4)
        bench.load(1, 2)
        bench.advanceInSteps(to: .seconds(1799))
        #expect(bench.started == [1])
        bench.advance(by: .seconds(1))
        #expect(bench.started == [1, 2] && bench.retired.isEmpty)
        // The first try fails; the old one goes on.
        bench.handle(.ended(2, .exited(1)))
        #expect(bench.started == [1, 2, 3] && bench.pool.member(1)?.phase == .ready && bench.retired.isEmpty)
        bench.register(3, capacity: 4)
        #expect(bench.retired == [1] && bench.pool.member(1)?.load.calls == 2)
        // It is asked whether it lives as before.
        bench.answerPings()
        bench.advance(by: .seconds(10))
        #expect(bench.pinged.suffix(2).sorted() == [1, 3])
        bench.answerPings()
        bench.load(1, 0)
        bench.hangUp(1)
        bench.handle(.ended(1, .exited(0)))
        #expect(bench.started == [1, 2, 3] && bench.pool.problem == nil)
    }

    @Test func noMoreAreReplacedForTheirAgeWhileThatManyWorkOffTheirCalls() {
        var bench = PoolBench {
            $0.processes = 1; $0.age = .seconds(60)
        }
        bench.register(1, capacity: 4)
        bench.load(1, 1)
        bench.advanceInSteps(to: .seconds(60))
        bench.register(2, capacity: 4)
        bench.load(2, 1)
        #expect(bench.retired == [1])
        bench.advanceInSteps(to: .seconds(600))
        #expect(bench.started == [1, 2])
        bench.load(1, 0)
        bench.hangUp(1)
        bench.handle(.ended(1, .exited(0)))
        #expect(bench.started == [1, 2, 3])
    }

    @Test func oneThatDoesNotAnswerAPingIsKilledAndReplaced() {
        var bench = PoolBench()
        bench.register(1)
        bench.advance(by: .seconds(10))
        #expect(bench.pinged == [1])
        bench.advance(by: .seconds(9))
        #expect(bench.signals.isEmpty)
        bench.advance(by: .seconds(1))
        #expect(bench.signals == [.init(ticket: 1, number: SIGKILL)])
        #expect(bench.pool.problem == "did not answer within 10.0 seconds and is killed")
        #expect(bench.started == [1, 2], "the next does not wait for the end of the first")
        bench.handle(.ended(1, .signalled(SIGKILL)))
        #expect(bench.pool.problem == "did not answer within 10.0 seconds and is killed")
    }

    @Test func aMachineThatSleptIsNoReasonToKillAnybody() {
        var bench = PoolBench { $0.age = .seconds(100_000) }
        bench.register(1)
        bench.advance(by: .seconds(10))
        bench.advance(by: .seconds(30_000))
        #expect(bench.signals.isEmpty)
        bench.advance(by: .seconds(10))
        #expect(bench.signals == [.init(ticket: 1, number: SIGKILL)], "but it has to answer then")
    }

    @Test func oneThatDoesNotRegisterIsKilled() {
        var bench = PoolBench()
        bench.handle(.spawned(1, pid: 101))
        bench.advance(by: .seconds(10))
        #expect(bench.signals == [.init(ticket: 1, number: SIGKILL)])
        #expect(bench.pool.problem == "did not register within 10.0 seconds")
        bench.handle(.ended(1, .signalled(SIGKILL)))
        #expect(bench.started == [1, 2])
        bench.advance(by: .seconds(10))
        bench.handle(.ended(2, .signalled(SIGKILL)))
        #expect(bench.started == [1, 2])
        bench.advance(by: .milliseconds(400))
        #expect(bench.started == [1, 2, 3])
    }

    @Test func failingStartsAreRepeatedAfterPausesThatGrowTo30Seconds() {
        var bench = PoolBench {
            $0.processes = 4; $0.warm = 1
        }
        var pauses: [Duration] = []
        for ticket in 1...20 {
            // Jobs that wait do not shorten the pause.
            bench.handle(.demand(5))
            #expect(bench.started.count == ticket)
            bench.hangUp(ticket)
            bench.handle(.ended(ticket, .exited(127)))
            #expect(bench.pool.problem == "exited 127 before registering")
            // Once may be an accident.
            if ticket == 1 { continue }
            let before = bench.now
            bench.advanceToNextDue()
            pauses.append(bench.now - before)
        }
        for (index, pause) in pauses.enumerated() {
            let window = min(Duration.seconds(30), .milliseconds(400) * (1 << min(index, 10)))
            #expect(pause >= window / 2 && pause <= window, "pause \(index + 1): \(pause)")
        }
        bench.register(21)
        #expect(bench.pool.problem == nil)
    }

    @Test func whatCannotBeStartedAtAllCountsAsAFailureToo() {
        var bench = PoolBench()
        bench.handle(.notStarted(1, "spawn /x: No such file or directory"))
        #expect(bench.pool.problem == "cannot be started: spawn /x: No such file or directory")
        #expect(bench.started == [1])
        bench.advance(by: .milliseconds(400))
        #expect(bench.started == [1, 2])
    }

    @Test func oneThatBreaksDownAtWorkIsReplacedAtOnceButNotForEver() {
        var bench = PoolBench()
        for ticket in 1...200 {
            bench.register(ticket)
            bench.load(ticket, 1)
            bench.handle(.ended(ticket, .signalled(SIGSEGV)))
            #expect(bench.started.last == ticket + 1)
        }
        bench.register(201)
        bench.load(201, 1)
        bench.handle(.ended(201, .signalled(SIGSEGV)))
        #expect(bench.started.last == 201)
        #expect(bench.pool.problem == "was ended by SIGSEGV")
        bench.advance(by: .milliseconds(100))
        #expect(bench.started.last == 202)
    }

    @Test func oneThatEndsBeforeItsFirstCallMayDoSoOnce() {
        var bench = PoolBench()
        bench.register(1)
        bench.handle(.ended(1, .exited(0)))
        #expect(bench.started == [1, 2])
        bench.register(2)
        bench.handle(.ended(2, .exited(0)))
        #expect(bench.started == [1, 2])
        bench.advance(by: .milliseconds(400))
        #expect(bench.started == [1, 2, 3])
    }

    @Test func theLimitCanBeMovedAtAnyTime() {
        var bench = PoolBench {
            $0.processes = 3; $0.warm = 3
        }
        for ticket in 1...3 { bench.register(ticket) }
        bench.load(1, 2)
        bench.load(3, 1)
        bench.handle(.resized(1))
        #expect(bench.retired == [2, 3], "the least busy go")
        bench.handle(.resized(2))
        #expect(bench.started == [1, 2, 3, 4])
        bench.handle(.resized(1))
        #expect(bench.signals == [.init(ticket: 4, number: SIGTERM)], "one that has not begun is not waited for")
    }

    @Test func anotherProgramReplacesTheProcessesOneByOne() {
        var bench = PoolBench { $0.warm = 2 }
        bench.register(1)
        bench.register(2)
        bench.load(1, 1)
        var changed = bench.pool.definition
        changed.process.environment["A"] = "b"
        bench.handle(.declared(changed))
        #expect(bench.started == [1, 2, 3] && bench.retired.isEmpty)
        bench.register(3)
        #expect(bench.started == [1, 2, 3, 4] && bench.retired == [1])
        bench.register(4)
        #expect(bench.started == [1, 2, 3, 4] && bench.retired == [1, 2])
    }

    @Test func otherBoundsReplaceNothing() {
        var bench = PoolBench { $0.warm = 2 }
        bench.register(1)
        bench.register(2)
        var changed = bench.pool.definition
        changed.processes = 3
        changed.ping = .seconds(1)
        bench.handle(.declared(changed))
        #expect(bench.started == [1, 2] && bench.retired.isEmpty && bench.pool.limit == 3)
    }

    @Test func whoServesWhatIsAnothersWorksOffBesideTheNext() {
        var bench = PoolBench()
        bench.register(1)
        bench.load(1, 1)
        bench.handle(.outdated(1))
        #expect(bench.retired == [1] && bench.started == [1, 2])
        bench.register(2)
        bench.load(1, 0)
        bench.hangUp(1)
        bench.handle(.ended(1, .exited(0)))
        #expect(bench.pool.members.map(\.ticket) == [2] && bench.pool.problem == nil)
    }

    @Test func aPoolThatIsGoneFromTheFilesWorksOffAndIsOver() {
        var bench = PoolBench { $0.warm = 2 }
        bench.register(1)
        bench.load(1, 1)
        bench.handle(.removed)
        #expect(bench.retired == [1] && bench.signals == [.init(ticket: 2, number: SIGTERM)])
        bench.handle(.ended(2, .signalled(SIGTERM)))
        bench.handle(.demand(4))
        #expect(bench.started == [1, 2] && !bench.pool.isOver)
        bench.hangUp(1)
        bench.handle(.ended(1, .exited(0)))
        #expect(bench.pool.isOver && bench.pool.nextDue(after: bench.now) == nil)
    }

    @Test func aProcessWithoutConnectionIsGivenTimeThenTermThenKill() {
        var bench = PoolBench { $0.grace = .seconds(3) }
        bench.register(1)
        bench.hangUp(1)
        #expect(bench.started == [1, 2])
        bench.advance(by: .seconds(5))
        #expect(bench.signals == [.init(ticket: 1, number: SIGTERM)])
        bench.advance(by: .seconds(3))
        #expect(bench.signals.last == .init(ticket: 1, number: SIGKILL))
    }
}
