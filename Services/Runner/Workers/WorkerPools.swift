import Glibc
import KindFiles
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import Resilience

/// The runner's own worker processes: each has one end of a socket pair and speaks the worker protocol on it.
///
/// ``WorkerPool`` decides, this class carries out. Call it with no lock held that ``WorkerPoolsOwner`` takes; nothing here
/// blocks.
final class WorkerPools: Sendable {
    private struct Process {
        let child: ChildProcess
        var session: RPCSession?
    }

    private struct State {
        var owner: (any WorkerPoolsOwner)?
        var pools: [Int: WorkerPool] = [:]
        var ids: [String: Int] = [:]
        var lastPool = 0
        /// When a pool was added last.
        var begun: Duration?
        /// By ticket.
        var processes: [Int: Process] = [:]
        var tickets: [Int32: Int] = [:]
        /// Those that carry a process from its start to its end.
        var keepers: [Int: Task<Void, Never>] = [:]
        /// Effects in their order, with their pool; one thread at a time carries them out.
        var effects: [(pool: String, effect: WorkerPool.Effect)] = []
        var isPerforming = false
        var isStopped = false
        /// Ends when no process is left.
        var quiet: AsyncStream<Void>.Continuation?
    }

    private let folder: String?
    private let log: Logger
    private let time: any TimeSource
    private let wakeup: Wakeup
    private let state = Locked(State())

    /// - Parameter state: The folder of `--state`, which the workers have to find too; nil on an installed system.
    init(state folder: String?, log: Logger, time: any TimeSource) {
        self.folder = folder
        self.log = log
        self.time = time
        wakeup = Wakeup(time: time)
    }

    // MARK: What the pools are

    /// Begins to keep the pools of `definitions`.
    func start(_ definitions: [WorkerDefinition], for owner: any WorkerPoolsOwner) {
        state.withLock { $0.owner = owner }
        apply(definitions)
    }

    /// Makes these the pools: those that are new start, those that are gone let their processes work off their calls,
    /// those that changed replace theirs one by one; sizes set by ``resize(_:processes:)`` are forgotten.
    func apply(_ definitions: [WorkerDefinition]) {
        let now = time.boot()
        let events = state.withLock { state -> [(Int, WorkerPool.Event)] in
            guard !state.isStopped else { return [] }
            let named = Set(definitions.map(\.name))
            var events = state.ids.filter { !named.contains($0.key) }.map { ($0.value, WorkerPool.Event.removed) }
            for definition in definitions {
                if let id = state.ids[definition.name], state.pools[id] != nil {
                    events.append((id, .declared(definition)))
                } else {
                    state.lastPool += 1
                    state.begun = now
                    state.ids[definition.name] = state.lastPool
                    state.pools[state.lastPool] = WorkerPool(id: state.lastPool, definition: definition, now: now)
                    events.append((state.lastPool, .tick))
                }
            }
            return events
        }
        for (pool, event) in events { handle(pool, event) }
    }

    /// Lets a pool have so many processes, at once; until the settings are read again.
    ///
    /// - Throws: ``WorkerPoolError``: no such pool, not 1 to 64 processes.
    func resize(_ pool: String, processes: Int) throws(WorkerPoolError) {
        guard (1...64).contains(processes) else { throw .badSize(processes) }
        let (id, known) = state.withLock { ($0.ids[pool], $0.ids.keys.sorted()) }
        guard let id else { throw .unknownPool(pool, known: known) }
        handle(id, .resized(processes))
    }

    // MARK: What the runner tells

    /// Jobs or items wait because the pool's processes have no free place; told again whenever that is found.
    func demand(pool: String, waiting: Int) {
        if let id = state.withLock({ $0.ids[pool] }) { handle(id, .demand(waiting)) }
    }

    /// The process has registered as a worker of that number.
    func registered(pid: Int32, worker: Int, load: PoolLoad) {
        if let ticket = ticket(of: pid) { handle(.registered(ticket, worker: worker, load: load), of: ticket) }
    }

    /// The process serves what is not its pool's any more: it works off what it has, while others take its place.
    func outdated(pid: Int32) {
        if let ticket = ticket(of: pid) { handle(.outdated(ticket), of: ticket) }
    }

    /// The calls of a process have become more or fewer.
    func changed(pid: Int32, load: PoolLoad) {
        let now = time.boot()
        let awake = state.withLock { state -> Int? in
            guard let ticket = state.tickets[pid] else { return nil }
            let isDone = state.pools[WorkerPool.id(of: ticket)]?.note(ticket, load, now: now) ?? true
            return isDone ? nil : WorkerPool.id(of: ticket)
        }
        if let awake { handle(awake, .tick) }
    }

    /// The connection of a process has ended.
    func left(pid: Int32) {
        if let ticket = ticket(of: pid) { handle(.disconnected(ticket), of: ticket) }
    }

    // MARK: What others see

    /// The pool that started the process; nil for a process of somebody else's.
    func pool(of pid: Int32) -> String? {
        state.withLock { state in
            state.tickets[pid].flatMap { state.pools[WorkerPool.id(of: $0)]?.definition.name }
        }
    }

    /// By name.
    var views: [PoolView] {
        let now = time.boot()
        return state.withLock { $0.pools.values.map { $0.view(now: now) } }.sorted { $0.name < $1.name }
    }

    /// What keeps a pool's processes from serving ("exited 127 before registering"); nil when nothing is known to.
    func problem(of pool: String) -> String? {
        state.withLock { state in state.ids[pool].flatMap { state.pools[$0]?.problem } }
    }

