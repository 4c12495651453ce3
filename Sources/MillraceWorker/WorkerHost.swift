import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import MillraceService
import Resilience
public import Telemetry

/// Runs a process as a worker: connects to the runner, offers its workloads and serves them until the runner hangs up or
/// the process is asked to end.
///
/// The connection is the descriptor that `MILLRACE_WORKER_FD` names (the runner's own children), or the socket given by
/// `--connect PATH`. A worker that was connected by path connects again when the runner is restarted.
public enum WorkerHost {
    /// The variable that names the descriptor of the connection to the runner.
    public static let descriptorVariable = "MILLRACE_WORKER_FD"

    /// The variable with the lowest level that is logged, such as `debug`; `info` when it is not set.
    public static let levelVariable = "MILLRACE_LOG_LEVEL"

    /// - Parameters:
    ///   - name: for people: what the worker is called in lists and logs.
    ///   - capacity: calls that may be in flight at once.
    ///   - plain: kinds of jobs in one function, beside those in four.
    ///   - warnings: what the log should say of the worker's settings.
    ///   - registry: what the program counts in beside the work itself, see ``registry(name:)``.
    ///   - connect: the runner's socket, from a program that reads its command line by itself; nil has `--connect` looked for.
    public static func run(
        name: String, capacity: Int = 64, workloads: [any Workload] = [], plain: [any PlainWorkload] = [],
        warnings: [String] = [], registry: Registry? = nil, connect: String? = nil
    ) -> Never {
        MainThread.run {
            await serve(
                name: name, capacity: capacity, workloads: workloads, plain: plain, warnings: warnings,
                registry: registry ?? self.registry(name: name), connect: connect)
        }
    }

    private static func serve(
        name: String, capacity: Int, workloads: [any Workload], plain: [any PlainWorkload], warnings: [String],
        registry: Registry, connect: String?
    ) async -> Never {
        let level = Environment[levelVariable].flatMap(Logger.Level.init(rawValue:)) ?? .info
        let serviceLog = ServiceLog(name: name, identifier: "millrace-\(name)", level: level)
        serviceLog.bootstrap()
        let log = serviceLog.logger()
        for warning in warnings { log.warning("\(warning)") }
        let time = SystemTime()
        let (began, created) = (time.boot(), registry.source.started)
        registry.read { ProcessFamilies.all(since: began, created: created, time: time) }
        let worker = Worker(
            name: name, capacity: capacity, workloads: workloads, plain: plain, log: log, registry: registry)
        let publisher = MetricsPublisher(
            socket: ServiceSocket.path(of: "metrics") { Environment[$0] }, log: log, time: time,
            snapshot: { registry.snapshot() })
        let publishing = Task { await publisher.run() }
        do {
            try await worker.serve(connect: connect ?? Worker.connection(CommandLine.arguments))
            publishing.cancel()
            await publisher.finish()
            ExitCode.ok.exitWhenHeard()
        } catch {
            await publisher.finish()
            log.critical("\(error)")
            ExitCode.unavailable.exitWhenHeard()
        }
    }
}

extension WorkerHost {
    /// A registry for a worker of this name, whose figures ``run(name:capacity:workloads:plain:warnings:registry:)`` publishes:
    /// those of all its processes are added up.
    public static func registry(name: String) -> Registry {
        Registry(service: name, instance: Identifier.random(), isSingle: false, time: SystemTime())
    }
}

/// What keeps a worker from serving.
public enum WorkerError: RPCErrorConvertible, Hashable, Sendable, CustomStringConvertible {
    case noConnection
    case badDescriptor(String)
    case refused(RPCError)

    public var rpcError: RPCError {
        switch self {
        case .noConnection, .badDescriptor:
            RPCError(.failedPrecondition, description, reason: "worker.noConnection")
        case .refused(let error): error
        }
    }

    public var description: String {
        switch self {
        case .noConnection:
            "no runner to work for: let millrace-runner start this program, or name its socket with --connect PATH"
        case .badDescriptor(let text):
            "\(WorkerHost.descriptorVariable) is \"\(text)\", not the number of an open descriptor"
        case .refused(let error):
            "the runner refused this worker: \(error)"
        }
    }
}

/// One worker process: its workloads behind the wire.
struct Worker {
    let name: String
    let capacity: Int
    let workloads: [any WorkloadHandler]
    let log: Logger
    private let meters: WorkMeters

