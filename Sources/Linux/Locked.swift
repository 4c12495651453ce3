public import Glibc

/// A value behind a pthread mutex; the thread sanitizer sees it, unlike `Synchronization.Mutex` on Linux.
///
/// It is a reference: copies guard the same value. Never call out to unknown code or wait inside `withLock`.
public struct Locked<Value>: @unchecked Sendable {
    @usableFromInline let storage: LockedStorage<Value>

    @inlinable
    public init(_ value: sending Value) {
        storage = LockedStorage.make(value)
    }

    /// Runs `body` with the value while no other thread does. Not recursive.
    @inlinable
    public func withLock<R, E: Error>(_ body: (inout Value) throws(E) -> sending R) throws(E) -> sending R {
        storage.lock()
        defer { storage.unlock() }
        return try storage.withValue(body)
    }
}

/// Value and mutex in one allocation.
@usableFromInline
final class LockedStorage<Value>: ManagedBuffer<Value, pthread_mutex_t> {
    @inlinable
    static func make(_ value: sending Value) -> LockedStorage {
        let made = Self.create(minimumCapacity: 1) { _ in value }
        let storage = unsafeDowncast(made, to: Self.self)
        storage.withUnsafeMutablePointerToElements { mutex in
            var attributes = pthread_mutexattr_t()
            pthread_mutexattr_init(&attributes)
            let result = pthread_mutex_init(mutex, &attributes)
            precondition(result == 0, "pthread_mutex_init failed")
            pthread_mutexattr_destroy(&attributes)
        }
        return storage
    }

    @inlinable
    func lock() {
        let result = withUnsafeMutablePointerToElements { pthread_mutex_lock($0) }
        precondition(result == 0, "pthread_mutex_lock failed")
    }

    @inlinable
    func unlock() {
        let result = withUnsafeMutablePointerToElements { pthread_mutex_unlock($0) }
        precondition(result == 0, "pthread_mutex_unlock failed")
    }

    @inlinable
    func withValue<R, E: Error>(_ body: (inout Value) throws(E) -> sending R) throws(E) -> sending R {
        // Under the mutex nobody else has access, which spares the check for that.
        let value = withUnsafeMutablePointerToHeader { $0 }
        return try body(&value.pointee)
    }

    deinit {
        _ = withUnsafeMutablePointerToElements { pthread_mutex_destroy($0) }
    }
}
