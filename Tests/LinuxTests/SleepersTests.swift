import TestSupport
import Testing

@testable import Linux

@Suite struct SleepersTests {
    private let time = SystemTime()
    private let sleepers = Sleepers()

    private func asleep(_ count: Int) async throws {
        try await eventually("\(count) sleep") { sleepers.counts.asleep == count }
    }

    @Test func whoIsCancelledLeavesNothingHoweverLongItWasToSleep() async throws {
        let end = time.boot() + .seconds(3600)
        for _ in 0..<100 {
            let tasks = (0..<20).map { number in
                Task { [sleepers] in try await sleepers.sleep(until: end + .milliseconds(number)) }
            }
            try await asleep(20)
            for task in tasks {
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
        }
        let counts = sleepers.counts
        #expect(counts.asleep == 0)
        #expect(counts.held <= 64, "\(counts)")
        // One for each that was earlier than all before it, of which there are no more than instants.
        #expect(counts.alarms <= 20, "\(counts)")
    }

    @Test func eachWakesAtItsInstantWhateverTheOrderInWhichTheyFellAsleep() async throws {
        let now = time.boot()
        try await within {
            try await withThrowingTaskGroup { group in
                for pause in [70, 10, 50, 30, 90, 20, 60, 40, 80] {
                    let end = now + .milliseconds(pause)
                    group.addTask { [sleepers, time] in
                        try await sleepers.sleep(until: end)
                        #expect(time.boot() >= end)
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(sleepers.counts.asleep == 0 && sleepers.counts.held == 0)
    }

    @Test func aShortSleepIsNotHeldUpByALongOneNorByOneThatWasCancelled() async throws {
        let long = Task { [sleepers, time] in try await sleepers.sleep(until: time.boot() + .seconds(3600)) }
        try await asleep(1)
        let cancelled = Task { [sleepers, time] in try await sleepers.sleep(until: time.boot() + .seconds(1800)) }
        try await asleep(2)
        cancelled.cancel()
        for _ in 0..<50 { try await within { try await sleepers.sleep(until: time.boot() + .milliseconds(1)) } }
        let counts = sleepers.counts
        #expect(counts.asleep == 1)
        // The hour, the half hour; none is left of the fifty.
        #expect(counts.alarms == 2, "\(counts)")
        long.cancel()
        await #expect(throws: CancellationError.self) { try await long.value }
    }

    @Test func sleepersThatAreCancelledWhileTheyFallAsleepAllEnd() async throws {
        try await within {
            try await withThrowingTaskGroup { group in
                for number in 0..<2000 {
                    group.addTask { [sleepers, time] in
                        let end = time.boot() + .milliseconds(number % 3 == 0 ? 1 : 3_600_000)
                        let task = Task { try await sleepers.sleep(until: end) }
                        if number % 3 != 0 { task.cancel() }
                        _ = await task.result
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(sleepers.counts.asleep == 0)
    }
}
