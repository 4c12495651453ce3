import Glibc

/// The thread that a program begins with.
public enum MainThread {
    /// Runs `body`, which ends the process, on the concurrent pool, while this thread waits.
    ///
    /// For programs without a window: what an asynchronous `main` starts has the raised priority of the main thread, and all
    /// that comes of it. The library under Swift's tasks (libdispatch) asks the kernel for that, and for its own manager in
    /// every process; it is refused to everybody but root, and the refusal would stand in the journal at each start. So that
    /// library logs only where `LIBDISPATCH_LOG` says how.
    public static func run(_ body: @escaping @Sendable () async -> Never) -> Never {
        setenv("LIBDISPATCH_LOG", "NO", 0)
        Task.detached(priority: .medium) { await body() }
        while true { pause() }
    }
}