    /// Whether a first worker may still be on its way: a kind that nobody knows yet is worth waiting for.
    func mayStillStart(within limit: Duration) -> Bool {
        let now = time.boot()
        return state.withLock { state in
            guard let begun = state.begun else { return state.owner == nil && !state.isStopped }
            return now - begun < limit
        }
    }

    // MARK: The end

    /// Ends the processes: TERM, and KILL for what is left after five seconds. Nothing is left on return, unless the kernel
    /// cannot end a process.
    func stop() async {
        let (quiet, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let pools = state.withLock { state in
            state.isStopped = true
            state.quiet = continuation
            return Array(state.pools.keys)
        }
        for pool in pools { handle(pool, .stop) }
        if state.withLock({ $0.keepers.isEmpty }) { continuation.finish() }
        do {
            let limit = Deadline(after: WorkerPool.stopping * 2, time: time)
            try await withDeadline(limit, time: time) { for await _ in quiet {} }
        } catch {
            log.error("worker processes are left that cannot be ended: \(state.withLock { $0.tickets.keys.sorted() })")
        }
        await wakeup.stop()
        state.withLock { $0.owner = nil }
    }

    // MARK: Events and effects

    private func ticket(of pid: Int32) -> Int? { state.withLock { $0.tickets[pid] } }

    private func handle(_ event: WorkerPool.Event, of ticket: Int) {
        handle(WorkerPool.id(of: ticket), event)
    }

    private func handle(_ pool: Int, _ event: WorkerPool.Event) {
        let now = time.boot()
        let isMine = state.withLock { state in
            guard let name = state.pools[pool]?.definition.name,
                let effects = state.pools[pool]?.handle(event, now: now)
            else { return false }
            for effect in effects {
                // At once, so that nobody who stops can miss it.
                if case .start(let ticket, let definition) = effect {
                    state.keepers[ticket] = Task { await self.keep(ticket, definition) }
                } else {
                    state.effects.append((name, effect))
                }
            }
            if state.pools[pool]?.isOver == true {
                state.pools[pool] = nil
                if state.ids[name] == pool { state.ids[name] = nil }
            }
            defer { state.isPerforming = true }
            return !state.isPerforming
        }
        if isMine { performAll() }
        let due = state.withLock { state in state.pools[pool]?.nextDue(after: now) }
        if let due { wakeup.call(at: due) { [weak self] in self?.tick() } }
    }

    private func tick() {
        for pool in state.withLock({ Array($0.pools.keys) }) { handle(pool, .tick) }
    }

    private func performAll() {
        while true {
            let batch = state.withLock { state in
                defer { state.effects.removeAll() }
                if state.effects.isEmpty { state.isPerforming = false }
                return state.effects
            }
            if batch.isEmpty { return }
            for (pool, effect) in batch { perform(effect, of: pool) }
        }
    }

    private func perform(_ effect: WorkerPool.Effect, of pool: String) {
        switch effect {
        case .start:
            break
        case .ping(let ticket):
            // No session yet or any more: then no answer comes either.
            state.withLock { $0.processes[ticket]?.session }?.send(WorkerPing.self, Empty()) { [weak self] answer in
                if case .failure(let error) = answer, Self.notAsked.contains(error.reason ?? "") { return }
                self?.handle(.answered(ticket), of: ticket)
            }
        case .retire(let ticket):
            let (owner, pid) = state.withLock { ($0.owner, $0.processes[ticket]?.child.pid) }
            if let pid { owner?.retire(pid: pid) }
        case .signal(let ticket, let signal):
            state.withLock { $0.processes[ticket]?.child }?.signal(signal)
        case .say(let level, let text):
            log.log(level: level, "worker \(pool): \(text)")
        }
    }

    /// Errors that are not an answer of the process: the question did not get to it, or it is gone.
    private static let notAsked: Set = [
        RPCError.Reason.connectionLost, RPCError.Reason.connectionGone, RPCError.Reason.outputLimit,
    ]

    // MARK: A process

    /// Starts a process and follows it to its end.
    private func keep(_ ticket: Int, _ definition: WorkerDefinition) async {
        do {
            let (ours, theirs) = try UnixSocket.pair()
            let child = try await definition.start(state: folder, connection: theirs)
            theirs.close()
            state.withLock { state in
                state.processes[ticket] = Process(child: child)
                state.tickets[child.pid] = ticket
            }
            handle(.spawned(ticket, pid: child.pid), of: ticket)
            let session = await connect(ticket, child, ours, definition.name)
            let status = try await child.wait()
            session?.close()
            // Its pid may be another's from here on.
            state.withLock { state in
                state.processes[ticket] = nil
                if state.tickets[child.pid] == ticket { state.tickets[child.pid] = nil }
            }
            handle(.ended(ticket, status), of: ticket)
        } catch {
            handle(.notStarted(ticket, "\(error)"), of: ticket)
        }
        let quiet = state.withLock { state in
            state.keepers[ticket] = nil
            return state.keepers.isEmpty ? state.quiet : nil
        }
        quiet?.finish()
    }

    private func connect(_ ticket: Int, _ child: ChildProcess, _ socket: Descriptor, _ pool: String) async
        -> RPCSession?
    {
        guard let owner = state.withLock({ $0.owner }) else { return nil }
        do {
            let session = try await owner.adopt(socket, pid: child.pid, pool: pool)
            state.withLock { $0.processes[ticket]?.session = session }
            session.onClose { [weak self] _ in self?.handle(.disconnected(ticket), of: ticket) }
            return session
        } catch {
            log.error("worker \(pool): process \(child.pid) cannot be served and is ended: \(error)")
            child.signal(SIGKILL)
            return nil
        }
    }
}
