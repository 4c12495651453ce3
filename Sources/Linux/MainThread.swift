import Glibc

/// The thread that a program begins with.
public enum MainThread {
    /// Runs `body`, which ends the process, on the concurrent pool, while this thread waits.
    ///
    /// For programs without a window: what an asynchronous `main` starts has the raised priority of the main thread, and all
    /// that comes of it. Swift asks the kernel for that, which refuses everybody but root and is complained of in the log.
    public static func run(_ body: @escaping @Sendable () async -> Never) -> Never {
        Task.detached(priority: .medium) { await body() }
        while true { pause() }
    }
}
