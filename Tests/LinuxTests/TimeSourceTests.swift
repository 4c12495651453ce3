import Linux
import TestSupport
import Testing

@Suite struct TimeSourceTests {
    @Test func theBootClockOnlyGrows() {
        let time = SystemTime()
        let first = time.boot()
        #expect(time.boot() >= first)
        #expect(first > .zero)
    }

    @Test func theWallClockIsOfOurDays() {
        #expect(SystemTime().wall() > Timestamp("2025-01-01T00:00:00Z")!)
    }

    @Test func advancingMovesBothClocks() {
        let time = ManualTime(wall: Timestamp(milliseconds: 1000), boot: .seconds(5))
        time.advance(by: .seconds(2))
        #expect(time.wall() == Timestamp(milliseconds: 3000))
        #expect(time.boot() == .seconds(7))
    }

    @Test func aSleeperWakesExactlyWhenItsTimeHasCome() async throws {
        let time = ManualTime()
        let sleeper = Task { try await time.sleep(for: .seconds(10)) }
        await time.sleepers(atLeast: 1)
        time.advance(by: .milliseconds(9999))
        #expect(time.sleeperCount == 1)
        time.advance(by: .milliseconds(1))
        try await within { try await sleeper.value }
        #expect(time.sleeperCount == 0)
    }

    @Test func aCancelledSleeperThrows() async throws {
        let time = ManualTime()
        let sleeper = Task { try await time.sleep(for: .seconds(10)) }
        await time.sleepers(atLeast: 1)
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await within { try await sleeper.value } }
        #expect(time.sleeperCount == 0)
    }

    @Test func aTaskCancelledBeforehandDoesNotSleep() async throws {
        for time in [ManualTime(), SystemTime()] as [any TimeSource] {
            let task = Task {
                withUnsafeCurrentTask { $0!.cancel() }
                try await time.sleep(for: .seconds(3600))
            }
            await #expect(throws: CancellationError.self) { try await within { try await task.value } }
        }
    }

    @Test func theRealClockSleepsUntilItsInstant() async throws {
        let time = SystemTime()
        let end = time.boot() + .milliseconds(15)
        try await time.sleep(until: end)
        #expect(time.boot() >= end)
    }
}
