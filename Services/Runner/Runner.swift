import Declarations
import Glibc
import JSONCodec
import KindFiles
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import MillraceService
import MillraceStore
import Resilience
import Schemas
import Telemetry

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
    let live: LiveJobs
    let alarm: Alarm
    let canaryDesk = CanaryDesk()
    /// Jobs that end with the connection that submitted them.
    let attached = ConnectionTies<JobID>()
    /// Permits that were granted and whose use was not reported.
    let granted = ConnectionTies<Int64>()
    let instruments: RunnerInstruments
    private let sweeps: Periodic
    let host: HostContext
    private let hands = Locked<(pools: WorkerPools, commands: CommandExecutor, server: RPCServer)?>(nil)

    struct State {
        var dispatcher: Dispatcher
        var book: RuleBook
        /// What the store has to know of the book.
        var storeRules: StoreRules
        var workers: [Int: RPCSession] = [:]
        /// Numbers of pooled workers, by process.
        var pooled: [Int32: Int] = [:]
        var lastWorker = 0
        var lastPermit: Int64 = 0
        var permits: [Int64: @Sendable (Result<PermitGrant, ResourceRefusal>) -> Void] = [:]
        var calls: [Int64: RunningCall] = [:]
        var meters = ProcessMeters()
        var submissions = SubmissionTurns()
        /// Effects in their order; one thread at a time carries them out.
        var effects: [Effect] = []
        var performing = false
        /// Ends when nothing runs any more, while draining.
        var quiet: AsyncStream<Void>.Continuation?
        /// Writes that failed for a cause that may pass.
        var unwritten: [@Sendable () -> Void] = []

        /// Kinds that a file declares or a worker serves.
        var kindsInUse: Set<String> {
            dispatcher.workers.values.reduce(into: Set(book.catalog.kinds.keys)) { $0.formUnion($1.kinds.map(\.name)) }
        }

        /// Hands over what is to be done, against an empty array; false when that is nothing and others may begin.
        mutating func takeEffects(into batch: inout [Effect]) -> Bool {
            swap(&batch, &effects)
            performing = !batch.isEmpty
            return performing
        }
    }

    let state: Locked<State>

    init(_ configuration: RunnerConfiguration, host: HostContext) async throws {
        self.host = host
        time = host.time
        log = host.log
        instruments = RunnerInstruments(host.registry)
        sweeps = Periodic("sweep", every: Self.sweepPause, in: host.registry, time: host.time)
        let path = host.stateDirectory + "/runner.sqlite"
        var options = DatabaseOptions()
        options.onLoss = DatabaseOptions.endingOnLoss
        options.meters = StoreMeters(host.registry, time: host.time)
        // Answers to many submitters, and calls of many jobs to one worker: each connection is written to once.
        options.answering = { RPCSession.gatheringOutput($0) }
        // What an answer brings about keeps no other commit waiting.
        options.answersAside = true
        // Each checkpoint keeps commits waiting for a moment: with a log four times as long there are fewer of them, and
        // most pages are written to more than once in between.
        options.checkpointPages = 4000
        store = try Database.open(
            path, migrations: JobStore.migrations, durability: .disk, exclusive: true, options: options)
        let (catalog, problems) = RuleBook.readKinds(configuration, host.declarations)
        try DeclarationFault.tell(problems.verdict, of: .kinds, log)
        let (now, bootID) = (time.wall(), Machine.bootID)
        // All of it in one transaction: each step for itself would be a wait for another thread.
        let (book, begun, lanes, known) = try store.writeBlocking { db in
            let book = RuleBook(
                configuration: configuration, catalog: catalog, stored: try JobStore.storedRules(db))
            let begun = try JobStore.beginRun(db, bootID: bootID, book.store, now: now)
            return (book, begun, try JobStore.lanes(db), try JobStore.knownKinds(db))
        }
        run = begun.run
        live = LiveJobs(limits: book.waiting)
        live.set(lanes)
        kinds = KindRegistry(known: known)
        alarm = Alarm(time: host.time)
        state = Locked(
            State(dispatcher: Dispatcher(run: run, rules: book.dispatch), book: book, storeRules: book.store))
        log.info("run \(run) begins", metadata: ["taken-back": "\(begun.takenBack)", "database": "\(path)"])
    }

    func start(server: RPCServer) async throws {
        alarm.start { [weak self] in
            self?.handle(.tick)
            self?.reopenGates()
        }
        let commands = try CommandExecutor(log: log, time: time, socket: host.runtimeDirectory + "/runner.sock")
        let pools = WorkerPools(state: host.state, log: log, time: time)
        hands.withLock { $0 = (pools, commands, server) }
        let book = state.withLock { $0.book }
        learn(book)
        for (name, forced) in book.stored.breakers { handle(.breakerForced(name, open: forced)) }
    }

    func serving() async throws {
        let book = state.withLock { $0.book }
        pools?.start(book.workers, for: self)
        refill()
        handle(.lanesReady(Set(live.lanes)))
        if let next = try await store.read({ try JobStore.nextScheduled($0) }) { handle(.jobScheduled(next)) }
        sweep()
    }

    static func judgeDeclarations(
        _ configuration: RunnerConfiguration, at places: DeclarationPlaces
    ) -> DeclarationVerdict {
        RuleBook.readKinds(configuration, places).1.verdict
    }

    var pools: WorkerPools? { hands.withLock { $0?.pools } }
    var commands: CommandExecutor? { hands.withLock { $0?.commands } }
    var server: RPCServer? { hands.withLock { $0?.server } }

    private static let sweepPause = Duration.seconds(30)

    /// Forgets what is over for long enough: at once as long as there is more, then every half minute.
    private func sweep() {
        let now = time.wall()
        store.submit(
            .crash,
            { db in
                _ = try JobStore.forgetSubmissions(db, now: now)
                return try JobStore.sweep(db, now: now, limit: 500)
            }
        ) { [self] result in
            switch result {
            case .success(let deleted):
                sweeps.succeeded()
                alarm.ring(in: deleted < 500 ? Self.sweepPause : .milliseconds(50)) { [weak self] in self?.sweep() }
            case .failure(let error):
                if (error as? StoreError)?.kind == .closed { return }
                log.error("old jobs were not forgotten, trying again: \(error)")
                alarm.ring(in: Self.sweepPause) { [weak self] in self?.sweep() }
            }
        }
    }

    func reload(_ configuration: RunnerConfiguration) async {
        let (catalog, problems) = RuleBook.readKinds(configuration, host.declarations)
        do {
            try DeclarationFault.tell(problems.verdict, of: .kinds, log)
        } catch {
            log.error("the kinds were not read again, what was in force goes on: \(error)")
            let book = state.withLock { state in
                state.book.configuration = configuration
                state.book.adjusted = RuleBook.Adjusted()
                return state.book
            }
            return obey(book)
        }
        let (book, differences) = state.withLock { state in
            let differences = catalog.differences(from: state.book.catalog)
            state.book.configuration = configuration
            state.book.catalog = catalog
            state.book.adjusted = RuleBook.Adjusted()
            return (state.book, differences)
        }
        for difference in differences { log.notice("\(difference)") }
        obey(book)
    }

    /// Puts rules in force, everywhere at once.
    func obey(_ book: RuleBook) {
        learn(book)
        pools?.apply(book.workers)
        expel()
        refill()
    }

    /// Lets what decides know the rules.
    private func learn(_ book: RuleBook) {
        live.limits = book.waiting
        state.withLock { $0.storeRules = book.store }
        for declaration in book.declarations {
            guard let news = kinds.learn(declaration) else { continue }
            let now = time.wall()
            note("the kind \(news.name)") { try JobStore.remember($0, news, now: now) }
        }
        handle(.ruled(book.dispatch))
        handle(.workerJoined(book.ownHands(since: time.wall(), pid: getpid())))
        handle(.workerJoined(.canary(since: time.wall(), pid: getpid())))
        let now = time.wall()
        for gate in book.stored.gates {
            guard let until = gate.until else { continue }
            alarm.ring(in: max(until - now, .zero))
        }
    }

    /// Lets the lines of keys move up to what may run by the rules in force.
    func refill() {
        let now = time.wall()
        let rules = state.withLock { $0.storeRules }
        store.submit(.crash, { try JobStore.refill($0, rules, now: now) }) { [self] result in
            switch result {
            case .success(let changes): absorb(changes)
            case .failure(let error):
                if (error as? StoreError)?.kind != .closed { log.error("keys were not given their new room: \(error)") }
            }
        }
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
        await pools?.stop()
        await commands?.stop(within: .seconds(5))
        alarm.stop()
        let now = time.wall()
        do {
            let given = try await store.write { try JobStore.takeBack($0, cause: "the runner was stopped", now: now) }
            if given > 0 { log.notice("stopped with \(given) jobs running; the next run goes on with them") }
        } catch {
            log.error("jobs were not given back, the next run will take them: \(error)")
        }
    }

    func close() async {
        store.close()
        // The server's methods hold the runner.
        hands.withLock { $0 = nil }
    }

    // MARK: What is known of jobs

    func ended(_ detail: JobDetail) {
        let job = detail.job
        live.remove(Lane(queue: job.queue, kind: job.kind, uid: job.user))
        if job.kind == Canary.kind { return canaryDesk.ended(job) }
        instruments.ended(job)
        if job.attached { attached.untie(job.id) }
        let duration = job.startedAt.flatMap { start in job.finishedAt.map { ($0 - start).milliseconds } } ?? 0
        // One line for each of thousands of jobs a second would cost more than the jobs.
        let level: Logger.Level =
            job.state == .succeeded && job.slots == nil && duration < 1000 ? .debug : .info
        if level >= log.logLevel {
            logger(job.id).log(
                level: level, "job \(job.state.rawValue): \(job.cause)",
                metadata: [
                    "job-kind": "\(job.kind)", "correlation-id": "\(job.correlationId)",
                    "items": "\(job.items.total)", "duration-ms": "\(duration)",
                ])
        }
        watchers.end(detail)
    }

    func logger(_ id: JobID) -> Logger {
        var log = log
        log[metadataKey: "job-id"] = "\(id)"
        return log
    }

    /// Jobs in work, calls to workers, workers.
    func load() -> (jobs: Int, calls: Int, workers: Int) {
        state.withLock { state in
            (
                state.dispatcher.running, state.dispatcher.leases.count,
                state.dispatcher.workers.keys.count { $0 > Worker.own }
            )
        }
    }

    /// The running job as memory knows it, which is ahead of the disk by what is being committed.
    func runningView(_ id: JobID) -> JobView? {
        state.withLock { $0.dispatcher.jobs[id]?.view }
    }

    static func face(of error: any Error) -> RPCError {
        (error as? any RPCErrorConvertible)?.rpcError
            ?? RPCError(.internal, "internal error", reason: RPCError.Reason.internal)
    }
}

extension JobDurability {
    var ofStore: Durability { self == .disk ? .disk : .crash }
}
