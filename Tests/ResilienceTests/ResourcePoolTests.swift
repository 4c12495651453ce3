import Linux
import Resilience
import TestSupport
import Testing

private struct CannotMake: Error {}

/// Sessions as a pool's makers see them: numbered, and known while they are open.
private final class Sessions: Sendable {
    struct State { var made = 0, open: Set<Int> = [], most = 0, sick: Set<Int> = [], failures = 0 }

    let state = Watched(State())

    func make() throws -> Int {
        var made: Int?
        state.update { state in
            if state.failures > 0 {
                state.failures -= 1
                return
            }
            state.made += 1
            state.open.insert(state.made)
            state.most = max(state.most, state.open.count)
            made = state.made
        }
        guard let made else { throw CannotMake() }
        return made
    }

    func close(_ session: Int) {
        state.update { state in
            if state.open.remove(session) == nil { Issue.record("closed twice") }
        }
    }

    var open: Set<Int> { state.value.open }
}

@Suite struct ResourcePoolTests {
    let time = ManualTime()
    private let sessions = Sessions()

    private func pool(
        size: Int = 2, time: (any TimeSource)? = nil, _ change: (inout PoolLimits) -> Void = { _ in }
    ) -> ResourcePool<Int> {
        var limits = PoolLimits()
        limits.size = size
        change(&limits)
        return ResourcePool(
            "sessions", limits: limits, time: time ?? self.time, make: { [sessions] in try sessions.make() },
            check: { [sessions] in !sessions.state.value.sick.contains($0) },
            close: { [sessions] in sessions.close($0) })
    }

    private func waiting(
        _ pool: ResourcePool<Int>, deadline: Deadline? = nil
    ) async throws -> Task<ResourcePool<Int>.Lease, any Error> {
        let before = pool.counts.waiting
        let task = Task { try await pool.acquire(deadline: deadline) }
        try await eventually("it waits") { pool.counts.waiting > before }
        return task
    }

    @Test func aWarmOneIsUsedAgain() async throws {
        let pool = pool()
        for _ in 0..<5 { #expect(try await pool.withResource { $0 } == 1) }
        #expect(pool.counts.idle == 1 && sessions.open == [1])
    }

    @Test func theNextInLineGetsWhatComesBack() async throws {
        let pool = pool(size: 1)
        let lease = try await pool.acquire()
        let (first, second) = (try await waiting(pool), try await waiting(pool))
        first.cancel()
        await #expect(throws: CancellationError.self) { try await within { _ = try await first.value } }
        await pool.release(lease)
        #expect(try await within { try await second.value.resource } == 1)
        await pool.release(lease)
        #expect(pool.counts.used == 1, "giving back twice takes it from nobody")
    }

    @Test func oneThatFailsItsCheckIsReplaced() async throws {
        let pool = pool()
        #expect(try await pool.withResource { $0 } == 1)
        sessions.state.update { $0.sick = [1] }
        #expect(try await pool.withResource { $0 } == 2)
        #expect(sessions.open == [2])
    }

    @Test func aBrokenOneIsNotUsedAgain() async throws {
        let pool = pool()
        await #expect(throws: CannotMake.self) {
            try await pool.withResource(isBroken: { _ in true }) { _ in throw CannotMake() }
        }
        #expect(sessions.open == [] && pool.counts.idle == 0)
    }

    @Test func anOldOneIsReplacedCountedFromItsMaking() async throws {
        let pool = pool()
        for minute in 0..<30 {
            #expect(try await pool.withResource { $0 } == 1, "after \(minute) minutes")
            time.advance(by: .seconds(60))
        }
        #expect(try await pool.withResource { $0 } == 2)
        #expect(sessions.open == [2])
    }

    @Test func oneThatGetsOldInUseIsRetiredWhenItComesBack() async throws {
        let pool = pool()
        let lease = try await pool.acquire()
        time.advance(by: .seconds(1800))
        await pool.release(lease)
        #expect(sessions.open == [])
    }

    @Test func theSweepRetiresWhatIsIdleAndKeepsTheMinimumWarm() async throws {
        let pool = pool(size: 3) { $0.minimum = 1 }
        let run = Task { try await pool.run { Issue.record($0) } }
        try await sessions.state.wait(for: "one is started ahead of need") { $0.open == [1] }
        await time.sleepers(atLeast: 1)
        let leases = [try await pool.acquire(), try await pool.acquire(), try await pool.acquire()]
        for lease in leases { await pool.release(lease) }
        #expect(sessions.open.count == 3)
        for _ in 0..<5 {
            await time.sleepers(atLeast: 1)
            time.advance(by: .seconds(60))
        }
        try await sessions.state.wait(for: "the idle ones are gone") { $0.open.count == 1 }
        for _ in 0..<25 {
            await time.sleepers(atLeast: 1)
            time.advance(by: .seconds(60))
        }
        try await sessions.state.wait(for: "the old one is replaced") { $0.open == [4] }
        run.cancel()
        await #expect(throws: CancellationError.self) { try await within { try await run.value } }
    }

