public import Linux

/// Resources that are dear to make, such as sessions: a bounded number of them, each used by one task at a time.
///
/// They are kept warm, checked before they are handed out, and retired when idle for long or old. Tasks wait in line, and
/// a resource that cannot be made is the trouble of the one task it was made for. Who takes a resource must give it back;
/// ``withResource(deadline:isBroken:isolation:_:)`` sees to that. ``run(onFailure:)`` retires what nobody asks for and
/// starts resources ahead of need; without it, what is idle stays until somebody asks.
public final class ResourcePool<Resource: Sendable>: Sendable {
    /// A resource in use; it ends with ``ResourcePool/release(_:broken:isolation:)``.
    public struct Lease: Sendable {
        public let resource: Resource
        fileprivate let id: UInt64
    }

    /// How many there are.
    public struct Counts: Hashable, Sendable {
        public let idle: Int
        public let used: Int
        /// Being made or closed.
        public let underWork: Int
        /// Tasks in line.
        public let waiting: Int
    }

    private typealias State = PoolState

    private struct Overdue: Sendable {
        let position: State.Position
        let deadline: Deadline?
    }

    /// What it holds, for errors.
    public let name: String
    public let limits: PoolLimits
    private let time: any TimeSource
    private let make: @Sendable () async throws -> Resource
    private let check: (@Sendable (Resource) async -> Bool)?
    private let close: @Sendable (Resource) async -> Void
    private let state: Locked<State>
    private let overdue: Timers<Overdue>

    /// - Parameters:
    ///   - make: makes one; runs in the task that asked, and is cancelled with it.
    ///   - check: whether one that was idle can be used; nil when that needs no check.
    ///   - close: ends one. It runs to its end even if the task that gave it back is cancelled.
    public init(
        _ name: String, limits: PoolLimits = PoolLimits(), time: any TimeSource,
        make: @escaping @Sendable () async throws -> Resource, check: (@Sendable (Resource) async -> Bool)? = nil,
        close: @escaping @Sendable (Resource) async -> Void
    ) {
        let state = Locked(State(limits))
        self.name = name
        self.limits = limits
        self.time = time
        self.make = make
        self.check = check
        self.close = close
        self.state = state
        overdue = Timers(time: time) { overdue in
            let (turn, retryAfter) = state.withLock { ($0.line.remove(overdue.position), $0.retryAfter) }
            let late: any Error =
                overdue.deadline.map(DeadlineExceeded.init)
                ?? PoolExhausted(pool: name, size: limits.size, retryAfter: retryAfter)
            turn?.settle(.failure(late))
        }
    }

    public var counts: Counts {
        state.withLock { state in
            Counts(
                idle: state.idle.count, used: state.used.count, underWork: state.underWork,
                waiting: state.line.count)
        }
    }

    /// Runs `body` with a resource of its own.
    ///
    /// - Parameter isBroken: whether an error of the body means that the resource is of no more use.
    public func withResource<R: Sendable>(
        deadline: Deadline? = nil, isBroken: (any Error) -> Bool = { _ in false },
        isolation: isolated (any Actor)? = #isolation, _ body: (Resource) async throws -> R
    ) async throws -> R {
        let lease = try await acquire(deadline: deadline)
        do {
            let result = try await body(lease.resource)
            await release(lease)
            return result
        } catch {
            await release(lease, broken: isBroken(error))
            throw error
        }
    }

    /// Waits for a resource.
    ///
    /// - Throws: ``PoolExhausted`` when too many wait or the wait was too long, ``PoolClosed``, ``DeadlineExceeded``,
    ///   `CancellationError`, or what making one threw. No resource is held then.
    public func acquire(
        deadline: Deadline? = nil, isolation: isolated (any Actor)? = #isolation
    ) async throws -> Lease {
        switch try await grant(deadline) {
        case .resource(let entry):
            guard let check else { return try await handOut(entry) }
            if await check(resource(entry)) { return try await handOut(entry) }
            // A check that was cancelled says nothing of the resource.
            if Task.isCancelled { return try await handOut(entry) }
            state.withLock { $0.condemn(entry.id) }
            return try await create(replacing: entry)
        case .room(let old):
            return try await create(replacing: old)
        }
    }

    /// Gives a resource back. One that was given back before changes nothing.
    ///
    /// - Parameter broken: it is closed and not used again.
    public func release(_ lease: Lease, broken: Bool = false, isolation: isolated (any Actor)? = #isolation) async {
        await giveBack(lease.id, broken: broken)
    }

    /// Closes what has been idle for too long and keeps the minimum warm, until the task is cancelled.
    ///
    /// - Parameter onFailure: told when one could not be made ahead of need; it is tried again with the next sweep.
    public func run(onFailure: @Sendable (any Error) -> Void) async throws {
        while true {
            let now = time.boot()
            await carryOut(state.withLock { $0.sweep(now) })
            while state.withLock({ $0.startAhead() }) {
                do {
                    let entry = try await fill()
                    await giveBack(entry.id, broken: false)
                } catch {
                    try Task.checkCancellation()
                    onFailure(error)
                    break
                }
            }
            try await time.sleep(for: limits.sweep)
        }
    }

