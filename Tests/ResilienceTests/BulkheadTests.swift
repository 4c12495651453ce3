import Linux
import Resilience
import TestSupport
import Testing

@Suite struct BulkheadTests {
    let time = ManualTime()

    private func start(
        _ name: Int, _ bulkhead: Bulkhead<String>, _ entered: Watched<[Int]>, deadline: Deadline? = nil
    ) async throws -> Task<Bulkhead<String>.Place, any Error> {
        let before = bulkhead.waiting("k")
        let task = Task {
            let place = try await bulkhead.enter("k", deadline: deadline)
            entered.update { $0.append(name) }
            return place
        }
        try await eventually("\(name) waits") { bulkhead.waiting("k") > before }
        return task
    }

    @Test func theNextInLineEntersWhenSomebodyLeaves() async throws {
        let bulkhead = Bulkhead<String>(limit: 1, waitingLimit: 3, time: time)
        let entered = Watched<[Int]>([])
        var place = try await bulkhead.enter("k")
        let tasks = [
            try await start(0, bulkhead, entered), try await start(1, bulkhead, entered),
            try await start(2, bulkhead, entered),
        ]
        await #expect(throws: BulkheadFull.self) { _ = try await bulkhead.enter("k") }
        bulkhead.leave(try await bulkhead.enter("another"))
        tasks[1].cancel()
        await #expect(throws: CancellationError.self) { try await within { _ = try await tasks[1].value } }
        for name in [0, 2] {
            bulkhead.leave(place)
            place = try await within { try await tasks[name].value }
        }
        #expect(entered.value == [0, 2])
        bulkhead.leave(place)
        #expect(bulkhead.keys == 0)
    }

    @Test func theWaitEndsAtTheDeadline() async throws {
        let bulkhead = Bulkhead<String>(limit: 1, waitingLimit: 3, staleAfter: nil, time: time)
        let place = try await bulkhead.enter("k")
        let deadline = Deadline(after: .seconds(5), time: time)
        let task = try await start(0, bulkhead, Watched([]), deadline: deadline)
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(5))
        await #expect(throws: DeadlineExceeded(deadline)) { try await within { _ = try await task.value } }
        #expect(bulkhead.waiting("k") == 0)
        bulkhead.leave(place)
        #expect(bulkhead.keys == 0)
    }

    @Test func aPlaceHeldTooLongGoesToWhoWaitsAndIsNotGivenUpTwice() async throws {
        let bulkhead = Bulkhead<String>(limit: 1, waitingLimit: 3, staleAfter: .seconds(600), time: time)
        let stale = try await bulkhead.enter("k")
        time.advance(by: .seconds(100))
        let task = try await start(0, bulkhead, Watched([]))
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(500))
        let place = try await within { try await task.value }
        bulkhead.leave(stale)
        #expect(bulkhead.inside("k") == 1)
        bulkhead.leave(place)
        bulkhead.leave(place)
        #expect(bulkhead.keys == 0)
    }

    @Test func aHigherLimitLetsInWhoWaits() async throws {
        let bulkhead = Bulkhead<String>(limit: 1, waitingLimit: 3, time: time)
        _ = try await bulkhead.enter("k")
        let task = try await start(0, bulkhead, Watched([]))
        bulkhead.change(limit: 2, waitingLimit: 0)
        _ = try await within { try await task.value }
        await #expect(throws: BulkheadFull.self) { _ = try await bulkhead.enter("k") }
    }

    /// Many tasks on few keys, some give up at any moment: never too many inside, and everyone's call ends.
    @Test(arguments: 0..<5) func underLoadNobodyIsLostAndNeverTooManyAreIn(seed: Int) async throws {
        let bulkhead = Bulkhead<Int>(limit: 3, waitingLimit: 1000, time: SystemTime())
        let inside = (0..<4).map { _ in Locked(0) }
        let ended = try await within(.seconds(30)) {
            await withTaskGroup(of: Int.self) { group in
                var random = SeededGenerator(seed: UInt64(seed))
                for _ in 0..<600 {
                    let (key, yields) = (Int.random(in: 0..<4, using: &random), Int.random(in: 0..<4, using: &random))
                    let cancelled = Int.random(in: 0..<4, using: &random) == 0
                    group.addTask {
                        let task = Task {
                            try await bulkhead.call(key) {
                                #expect(
                                    inside[key].withLock {
                                        $0 += 1; return $0
                                    } <= 3)
                                for _ in 0..<yields { await Task.yield() }
                                inside[key].withLock { $0 -= 1 }
                            }
                        }
                        for _ in 0..<yields { await Task.yield() }
                        if cancelled { task.cancel() }
                        _ = try? await task.value
                        return 1
                    }
                }
                return await group.reduce(0, +)
            }
        }
        #expect(ended == 600 && bulkhead.keys == 0)
    }
}
