import Glibc
import Linux
import Logging
import MillraceProtocol
import Systemd

/// Runs a service as a process: options, settings, log, sockets, readiness, watchdog, reload and drain are the same
/// for all.
public enum ServiceHost {
    /// Runs until the service is told to end, then ends the process.
    ///
    /// Exit codes: 0 after a drain, 78 for wrong settings, another of ``ExitCode`` when the service cannot start.
    public static func run<S: Service>(_ type: S.Type) -> Never {
        MainThread.run { await run(type, arguments: Array(CommandLine.arguments.dropFirst())) }
    }

    static func run<S: Service>(_ type: S.Type, arguments: [String]) async -> Never {
        Signals.ignoreBrokenPipes()
        let launch = ServiceLaunch<S>(arguments: arguments, environment: Environment.all)
        if let answer = launch.answer() { answer.give() }
        let settings = launch.settings()
        let serviceLog = ServiceLog(
            name: S.name, identifier: ServiceLaunch<S>.executable, level: settings.values.host.logLevel)
        serviceLog.bootstrap()
        let log = serviceLog.logger()
        for warning in settings.warnings { log.warning("\(warning)") }
        guard settings.mistakes.isEmpty else {
            for mistake in settings.mistakes { log.error("\(mistake)") }
            let count = settings.mistakes.count
            let wrong = count == 1 ? "a setting is wrong" : "\(count) settings are wrong"
            log.critical("not started, \(wrong); try --check-config or --help")
            turnAway((try? ListenSockets.take()) ?? [], from: S.self, SettingsProblem(mistakes: settings.mistakes))
            ExitCode.configuration.exitWhenHeard()
        }
        do {
            try OpenFiles.raiseLimit()
        } catch {
            log.warning("the number of open files stays \(OpenFiles.limit), continuing: \(error)")
        }
        do {
            try await serve(launch, settings.values, serviceLog).exitWhenHeard()
        } catch {
            log.critical("cannot start: \(error)")
            ExitCode(error).exitWhenHeard()
        }
    }

    private static func serve<S: Service>(
        _ launch: ServiceLaunch<S>, _ values: HostedConfiguration<S.Configuration>, _ log: ServiceLog
    ) async throws -> ExitCode {
        let desk = SignalDesk(log: log.logger())
        let signals = try SignalThread(SignalDesk.numbers) { desk.take($0) }
        defer { withExtendedLifetime(signals) {} }
        try Files.makeDirectory(launch.places.stateDirectory, mode: 0o750)
        let handedOver = try ListenSockets.take()
        let others = handedOver.count > 1 ? handedOver.filter { !ListeningSocket.isOwn($0.name, S.name) } : []
        var sockets: [ListeningSocket] = []
        do {
            sockets = try await ListeningSocket.open(
                service: S.name, path: launch.options.socket, runtimeDirectory: launch.places.runtimeDirectory,
                handedOver: handedOver)
            let running = try await RunningService(
                launch, values, sockets: sockets, others: others, log: log, time: SystemTime())
            desk.attach(running.post)
            return await running.run()
        } catch {
            for socket in sockets { socket.ownPath.map { try? Files.remove($0) } }
            if ExitCode(error) == .configuration { turnAway(handedOver, from: S.self, error) }
            throw error
        }
    }

    /// Tells who waits for a service that does not start, and is not to be started again, why.
    private static func turnAway<S: Service>(
        _ handedOver: [(name: String, descriptor: Descriptor)], from _: S.Type, _ why: any Error
    ) {
        let own = handedOver.filter { handedOver.count == 1 || ListeningSocket.isOwn($0.name, S.name) }
        let others = handedOver.filter { socket in !own.contains { $0.name == socket.name } }
        WaitingCallers.turnAway(
            own.map(\.descriptor),
            with: RPCError(
                .unavailable, "\(ServiceLaunch<S>.executable) does not start: \(why)",
                reason: RPCError.Reason.notStarted),
            http: others.map(\.descriptor))
    }
}
