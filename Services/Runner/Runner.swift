import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import MillraceService
import MillraceStore
import Resilience
import Schemas

/// The durable job runner: takes jobs in, gives their items to workers under bounds, keeps every checkpoint.
///
/// The ``Dispatcher`` decides, this class carries out: what must be remembered goes through ``JobStore``, what must be
/// done goes to a worker, and each result comes back as the dispatcher's next event.
final class Runner: Service {
    static let name = "runner"
    static let summary = "runs jobs: durable, bounded, one checkpoint per item"
    static let openRPC: [UInt8]? = Schemas.runner

    let store: Database
    let time: any TimeSource
    let log: Logger
    /// The number of this run; the upper half of its fencing numbers.
    let run: Int64
    let kinds: KindRegistry
    let watchers = WatchHub()
    let supervisor: WorkerSupervisor

    private struct State {
        var dispatcher: Dispatcher
        var workers: [Int: RPCSession] = [:]
        var lastWorker = 0
        var calls: [Int64: CallHandle] = [:]
        /// Effects in their order; one thread at a time carries them out.
        var effects: [Effect] = []
        var performing = false
        /// Ends when nothing runs any more, while draining.
        var quiet: AsyncStream<Void>.Continuation?
        /// Writes that failed for a cause that may pass.
        var unwritten: [@Sendable () -> Void] = []
    }

    private let state: Locked<State>
    let alarm: Alarm
    let backlog: Backlog

    init(_ configuration: RunnerConfiguration, host: HostContext) async throws {
        time = host.time
        log = host.log
        let path = host.stateDirectory + "/runner.sqlite"
        store = try Database.open(path, migrations: JobStore.migrations, durability: .disk, exclusive: true)
        let now = time.wall()
        let bootID = Machine.bootID
        backlog = Backlog(limit: configuration.backlog)
        let begun = try store.writeBlocking { try JobStore.beginRun($0, bootID: bootID, now: now) }
        run = begun.run
        backlog.add(try store.readBlocking { try JobStore.backlog($0) }.total)
        kinds = KindRegistry(known: try store.readBlocking { try JobStore.knownKinds($0) })
        supervisor = WorkerSupervisor(
            commands: configuration.workerCommands, state: host.state, log: host.log, time: host.time)
        alarm = Alarm(time: host.time)
        var limits = Dispatcher.Limits()
        limits.jobs = configuration.jobs
        limits.calls = configuration.calls
        limits.slots = configuration.slots
        state = Locked(State(dispatcher: Dispatcher(run: run, limits: limits)))
        log.info("run \(run) begins", metadata: ["taken-back": "\(begun.takenBack)", "database": "\(path)"])
    }

    func start(server: RPCServer) async throws {
        alarm.start { [weak self] in self?.handle(.tick) }
        handle(.jobsReady(Set(kinds.names)))
        if let next = try await store.read({ try JobStore.nextScheduled($0) }) { handle(.jobScheduled(next)) }
        supervisor.start(server: server)
        sweep()
    }

    /// Forgets idempotency keys whose time is over, now and every hour.
    private func sweep() {
        let now = time.wall()
        note("the end of old idempotency keys") { _ = try JobStore.forgetSubmissions($0, now: now) }
        alarm.ring(in: .seconds(3600)) { [weak self] in self?.sweep() }
    }

    func reload(_ configuration: RunnerConfiguration) async {
        state.withLock {
            $0.dispatcher.limits.jobs = configuration.jobs
            $0.dispatcher.limits.calls = configuration.calls
            $0.dispatcher.limits.slots = configuration.slots
        }
        backlog.limit = configuration.backlog
        handle(.tick)
    }