    /// Refuses everybody from now on and waits until what is in use has come back and all is closed.
    ///
    /// - Returns: how many were still there when the time was over. They are closed when they come back.
    public func drain(within limit: Duration) async throws -> Int {
        let shut = state.withLock { $0.shut() }
        // Whatever hangs in being closed is counted as still there; the count is what is awaited.
        Task.detached { [self] in await carryOut(shut) }
        let emptied = Turn<Void>()
        let position: Line<Turn<Void>>.Position? = state.withLock { state in
            state.total == 0 ? nil : state.emptied.append(emptied)
        }
        guard let position else { return 0 }
        do {
            try await withDeadline(Deadline(after: limit, time: time), time: time) { [state] in
                try await emptied.value {
                    if state.withLock({ $0.emptied.remove(position) }) != nil {
                        emptied.settle(.failure(CancellationError()))
                    }
                }
            }
            return 0
        } catch is DeadlineExceeded {
            return state.withLock { $0.total }
        }
    }

    private func grant(
        _ deadline: Deadline?, isolation: isolated (any Actor)? = #isolation
    ) async throws -> State.Grant {
        let now = time.boot()
        let claim = state.withLock { $0.claim(now) }
        switch claim {
        case .granted(let grant): return grant
        case .closed: throw PoolClosed(pool: name)
        case .full(let retryAfter): throw PoolExhausted(pool: name, size: limits.size, retryAfter: retryAfter)
        case .waits(let turn, let position):
            let longest = now + limits.longestWait
            let isFirst = deadline.map { $0.instant <= longest } ?? false
            let timer = overdue.add(
                Overdue(position: position, deadline: isFirst ? deadline : nil),
                at: isFirst ? deadline?.instant ?? longest : longest)
            defer { overdue.remove(timer) }
            let grant = try await turn.value { [state] in
                state.withLock { $0.line.remove(position) }?.settle(.failure(CancellationError()))
            }
            if Task.isCancelled {
                await decline(grant)
                throw CancellationError()
            }
            return grant
        }
    }

    private func decline(_ grant: State.Grant, isolation: isolated (any Actor)? = #isolation) async {
        switch grant {
        case .resource(let entry): await giveBack(entry.id, broken: false)
        case .room(let old):
            if let old { await closing(old) }
            await roomIsFree()
        }
    }

    /// What is handed out to a task that was cancelled meanwhile goes to the next.
    private func handOut(_ entry: State.Entry, isolation: isolated (any Actor)? = #isolation) async throws -> Lease {
        let isClosed = state.withLock { $0.isClosed }
        guard Task.isCancelled || isClosed else { return Lease(resource: resource(entry), id: entry.id) }
        await giveBack(entry.id, broken: false)
        throw isClosed ? PoolClosed(pool: name) : CancellationError()
    }

    private func create(
        replacing old: State.Entry?, isolation: isolated (any Actor)? = #isolation
    ) async throws -> Lease {
        if let old { await closing(old) }
        return try await handOut(fill())
    }

    /// Makes one in the room granted for it.
    private func fill(isolation: isolated (any Actor)? = #isolation) async throws -> State.Entry {
        do {
            let resource = Pooled(try await make())
            let now = time.boot()
            return state.withLock { $0.made(resource, now) }
        } catch {
            await roomIsFree()
            throw error
        }
    }

    private func giveBack(_ id: UInt64, broken: Bool, isolation: isolated (any Actor)? = #isolation) async {
        let now = time.boot()
        await carryOut(state.withLock { $0.giveBack(id, broken: broken, now) })
    }

    private func roomIsFree(isolation: isolated (any Actor)? = #isolation) async {
        await carryOut(state.withLock { $0.roomIsFree() })
    }

    private func carryOut(_ outcome: State.Outcome, isolation: isolated (any Actor)? = #isolation) async {
        if let (turn, grant) = outcome.granted { turn.settle(.success(grant)) }
        for turn in outcome.refused { turn.settle(.failure(PoolClosed(pool: name))) }
        for turn in outcome.emptied { turn.settle(.success(())) }
        for entry in outcome.retired {
            await closing(entry)
            await roomIsFree()
        }
    }

    /// In a task of its own, which the caller's cancellation does not reach.
    private func closing(_ entry: State.Entry, isolation: isolated (any Actor)? = #isolation) async {
        await Task { [close, resource = resource(entry)] in await close(resource) }.value
    }

    private func resource(_ entry: State.Entry) -> Resource {
        unsafeDowncast(entry.box, to: Pooled<Resource>.self).resource
    }
}
