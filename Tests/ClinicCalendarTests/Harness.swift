import BackOffice
import Calendars
import ClinicCalendar
import Crypto
import Linux
import Simulators
import TestSupport
import WebClient

let sha256: @Sendable ([UInt8]) -> String = { Identifier.hex(SHA256.hash(data: $0)) }

extension Day {
    static let monday = Day("2026-03-02")!
    static let tuesday = Day("2026-03-03")!
}

extension SimulatedCalendar {
    /// The clinic VET with two appointments on the Monday and one on the Tuesday.
    static var vet: SimulatedCalendar {
        var calendar = SimulatedCalendar()
        for (id, day, start) in [("a", "2026-03-02", 540), ("b", "2026-03-02", 975), ("c", "2026-03-03", 600)] {
            var one = Appointment(id: id, patient: "BELLA", day: day, start: start)
            one.client = "ADA"
            one.phone = "(408) 509-5710"
            calendar.put(one, in: "VET")
        }
        return calendar
    }
}

/// Runs `body` with a client of its own, which is closed whatever happens.
func withWeb<Result>(_ body: (WebClient) async throws -> Result) async throws -> Result {
    let web = try WebClient()
    do {
        let result = try await body(web)
        await web.close()
        return result
    } catch {
        await web.close()
        throw error
    }
}

func session(
    _ simulator: ClinicSimulator, _ web: WebClient, clinic: String = "VET", login: String = "ada:secret",
    timeout: Duration = .seconds(10), time: any TimeSource = SystemTime()
) async throws -> HTTPCalendarSession {
    try await HTTPCalendarSession(
        url: simulator.url(of: clinic), web: web, login: { try CalendarLogin(Array(login.utf8)) }, timeout: timeout,
        time: time)
}

/// A clock whose sleeps are over at once, as long as it is hasty.
struct HastyTime: TimeSource {
    private let system = SystemTime()
    private let ahead = Locked(Duration.zero)
    private let hastens: Locked<Bool>

    init(hastens: Bool = true) { self.hastens = Locked(hastens) }

    func hasten(_ hastens: Bool) { self.hastens.withLock { $0 = hastens } }

    func wall() -> Timestamp { system.wall() + ahead.withLock { $0 } }
    func boot() -> Duration { system.boot() + ahead.withLock { $0 } }
    var slept: Duration { ahead.withLock { $0 } }

    func sleep(until instant: Duration) async throws {
        try Task.checkCancellation()
        let rest = instant - boot()
        guard hastens.withLock({ $0 }) else { return try await system.sleep(until: system.boot() + rest) }
        if rest > .zero { ahead.withLock { $0 += rest } }
    }
}
