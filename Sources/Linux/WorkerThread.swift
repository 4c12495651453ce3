import CLinux
import Glibc

/// A thread of our own for work that blocks, so that the two or so threads of the cooperative pool never do.
public final class WorkerThread: Sendable {
    private struct State {
        var thread: pthread_t?
        var joined = false
    }

    private final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private let state = Locked(State())

    /// Starts at once. `name` shows in ps, top and gdb; 15 bytes of it are kept.
    ///
    /// The owner ends the thread by its own means and then calls ``join()``.
    public init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name, body))
        let result = pthread_create(
            &thread, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                millrace_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard result == 0 else {
            start.release()
            throw SystemError(number: result, call: "pthread_create \(name)")
        }
        state.withLock { $0.thread = thread }
    }

    deinit {
        let left = state.withLock { $0.joined ? nil : $0.thread }
        if let left { pthread_detach(left) }
    }

    /// Waits until the body has returned. Only the first call waits; never call it from the thread itself.
    public func join() {
        let thread = state.withLock { state -> pthread_t? in
            if state.joined { return nil }
            state.joined = true
            return state.thread
        }
        if let thread { pthread_join(thread, nil) }
    }
}
