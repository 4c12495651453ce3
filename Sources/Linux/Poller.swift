import CLinux
import Glibc

/// A thread that waits for many descriptors at once (epoll) and runs what is to be done about them.
///
/// It is also an executor: an actor that gives it as its `unownedExecutor` runs on this thread, where handlers may use
/// `assumeIsolated`. Nothing that runs here may block. The thread ends when the last reference goes.
public final class Poller: SerialExecutor, Sendable {
    /// What a descriptor is ready for.
    public struct Events: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// There is something to read, or the end of the stream.
        public static let readable = Events(rawValue: UInt32(MILLRACE_READABLE))
        public static let writable = Events(rawValue: UInt32(MILLRACE_WRITABLE))
        /// The other end is gone; comes whether asked for or not.
        public static let broken = Events(rawValue: UInt32(MILLRACE_BROKEN))
    }

    /// A descriptor that is watched.
    public struct Watch: Sendable {
        fileprivate let tag: UInt64
        fileprivate let descriptor: Int32
    }

    private let core: Core

    /// `name` shows in ps, top and gdb; 15 bytes of it are kept.
    public init(_ name: String) throws(SystemError) {
        let core = try Core()
        self.core = core
        _ = try WorkerThread(name) { core.run() }
    }

    deinit { core.stop() }

    /// Calls `handler` on this thread whenever the descriptor is ready, until ``cancel(_:)``.
    ///
    /// Whoever owns the descriptor keeps it open until then.
    public func watch(
        _ descriptor: Int32, _ events: Events, _ handler: @escaping @Sendable (Events) -> Void
    ) throws(SystemError) -> Watch {
        try core.watch(descriptor, events, handler)
    }

    /// Watches no longer. Called on this thread, no handler runs for it after the call; else one may still be running.
    public func cancel(_ watch: Watch) { core.cancel(watch) }

    /// Runs `body` on this thread, after all that was asked of it before.
    public func perform(_ body: @escaping @Sendable () -> Void) { core.enqueue(.body(body)) }

    public func enqueue(_ job: consuming ExecutorJob) { core.enqueue(.job(UnownedJob(job), self)) }

    public func checkIsolated() {
        precondition(core.isCurrent, "not on the thread of the poller")
    }

    /// Whether the calling thread is this one.
    public var isCurrent: Bool { core.isCurrent }
}

/// What the thread holds; not the poller itself, whose going ends it.
private final class Core: Sendable {
    enum Work {
        case body(@Sendable () -> Void)
        case job(UnownedJob, Poller)
    }

    private struct State {
        var thread: pthread_t?
        var work: [Work] = []
        var isWoken = false
        var isStopping = false
        var nextTag: UInt64 = 1
        var handlers: [UInt64: @Sendable (Poller.Events) -> Void] = [:]
    }

    private let poll: Descriptor
    private let bell: Descriptor
    private let state = Locked(State())

    init() throws(SystemError) {
        poll = Descriptor(try retrying("epoll_create") { millrace_poll_create() })
        bell = Descriptor(try retrying("eventfd") { millrace_event() })
        try retrying("epoll_ctl") {
            millrace_poll_add(poll.raw, bell.raw, Poller.Events.readable.rawValue, 0)
        }
    }

    var isCurrent: Bool {
        state.withLock { $0.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        ring()
    }

    func enqueue(_ work: Work) {
        let rings = state.withLock { state in
            state.work.append(work)
            defer { state.isWoken = true }
            return !state.isWoken
        }
        if rings { ring() }
    }

    func watch(
        _ descriptor: Int32, _ events: Poller.Events,
        _ handler: @escaping @Sendable (Poller.Events) -> Void
    ) throws(SystemError) -> Poller.Watch {
        let tag = state.withLock { state in
            let tag = state.nextTag
            state.nextTag += 1
            state.handlers[tag] = handler
            return tag
        }
        do throws(SystemError) {
            try retrying("epoll_ctl fd \(descriptor)") {
                millrace_poll_add(poll.raw, descriptor, events.rawValue, tag)
            }
        } catch {
            state.withLock { $0.handlers[tag] = nil }
            throw error
        }
        return Poller.Watch(tag: tag, descriptor: descriptor)
    }

    func cancel(_ watch: Poller.Watch) {
        let handler = state.withLock { $0.handlers.removeValue(forKey: watch.tag) }
        if handler != nil { _ = millrace_poll_remove(poll.raw, watch.descriptor) }
    }

    func run() {
        state.withLock { $0.thread = pthread_self() }
        var ready = [millrace_ready](repeating: millrace_ready(), count: 64)
        while true {
            let count = millrace_poll_wait(poll.raw, &ready, -1)
            for event in ready.prefix(max(0, Int(count))) where event.tag != 0 {
                let handler = state.withLock { $0.handlers[event.tag] }
                handler?(Poller.Events(rawValue: event.events))
            }
            if !carryOut() { return }
        }
    }

    /// False when it was asked to stop.
    private func carryOut() -> Bool {
        let (work, isStopping) = state.withLock { state in
            defer {
                state.work = []
                if state.isWoken { silence() }
                state.isWoken = false
            }
            return (state.work, state.isStopping)
        }
        for item in work {
            switch item {
            case .body(let body): body()
            case .job(let job, let poller): job.runSynchronously(on: poller.asUnownedSerialExecutor())
            }
        }
        return !isStopping
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(bell.raw, &one, 8)
    }

    private func silence() {
        var count: UInt64 = 0
        _ = read(bell.raw, &count, 8)
    }
}
