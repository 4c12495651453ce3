import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import Resilience
import Telemetry

/// A service from the opening of its state to the end of its drain.
final class RunningService<S: Service>: Sendable {
    let state: HostState
    private let launch: ServiceLaunch<S>
    private let serviceLog: ServiceLog
    private let log: Logger
    private let time: any TimeSource
    private let service: S
    private let server: RPCServer
    private let sockets: [ListeningSocket]
    /// The host's settings in force.
    private let host: Locked<HostConfiguration>
    private let mailbox: HostMailbox
    private let manager: ServiceManager
    /// Nil where nobody watches.
    private let canaries: Periodic?
    /// Nil for the metrics service itself.
    private let publisher: MetricsPublisher?

    /// Opens the service's state and lets callers in.
    ///
    /// - Throws: what the service throws; it has been drained then if it was made.
    init(
        _ launch: ServiceLaunch<S>, _ values: HostedConfiguration<S.Configuration>, sockets: [ListeningSocket],
        others: [(name: String, descriptor: Descriptor)] = [], log serviceLog: ServiceLog, time: any TimeSource,
        manager: ServiceManager = .systemd
    ) async throws {
        let state = HostState(service: S.name, time: time)
        let mailbox = HostMailbox()
        let log = serviceLog.logger()
        let registry = Registry(service: S.name, instance: state.instance, time: time)
        let context = HostContext(
            log: log, time: time, stateDirectory: launch.places.stateDirectory,
            runtimeDirectory: launch.places.runtimeDirectory, state: launch.places.state, instance: state.instance,
            registry: registry, handedOver: others, isActivated: sockets.contains { $0.ownPath == nil },
            events: mailbox.post)
        let service = try await Self.patiently(manager, time) { try await S(values.service, host: context) }

        var router = RPCRouter()
        service.register(on: &router)
        let created = registry.source.started
        let snapshot = { @Sendable in
            // Asked first, for the service may count in the registry too what it is asked.
            let others = await service.knownFamilies() + [HostFamilies.checks(await service.status(), created: created)]
            return registry.snapshot(with: others)
        }
        StandardMethods(
            state: state, log: serviceLog, report: { await service.status() }, snapshot: snapshot,
            reload: { try await mailbox.reload() }
        ).register(on: &router, openRPC: S.openRPC)
        let access = AccessPolicy(
            group: SystemGroup.id(named: values.host.group), adminGroup: SystemGroup.id(named: values.host.adminGroup))
        let limits = values.host.limits.fitting(openFiles: OpenFiles.limit)
        if limits.connections < values.host.limits.connections {
            log.warning(
                "no more than \(limits.connections) connections: this process may open \(OpenFiles.limit) files (LimitNOFILE)"
            )
        }
        let server = RPCServer(
            router: router, limits: limits, access: access, log: log, time: time, meters: RPCMeters(registry))
        state.setServer(server)
        Self.tell(registry, of: server, version: MillraceVersion.current, time: time)
        do {
            try await service.start(server: server)
            for socket in sockets { try await server.serve(listening: socket.descriptor) }
        } catch {
            server.beginDrain()
            await service.drain(within: .seconds(5))
            await server.drain(within: .seconds(1))
            await service.close()
            throw error
        }

        self.state = state
        self.launch = launch
        self.serviceLog = serviceLog
        self.log = log
        self.time = time
        self.service = service
        self.server = server
        self.sockets = sockets
        self.mailbox = mailbox
        self.manager = manager
        host = Locked(values.host)
        canaries = manager.watchdog.map { Periodic("canary", every: $0 / 2, in: registry, time: time) }
        publisher =
            S.isPublished
            ? MetricsPublisher(
                socket: "\(launch.places.runtimeDirectory)/metrics.sock", every: values.host.publish, log: log,
                time: time, snapshot: snapshot) : nil
    }

    /// Does what may take long before the service is ready, bringing its database to a new schema for instance: whoever started it
    /// would kill it, and it would begin again from the start. An hour is the longest.
    private static func patiently<R: Sendable>(
        _ manager: ServiceManager, _ time: any TimeSource, _ body: @Sendable () async throws -> R
    ) async throws -> R {
        let asking = Task {
            for _ in 0..<HostBounds.startRequests {
                try await time.sleep(for: HostBounds.startPatience / 3)
                manager.send(.starting(within: HostBounds.startPatience))
            }
        }
        defer { asking.cancel() }
        return try await body()
    }

    /// What is known of the process and its connections goes with each snapshot.
    private static func tell(_ registry: Registry, of server: RPCServer, version: String, time: any TimeSource) {
        let (began, created) = (time.boot(), registry.source.started)
        registry.info("millrace_build", "What runs.", ["version": version])
        registry.read { [weak server] in
            ProcessFamilies.all(since: began, created: created, time: time)
                + (server.map { HostFamilies.connections($0.statistics, created: created) } ?? [])
        }
    }

    func post(_ event: HostEvent) { mailbox.post(event) }

