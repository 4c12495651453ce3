import BackOffice
import ClinicCalendar
import Linux
import Resilience
import Simulators
import TestSupport
import Testing
import WebClient

@Suite struct CalendarSessionsTests {
    private func sessions(
        _ simulator: ClinicSimulator, _ web: WebClient, size: Int = 2, time: any TimeSource = SystemTime()
    ) -> CalendarSessions {
        CalendarSessions(size: size, time: time) { _ in try await session(simulator, web, time: time) }
    }

    private let clinic = Clinic(id: "VET", url: "http://vet.example")

    @Test func aSessionIsUsedAgainAfterItWasLookedAt() async throws {
        try await ClinicSimulator.run(.vet) { simulator in
            try await withWeb { web in
                let time = ManualTime(boot: .seconds(1000))
                let sessions = sessions(simulator, web, time: time)
                for _ in 0..<3 {
                    _ = try await sessions.hold(clinic).session.configuration()
                    try await eventually("it is given back") { sessions.counts.idle == 1 }
                    time.advance(by: .seconds(11))
                }
                #expect(simulator.counts == ["POST login": 1, "GET config": 3, "GET session": 2])
                simulator.expireSessions()
                _ = try await sessions.hold(clinic).session.configuration()
                #expect(simulator.counts["POST login"] == 2, "the one that failed its check was replaced")
            }
        }
    }

    @Test func aSessionThatWasTakenJustNowIsNotAskedAbout() async throws {
        try await ClinicSimulator.run(.vet) { simulator in
            try await withWeb { web in
                let sessions = sessions(simulator, web, time: ManualTime(boot: .seconds(1000)))
                for _ in 0..<3 {
                    _ = try await sessions.hold(clinic).session.configuration()
                    try await eventually("it is given back") { sessions.counts.idle == 1 }
                }
                #expect(simulator.counts == ["POST login": 1, "GET config": 3])
            }
        }
    }

    @Test func aThirdOneWaitsUntilASessionIsGivenBack() async throws {
        try await ClinicSimulator.run(.vet) { simulator in
            try await withWeb { web in
                let sessions = sessions(simulator, web)
                var held: HeldSession? = try await sessions.hold(clinic)
                let other = try await sessions.hold(clinic)
                async let third = sessions.hold(clinic)
                try await eventually("it waits") { sessions.counts.waiting == 1 }
                withExtendedLifetime(held) {}
                held = nil
                _ = try await third
                withExtendedLifetime(other) {}
                #expect(simulator.counts["POST login"] == 2)
            }
        }
    }

    @Test func whoWaitsForAMinuteIsTurnedAway() async throws {
        try await ClinicSimulator.run(.vet) { simulator in
            try await withWeb { web in
                let time = ManualTime(boot: .seconds(1000))
                let sessions = sessions(simulator, web, size: 1, time: time)
                let held = try await sessions.hold(clinic)
                let late = Task { try await sessions.hold(clinic) }
                try await eventually("it waits") { sessions.counts.waiting == 1 }
                time.advance(by: .seconds(60))
                await #expect(throws: PoolExhausted.self) { try await late.value }
                withExtendedLifetime(held) {}
            }
        }
    }

    @Test func aSessionIsReplacedThirtyMinutesAfterItWasMadeHoweverOftenItWasUsed() async throws {
        try await ClinicSimulator.run(.vet) { simulator in
            try await withWeb { web in
                let time = ManualTime(boot: .seconds(1000))
                let sessions = sessions(simulator, web, time: time)
                for minute in 0...10 {
                    _ = try await sessions.hold(clinic)
                    try await eventually("it is given back") { sessions.counts.used == 0 }
                    #expect(simulator.counts["POST login"] == (minute < 10 ? 1 : 2), "minute \(minute * 3)")
                    time.advance(by: .seconds(180))
                }
            }
        }
    }
}