    init(
        name: String, capacity: Int, workloads: [any Workload], plain: [any PlainWorkload] = [], log: Logger,
        registry: Registry? = nil
    ) {
        func handler(_ workload: some Workload) -> any WorkloadHandler { TypedWorkload(workload) }
        func handler(_ workload: some PlainWorkload) -> any WorkloadHandler { TypedPlainWorkload(workload) }
        self.name = name
        self.capacity = capacity
        self.workloads = workloads.map { handler($0) } + plain.map { handler($0) }
        self.log = log
        meters = WorkMeters(
            self.workloads.map(\.declaration.name), registry ?? WorkerHost.registry(name: name), time: SystemTime())
    }

    func serve(connect: String?) async throws {
        if let text = Environment[WorkerHost.descriptorVariable] {
            guard let number = Int32(text), number > 2 else { throw WorkerError.badDescriptor(text) }
            let session = try RPCClient.session(over: Descriptor(number), router: router(), log: log)
            try await work(session)
        } else if let connect {
            try await workAgain(RPCClient(socket: connect, router: router(), log: log))
        } else {
            throw WorkerError.noConnection
        }
    }

    /// What `--connect` names; other options are the program's own.
    static func connection(_ arguments: [String]) -> String? {
        if let attached = arguments.first(where: { $0.hasPrefix("--connect=") }) {
            return String(attached.dropFirst("--connect=".count))
        }
        guard let place = arguments.firstIndex(of: "--connect"), arguments.indices.contains(place + 1),
            !arguments[place + 1].hasPrefix("--")
        else { return nil }
        return arguments[place + 1]
    }

    /// Works at a socket for ever; a runner that is away may take half a minute to come back.
    private func workAgain(_ client: RPCClient) async throws {
        let backoff = Backoff(base: .milliseconds(50), cap: .seconds(1))
        let time = SystemTime()
        var away: (since: Duration, attempts: Int)?
        while true {
            do {
                try await work(try client.session())
                away = nil
            } catch let error as any RPCErrorConvertible where error.rpcError.status == .unavailable {
                let now = time.boot()
                let begun = away ?? (now, 0)
                guard now - begun.since < .seconds(30) else { throw error }
                away = (begun.since, begun.attempts + 1)
                try await time.sleep(for: backoff.delay(attempt: begun.attempts + 1))
            }
        }
    }

    /// Offers the workloads and returns when the connection has ended or the process was told to end.
    func work(_ session: RPCSession) async throws {
        let (ended, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        session.onClose { _ in continuation.finish() }
        do {
            let offer = WorkerRegister.Params(
                name: name, kinds: workloads.map(\.declaration), capacity: capacity)
            let registered = try await session.call(
                WorkerRegister.self, offer, options: CallOptions(timeout: .seconds(30)))
            log.debug("registered as worker \(registered.worker) of run \(registered.run)")
        } catch let error as RPCError {
            throw WorkerError.refused(error)
        }
        for await _ in ended {}
    }

    func router() -> RPCRouter {
        let handlers = Dictionary(uniqueKeysWithValues: workloads.map { ($0.declaration.name, $0) })
        @Sendable func handler(of job: JobBrief) throws(RPCError) -> any WorkloadHandler {
            guard let handler = handlers[job.kind] else {
                throw RPCError(.unimplemented, "this worker has no workload \(job.kind)", reason: "kind.unknown")
            }
            return handler
        }
        let log = log, meters = meters
        var router = RPCRouter()
        router.on(WorkloadPlan.self) { params, context in
            let run = JobRun(job: params.job, attempt: params.attempt, log: log, context: context)
            let handler = try handler(of: params.job)
            return try await meters.measure(.plan, of: params.job) { try await handler.plan(params, run) }
        }
        router.on(WorkloadPreload.self) { params, context in
            let run = JobRun(job: params.job, log: log, context: context)
            let handler = try handler(of: params.job)
            try await meters.measure(.preload, of: params.job) { try await handler.preload(params, run) }
            return Done()
        }
        router.on(WorkloadProcess.self) { params, context in
            let run = JobRun(
                job: params.job, attempt: params.attempt, fence: params.fence, itemKey: params.item.key, log: log,
                context: context)
            let handler = try handler(of: params.job)
            return try await meters.measure(.process, of: params.job) { try await handler.process(params, run) }
        }
        router.on(WorkloadSummarize.self) { params, context in
            let run = JobRun(job: params.job, cancelled: params.cancelled, log: log, context: context)
            let handler = try handler(of: params.job)
            return try await meters.measure(.summarize, of: params.job) { try await handler.summarize(params, run) }
        }
        // On the connection's own thread: it answers even while every place and every thread of the pool is taken.
        router.onReply(WorkerPing.self) { _, _, reply in reply.succeed(Done()) }
        router.onReply(WorkloadRelease.self) { params, _, reply in
            for handler in handlers.values { handler.release(params.id) }
            reply.succeed(Done())
        }
        return router
    }
}