    /// Starts nothing new, lets what runs come to its end, gives back the rest and closes the database.
    func drain(within limit: Duration) async {
        handle(.drain)
        let (quiet, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        if state.withLock({ state in
            state.quiet = continuation
            return state.dispatcher.leases.isEmpty
        }) {
            continuation.finish()
        }
        do {
            try await withDeadline(Deadline(after: limit, time: time), time: time) { for await _ in quiet {} }
        } catch {
            log.notice("stopping although \(load().calls) calls to workers have not ended")
        }
        await supervisor.stop()
        alarm.stop()
        let now = time.wall()
        do {
            let given = try await store.write { try JobStore.takeBack($0, cause: "the runner was stopped", now: now) }
            if given > 0 { log.notice("stopped with \(given) jobs running; the next run goes on with them") }
        } catch {
            log.error("jobs were not given back, the next run will take them: \(error)")
        }
        store.close()
    }

    // MARK: Events and effects

    private func now() -> Dispatcher.Now {
        Dispatcher.Now(wall: time.wall(), boot: time.boot())
    }

    /// Takes an event to the dispatcher and carries out what it wants, in order, never blocking.
    func handle(_ event: Dispatcher.Event) {
        let mine = state.withLock { state in
            state.effects += state.dispatcher.handle(event, now: now())
            defer { state.performing = true }
            return !state.performing
        }
        guard mine else { return }
        while true {
            let batch = state.withLock { state in
                defer { state.effects.removeAll() }
                if state.effects.isEmpty { state.performing = false }
                return state.effects
            }
            if batch.isEmpty { break }
            for effect in batch { perform(effect) }
        }
        let (wait, quiet) = state.withLock { state in
            (state.dispatcher.nextTick(after: now()), state.dispatcher.leases.isEmpty ? state.quiet : nil)
        }
        if let wait { alarm.ring(in: wait) }
        quiet?.finish()
    }

    private func perform(_ effect: Effect) {
        let now = time.wall()
        switch effect {
        case .claim(let kinds, let limit):
            store.submit({ try JobStore.claim($0, kinds, limit: limit, now: now) }) { [self] result in
                switch result {
                case .success(let claim): handle(.claimed(claim.jobs, exhausted: claim.exhausted))
                case .failure(let error): failed("no job could be taken", error, then: .claimFailed)
                }
            }
        case .promote:
            store.submit({ try JobStore.promote($0, now: now) }) { [self] result in
                switch result {
                case .success(let promoted): handle(.promoted(promoted.kinds, next: promoted.next))
                case .failure(let error): failed("no scheduled job could be made ready", error, then: .promoteFailed)
                }
            }
        case .savePlan(let id, let plan, let slots):
            persist("the plan of job \(id)") {
                try JobStore.savePlan($0, id, plan, slots: slots)
            } then: { [self] items in
                handle(.planSaved(id, items))
            }
        case .plan(let lease, let params):
            begin(lease)
            call(WorkloadPlan.self, params, lease, correlationId: params.job.correlationId) { plan in
                let fault = plan.items.lazy.compactMap { Payload.fault($0.input, "input of \($0.key)") }.first
                return fault.map { .failed($0) } ?? .planned(plan)
            }
        case .preload(let lease, let params):
            begin(lease)
            call(WorkloadPreload.self, params, lease, correlationId: params.job.correlationId) { _ in .preloaded }
        case .process(let lease, let params):
            begin(lease)
            call(WorkloadProcess.self, params, lease, correlationId: params.job.correlationId) { result in
                Payload.fault(result.output, "output").map { .failed($0) } ?? .processed(result)
            }
        case .summarize(let lease, let brief, let cancelled):
            begin(lease)
            collect(lease, brief, cancelled: cancelled)
        case .endAttempt(let lease, let end):
            note("the end of an attempt") { try JobStore.endAttempt($0, lease, end, now: now) }
        case .saveItem(let lease, let outcome, let end):
            save(lease, outcome, end, now: now)
        case .postpone(let id, let until, let cause, let attempts, let crashes):
            logger(id).notice("\(cause)", metadata: ["run-at": "\(until)"])
            persist("the pause of job \(id)") {
                try JobStore.postpone(
                    $0, id, until: until, cause: cause, attempts: attempts, crashes: crashes, now: now)
            } then: { [self] view in
                if view.state.isFinal { ended(JobDetail(job: view)) } else { handle(.jobScheduled(until)) }
            }
        case .finish(let id, let ending):
            persist("the end of job \(id)") {
                try JobStore.finish($0, id, ending, now: now)
            } then: { [self] detail in
                ended(detail)
            }
        case .cancel(let lease):
            state.withLock { $0.calls[lease.fence] }?.requestCancellation()
        case .release(let id, let worker):
            session(worker)?.notify(WorkloadRelease.name, JobReference(id: id))
        case .drop(let worker):
            log.warning(
                "a worker did not heed a cancellation in time and is dropped", metadata: ["worker": "\(worker)"])
            session(worker)?.close()
        case .announce(let progress):
            watchers.publish(progress)
        }
    }

    private func session(_ worker: Int) -> RPCSession? {
        state.withLock { $0.workers[worker] }
    }

    /// Calls the worker that holds the lease; whatever happens, the lease ends exactly once.
    private func call<M: RPCMethod>(
        _ method: M.Type, _ params: M.Params, _ lease: Lease, correlationId: String,
        _ success: @escaping @Sendable (M.Result) -> LeaseEnd
    ) {
        guard let session = session(lease.worker) else { return handle(.workerLeft(lease.worker)) }
        let call = session.send(
            method, params, options: CallOptions(correlationId: correlationId),
            progress: { [weak self] raw in
                guard let self else { return }
                guard let progress = try? JSON.decode(WorkloadProgress.self, from: raw.bytes) else {
                    return log.debug("a worker's progress does not read", metadata: ["worker": "\(lease.workerName)"])
                }
                handle(.message(lease.fence, progress.message))
            },
            completion: { [self] result in
                state.withLock { _ = $0.calls.removeValue(forKey: lease.fence) }
                switch result {
                case .success(let value): handle(.leaseEnded(lease.fence, success(value)))
                // The worker must be gone for the dispatcher before its items are given out again.
                case .failure(let error) where error.isLossOfConnection: handle(.workerLeft(lease.worker))
                case .failure(let error): handle(.leaseEnded(lease.fence, .failed(error)))
                }
            })
        state.withLock { state in
            // The answer may have come before we got here.
            if state.dispatcher.leases[lease.fence] != nil { state.calls[lease.fence] = call }
        }
    }

    private func collect(_ lease: Lease, _ brief: JobBrief, cancelled: Bool) {
        // On the writer's connection, so that every checkpoint sent before is seen.
        store.submit({ try JobStore.items($0, brief.id, inputs: false) }) { [self] result in
            switch result {
            case .success(let items):
                call(
                    WorkloadSummarize.self, WorkloadSummarize.Params(job: brief, items: items, cancelled: cancelled),
                    lease, correlationId: brief.correlationId
                ) { summary in
                    Payload.fault(summary.result, "result").map { .failed($0) } ?? .summarized(summary)
                }
            case .failure(let error):
                handle(.leaseEnded(lease.fence, .failed(Self.face(of: error))))
            }
        }
    }

    private func save(_ lease: Lease, _ outcome: ItemOutcome, _ end: AttemptEnd, now: Timestamp) {
        if let error = outcome.error {
            logger(lease.job).warning(
                "\(outcome.state == .failed ? "item failed" : "item will be tried again"): \(error)",
                metadata: ["item-key": "\(outcome.key)", "attempt": "\(outcome.attempts)"])
        }
        persist("item \(outcome.key) of job \(lease.job)") {
            try JobStore.saveItem($0, lease, outcome, end, now: now)
        } then: { [self] in
            handle(
                .itemSaved(
                    lease.job,
                    ItemView(
                        index: outcome.number, key: outcome.key, state: outcome.state, attempts: outcome.attempts,
                        crashes: outcome.crashes, error: outcome.error)))
        }
    }

    /// The row of a new attempt; a lost one is no loss of work.
    private func begin(_ lease: Lease) {
        let now = time.wall()
        note("the start of an attempt") { try JobStore.beginAttempt($0, lease, now: now) }
    }

    private func note(_ what: String, _ body: @escaping @Sendable (Connection) throws -> Void) {
        store.submit(body) { [log] result in
            if case .failure(let error) = result { log.error("\(what) was not written, continuing: \(error)") }
        }
    }

    /// Writes what the course of a job depends on, as often as it takes: once a second until the disk takes it.
    private func persist<T: Sendable>(
        _ what: String, _ body: @escaping @Sendable (Connection) throws -> T,
        then: @escaping @Sendable (T) -> Void
    ) {
        store.submit(body) { [self] result in
            switch result {
            case .success(let value): then(value)
            case .failure(let error):
                if (error as? StoreError)?.kind == .closed { return }
                log.error("\(what) was not written, trying again: \(error)")
                state.withLock { $0.unwritten.append { [self] in persist(what, body, then: then) } }
                alarm.ring(in: .seconds(1)) { [weak self] in self?.rewrite() }
            }
        }
    }

    private func rewrite() {
        let waiting = state.withLock { state in
            defer { state.unwritten.removeAll() }
            return state.unwritten
        }
        for write in waiting { write() }
    }

    private func failed(_ what: String, _ error: any Error, then event: Dispatcher.Event) {
        if (error as? StoreError)?.kind == .closed { return }
        log.error("\(what): \(error)")
        handle(event)
    }

    private func ended(_ detail: JobDetail) {
        backlog.add(-1)
        let job = detail.job
        let seconds = job.startedAt.flatMap { start in job.finishedAt.map { ($0 - start).milliseconds } } ?? 0
        logger(job.id).info(
            "job \(job.state.rawValue): \(job.cause)",
            metadata: [
                "job-kind": "\(job.kind)", "correlation-id": "\(job.correlationId)", "items": "\(job.items.total)",
                "duration-ms": "\(seconds)",
            ])
        watchers.end(detail)
    }

    func logger(_ id: JobID) -> Logger {
        var log = log
        log[metadataKey: "job-id"] = "\(id)"
        return log
    }

    static func face(of error: any Error) -> RPCError {
        (error as? any RPCErrorConvertible)?.rpcError
            ?? RPCError(.internal, "internal error", reason: RPCError.Reason.internal)
    }

    // MARK: Workers

    /// Makes the connection's process a worker until the connection closes.
    func register(_ offer: WorkerRegister.Params, session: RPCSession, pid: Int32) throws -> WorkerRegister.Result {
        let worker = try state.withLock { state throws(JobError) in
            guard !state.dispatcher.draining else { throw JobError.draining }
            guard !state.workers.values.contains(where: { $0 === session }) else { throw JobError.alreadyRegistered }
            state.lastWorker += 1
            state.workers[state.lastWorker] = session
            return Dispatcher.Worker(
                id: state.lastWorker, name: offer.name, pid: pid, kinds: offer.kinds, capacity: offer.capacity,
                since: time.wall())
        }
        let now = time.wall()
        for kind in offer.kinds where kinds.learn(kind) {
            note("the kind \(kind.name)") { try JobStore.remember($0, kind, now: now) }
        }
        log.info(
            "worker \(worker.label) joined",
            metadata: ["kinds": "\(offer.kinds.map(\.name).joined(separator: " "))", "capacity": "\(offer.capacity)"])
        session.onClose { [weak self] _ in self?.left(worker) }
        handle(.workerJoined(worker))
        return WorkerRegister.Result(worker: worker.id, run: run)
    }

    private func left(_ worker: Dispatcher.Worker) {
        state.withLock { _ = $0.workers.removeValue(forKey: worker.id) }
        log.notice("worker \(worker.label) left")
        handle(.workerLeft(worker.id))
    }

    func workerViews() -> [WorkerView] {
        state.withLock { $0.dispatcher.workers.values.sorted { $0.id < $1.id } }.map { worker in
            WorkerView(
                id: worker.id, name: worker.name, pid: worker.pid, kinds: worker.kinds.map(\.name),
                capacity: worker.capacity, running: worker.running, since: worker.since)
        }
    }

    /// Jobs in work, calls to workers, workers.
    func load() -> (jobs: Int, calls: Int, workers: Int) {
        state.withLock { ($0.dispatcher.jobs.count, $0.dispatcher.leases.count, $0.dispatcher.workers.count) }
    }

    /// The running job as memory knows it, which is ahead of the disk by what is being committed.
    func runningView(_ id: JobID) -> JobView? {
        state.withLock { $0.dispatcher.jobs[id]?.view }
    }
}
