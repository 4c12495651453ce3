import Glibc

/// A value behind a mutex, with a condition that threads can wait for.
///
/// For threads of our own (``WorkerThread``) only: waiting blocks, which the cooperative pool must never do.
public final class Monitor<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    public init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        changed = .allocate(capacity: 1)
        changed.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        changed.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` alone with the value; with `notify`, wakes all waiters afterwards.
    public func withLock<R, E: Error>(
        notify: Bool = false, _ body: (inout Value) throws(E) -> sending R
    ) throws(E) -> sending R {
        pthread_mutex_lock(mutex)
        defer {
            if notify { pthread_cond_broadcast(changed) }
            pthread_mutex_unlock(mutex)
        }
        return try body(&value)
    }

    /// Blocks until `body` returns something, asking it again after each notification; nil when `timeout` ran out.
    public func wait<R>(timeout: Duration? = nil, until body: (inout Value) -> sending R?) -> sending R? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var end = timeout.map(Self.deadline)
        while true {
            if let result = body(&value) { return result }
            if end == nil {
                pthread_cond_wait(changed, mutex)
            } else if pthread_cond_timedwait(changed, mutex, &end!) == ETIMEDOUT {
                return body(&value)
            }
        }
    }

    private static func deadline(_ timeout: Duration) -> timespec {
        let end = SystemTime().monotonic().nanoseconds + max(0, timeout.nanoseconds)
        return timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
    }
}
