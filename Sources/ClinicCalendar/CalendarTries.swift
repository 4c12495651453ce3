import Linux
import MillraceProtocol
import Resilience

/// The tries of a request to a calendar: three more after the first, after 1, 2 and 4 seconds, a quarter more or less, or when
/// the calendar says.
///
/// While the breaker of all processes is open nothing is tried: what waits for it loses no try, and waits as long as it has
/// time.
struct CalendarTries: Sendable {
    static let retries = 3
    /// How long after a breaker was found open it is asked again, at the latest.
    static let patience = Duration.seconds(2)

    let time: any TimeSource

    func run<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        while true {
            do {
                return try await tried(body)
            } catch let error as RPCError where error.reason == "breaker.open" {
                guard let wait = error.retryAfterMs else { throw error }
                // Those who were told the same do not come together.
                let spread = Backoff(base: .milliseconds(500), cap: .milliseconds(500)).delay(attempt: 1)
                // While a trial is under way it is the latest that this may end, and mostly ends at once.
                let pause = min(max(.milliseconds(wait), .milliseconds(50)), Self.patience)
                try await time.sleep(until: time.boot() + pause + spread)
            }
        }
    }

    private func tried<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        var attempt = 0
        // Half of the window is waited at random, three quarters always: together a quarter more or less.
        let whole = Backoff(base: .seconds(1), cap: .seconds(10))
        return try await withRetry(
            attempts: Self.retries + 1, backoff: Backoff(base: .milliseconds(500), cap: .seconds(5)), time: time,
            isTransient: { ($0 as? ClinicCalendarError)?.isTransient ?? false },
            retryAfter: { error in
                max((error as? ClinicCalendarError)?.retryAfter ?? .zero, whole.window(attempt: attempt) * 3 / 4)
            }
        ) { number in
            attempt = number
            return try await body()
        }
    }
}