    /// Says that the service is ready, serves until told to end, drains. Answers how the process should end.
    func run() async -> ExitCode {
        await withTaskGroup(of: Void.self) { tasks in
            await becomeReady()
            tasks.addTask { await self.keepStatus() }
            tasks.addTask { await self.keepWatchdog() }
            if let publisher { tasks.addTask { await publisher.run() } }
            let code = await serve()
            await drain()
            tasks.cancelAll()
            return code
        }
    }

    private func becomeReady() async {
        let line = await service.status().line
        _ = state.setLine(line)
        state.phase = .ready
        manager.send(.ready(status: line))
        let places = sockets.map { $0.ownPath ?? "handed over" }.joined(separator: ",")
        log.info(
            "ready",
            metadata: ["socket": "\(places)", "version": "\(MillraceVersion.current)", "start-ms": "\(state.uptimeMs)"])
        do {
            try await service.serving()
        } catch {
            mailbox.post(.failed(error))
        }
        // Most of the code ran for the start only.
        ProcessMemory.releaseCode()
    }

    /// Handles events one after the other until one ends the service.
    private func serve() async -> ExitCode {
        defer { mailbox.close() }
        for await event in mailbox.events {
            switch event {
            case .signal(let number) where number == Signal.hangUp:
                // The mistakes are in the log; there is nobody else to tell.
                _ = try? await reload()
            case .signal(let number):
                log.notice("\(Signals.name(of: number)), draining")
                return .ok
            case .reload(let caller):
                do {
                    caller.resume(returning: try await reload())
                } catch {
                    caller.resume(throwing: error)
                }
            case .failed(let error):
                log.critical("cannot go on: \(error)")
                return ExitCode(error)
            case .statusChanged: break
            }
        }
        return .ok
    }

    // MARK: - Reload

    /// Answers the warnings.
    private func reload() async throws -> [String] {
        manager.send(.reloading)
        defer { manager.send(.ready(status: nil)) }
        let settings = launch.settings()
        var warnings = settings.warnings
        guard settings.mistakes.isEmpty else {
            for warning in warnings { log.warning("\(warning)") }
            for mistake in settings.mistakes { log.error("\(mistake)") }
            log.error("the settings in force are kept, \(settings.mistakes.count) of the new ones are wrong")
            throw SettingsProblem(mistakes: settings.mistakes)
        }
        let new = settings.values.host
        let old = host.withLock { host in
            defer { host = new }
            return host
        }
        warnings += old.changesForNextStart(new).map { "\($0) has changed and holds from the next start on" }
        for warning in warnings { log.warning("\(warning)") }
        serviceLog.level = new.logLevel
        publisher?.set(interval: new.publish)
        let configuration = settings.values.service
        do {
            let limit = Deadline(after: HostBounds.reload, time: time)
            try await withDeadline(limit, time: time) { [service] in await service.reload(configuration) }
        } catch {
            log.error("the service did not take its new settings: \(error)")
        }
        log.notice("the settings were read again")
        return warnings
    }

    // MARK: - What the service manager sees

    private func keepStatus() async {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { [time, mailbox] in
                while (try? await time.sleep(for: HostBounds.statusInterval)) != nil { mailbox.post(.statusChanged) }
            }
            for await _ in mailbox.statusPokes {
                guard state.phase == .ready else { break }
                let line = await service.status().line
                if state.setLine(line), state.phase == .ready { manager.send(.status(line)) }
                // What changes all the time is still shown only once a second.
                guard (try? await time.sleep(for: .seconds(1))) != nil else { break }
            }
            tasks.cancelAll()
        }
    }

    /// Beats twice in each interval, as long as the service's canary comes through.
    private func keepWatchdog() async {
        guard let interval = manager.watchdog else { return }
        var next = time.boot()
        repeat {
            do {
                // During the drain the store may be closed already; its bound is the manager's TimeoutStopSec=.
                if state.phase == .ready {
                    let limit = Deadline(after: interval / 3, time: time)
                    try await withDeadline(limit, time: time) { [service] in try await service.canary() }
                    canaries?.succeeded()
                }
                manager.send(.alive)
            } catch is CancellationError {
                return
            } catch {
                log.error("the canary did not come through, the watchdog is not told: \(error)")
            }
            next = max(time.boot(), next + interval / 2)
        } while (try? await time.sleep(until: next)) != nil
    }

    // MARK: - The end

    private func drain() async {
        let limit = host.withLock { $0.drain }
        let end = HardEnd(after: limit + HostBounds.afterDrain, log: log)
        state.phase = .draining
        // The hard end comes before the manager's.
        manager.send(.stopping(status: "draining", within: limit + HostBounds.afterDrain + .seconds(5)))
        // Before the listening ends, so that no other process can have taken the path meanwhile.
        for socket in sockets { socket.ownPath.map { try? Files.remove($0) } }
        let deadline = Deadline(after: limit, time: time)
        server.beginDrain()
        await service.drain(within: limit)
        await server.drain(within: max(.milliseconds(500), deadline.remaining(time)))
        await publisher?.finish()
        await service.close()
        end.callOff()
        log.info("stopped", metadata: ["uptime-ms": "\(state.uptimeMs)"])
    }
}