    @Test func whatCannotBeMadeIsTheTroubleOfOne() async throws {
        let pool = pool(size: 1)
        let lease = try await pool.acquire()
        let (first, second) = (try await waiting(pool), try await waiting(pool))
        sessions.state.update { $0.failures = 1 }
        await pool.release(lease, broken: true)
        await #expect(throws: CannotMake.self) { try await within { _ = try await first.value } }
        #expect(try await within { try await second.value.resource } == 2)
    }

    @Test func theWaitIsBounded() async throws {
        let pool = pool(size: 1) { $0.waiting = 2 }
        _ = try await pool.acquire()
        let deadline = Deadline(after: .seconds(10), time: time)
        let (patient, hasty) = (try await waiting(pool), try await waiting(pool, deadline: deadline))
        await #expect(throws: PoolExhausted.self) { _ = try await pool.acquire() }
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(10))
        await #expect(throws: DeadlineExceeded(deadline)) { try await within { _ = try await hasty.value } }
        #expect(pool.counts.waiting == 1)
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(50))
        await #expect(throws: PoolExhausted.self) { try await within { _ = try await patient.value } }
    }

    @Test func drainingWaitsForWhatIsOutAndClosesAll() async throws {
        let pool = pool()
        let (idle, used) = (try await pool.acquire(), try await pool.acquire())
        let waiter = try await waiting(pool)
        let drain = Task { try await pool.drain(within: .seconds(30)) }
        await #expect(throws: PoolClosed(pool: "sessions")) { try await within { _ = try await waiter.value } }
        await #expect(throws: PoolClosed(pool: "sessions")) { _ = try await pool.acquire() }
        await pool.release(idle)
        await pool.release(used)
        #expect(try await within { try await drain.value } == 0)
        #expect(sessions.open == [])
    }

    @Test func drainingTellsHowManyDidNotComeBack() async throws {
        let pool = pool()
        let lease = try await pool.acquire()
        let drain = Task { try await pool.drain(within: .seconds(30)) }
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(30))
        #expect(try await within { try await drain.value } == 1)
        await pool.release(lease)
        #expect(sessions.open == [])
    }

    /// Anything at any moment: tasks that give up, makers that fail, checks that fail, resources that break.
    @Test(arguments: 0..<5) func underLoadNoneIsLostNoneIsTooManyAndNobodyHangs(seed: Int) async throws {
        let pool = pool(size: 3, time: SystemTime()) { $0.waiting = 1000 }
        let busy = Locked<Set<Int>>([])
        let ended = try await within(.seconds(30)) { [sessions] in
            await withTaskGroup(of: Int.self) { group in
                var random = SeededGenerator(seed: UInt64(seed))
                for _ in 0..<600 {
                    let (chance, yields) = (
                        Int.random(in: 0..<20, using: &random), Int.random(in: 0..<4, using: &random)
                    )
                    group.addTask {
                        let task = Task {
                            try await pool.withResource(isBroken: { _ in true }) { session in
                                #expect(busy.withLock { $0.insert(session).inserted }, "two have one session")
                                for _ in 0..<yields { await Task.yield() }
                                _ = busy.withLock { $0.remove(session) }
                                if chance == 0 { sessions.state.update { $0.sick.insert(session) } }
                                if chance == 1 { throw CannotMake() }
                            }
                        }
                        if chance == 2 { sessions.state.update { $0.failures += 1 } }
                        for _ in 0..<yields { await Task.yield() }
                        if chance > 15 { task.cancel() }
                        _ = try? await task.value
                        return 1
                    }
                }
                return await group.reduce(0, +)
            }
        }
        #expect(ended == 600)
        #expect(sessions.state.value.most <= 3)
        #expect(pool.counts.used == 0 && pool.counts.underWork == 0 && pool.counts.waiting == 0)
        #expect(sessions.open.count == pool.counts.idle)
        #expect(try await pool.drain(within: .seconds(10)) == 0)
        #expect(sessions.open == [])
    }
}
