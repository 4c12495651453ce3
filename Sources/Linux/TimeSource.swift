import Glibc

/// Where the time comes from; rules take it injected, so that tests can move it.
public protocol TimeSource: Sendable {
    /// The wall clock: for calendars and records. It may jump.
    func wall() -> Timestamp

    /// Time since boot, sleep of the machine included (CLOCK_BOOTTIME): for durations, deadlines and leases.
    func boot() -> Duration

    /// Suspends until ``boot()`` reaches `instant`; throws `CancellationError` as soon as the task is cancelled.
    func sleep(until instant: Duration) async throws
}

extension TimeSource {
    /// Suspends for `duration`; throws `CancellationError` as soon as the task is cancelled.
    public func sleep(for duration: Duration) async throws {
        try await sleep(until: boot() + duration)
    }
}

/// The machine's own clocks.
public struct SystemTime: TimeSource {
    public init() {}

    public func wall() -> Timestamp {
        let now = Self.read(CLOCK_REALTIME)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }

    public func boot() -> Duration {
        Self.duration(Self.read(CLOCK_BOOTTIME))
    }

    /// CLOCK_MONOTONIC, which stands still while the machine sleeps; systemd wants it in RELOADING=1.
    public func monotonic() -> Duration {
        Self.duration(Self.read(CLOCK_MONOTONIC))
    }

    public func sleep(until instant: Duration) async throws {
        try Task.checkCancellation()
        if instant > boot() { try await Sleepers.shared.sleep(until: instant) }
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var now = timespec()
        clock_gettime(clock, &now)
        return now
    }

    private static func duration(_ time: timespec) -> Duration {
        .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}
