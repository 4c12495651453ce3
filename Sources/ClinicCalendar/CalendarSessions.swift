public import BackOffice
public import Linux
import Resilience

/// The sessions of a process: a pool for each clinic.
///
/// A session is checked before it is used again, closed after five idle minutes, replaced thirty minutes after it was made.
/// Who finds all of them in use waits a minute.
public final class CalendarSessions: Sendable {
    public typealias Session = any PooledSession

    private let limits: PoolLimits
    private let time: any TimeSource
    private let open: @Sendable (Clinic) async throws -> Session
    private let pools = Locked<[String: (pool: ResourcePool<Session>, sweeper: Task<Void, any Error>)]>([:])

    /// - Parameters:
    ///   - size: sessions of one clinic at most.
    ///   - open: makes one, in the task that asked.
    public init(
        size: Int, time: any TimeSource = SystemTime(), open: @escaping @Sendable (Clinic) async throws -> Session
    ) {
        var limits = PoolLimits()
        limits.size = size
        self.limits = limits
        self.time = time
        self.open = open
    }

    deinit {
        for (_, sweeper) in pools.withLock({ Array($0.values) }) { sweeper.cancel() }
    }

    /// Waits for a session of the clinic, which is given back with the last reference to it.
    public func hold(_ clinic: Clinic) async throws -> HeldSession {
        let pool = pool(of: clinic)
        return HeldSession(try await pool.acquire(), of: pool)
    }

    /// Figures of the pools together; `places` are those that sessions could have, whether they are there or not.
    public var counts: (places: Int, idle: Int, used: Int, waiting: Int) {
        let all = pools.withLock { pools in pools.values.map { $0.pool.counts } }
        var sum = (places: all.count * limits.size, idle: 0, used: 0, waiting: 0)
        for one in all {
            sum.idle += one.idle
            sum.used += one.used
            sum.waiting += one.waiting
        }
        return sum
    }

    /// A clinic that got another calendar gets another pool; the old one's sessions go with their last use.
    private func pool(of clinic: Clinic) -> ResourcePool<Session> {
        let name = "\(clinic.id) \(clinic.access) \(clinic.url ?? "") \(clinic.credential ?? "")"
        return pools.withLock { pools in
            if let known = pools[name] { return known.pool }
            let open = open
            let pool = ResourcePool<Session>(
                "sessions of \(clinic.id)", limits: limits, time: time, make: { try await open(clinic) },
                check: { await $0.isAlive() }, close: { await $0.close() })
            // Nothing is made ahead of need, so that nothing can fail here.
            pools[name] = (pool, Task { try await pool.run { _ in } })
            return pool
        }
    }
}

/// A session that can be kept for the next one who needs it.
public protocol PooledSession: CalendarSession {
    func isAlive() async -> Bool
    func close() async
}

extension BrowserCalendarSession: PooledSession {}

extension HTTPCalendarSession: PooledSession {
    /// There is nothing to close: the calendar forgets it by itself.
    public func close() async {}
}

/// A session in use. It goes back to its pool with the last reference to it, however the work that it was for ended.
public final class HeldSession: Sendable {
    public let session: CalendarSessions.Session
    private let lease: ResourcePool<CalendarSessions.Session>.Lease
    private let pool: ResourcePool<CalendarSessions.Session>

    init(_ lease: ResourcePool<CalendarSessions.Session>.Lease, of pool: ResourcePool<CalendarSessions.Session>) {
        session = lease.resource
        self.lease = lease
        self.pool = pool
    }

    deinit { Task { [pool, lease] in await pool.release(lease) } }
}
