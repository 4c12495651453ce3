import ArgumentParser
import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import Schemas

/// `millctl up --state DIR [--detach]`
struct UpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Runs the suite without systemd.",
        discussion: """
            Starts every service that is installed beside millctl, with its socket in DIR/run, its database in \
            DIR/data and one log in DIR/log/millrace.log. Ctrl-C or `millctl down` drains: services finish what they \
            do, 35 s at most. A service that dies is started again; five deaths within a minute end the suite.
            """)
    /// Read by ``Suite``, so blocked before the first thread starts.
    static let signals = [SIGINT, SIGTERM, SIGHUP]

    @OptionGroup var global: GlobalOptions

    @Flag(name: .long, help: "Go to the background once every service is ready.")
    var detach = false

    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp("trace, debug, info, notice, warning or error, for every service.", valueName: "level"))
    var logLevel: String?

    @Flag(
        name: .long,
        help:
            "Try it out without an account: the books are a made-up company in a simulated Notion, the summaries come from a simulated chat service."
    )
    var simulate = false

    @Option(
        name: .customLong("simulate-rate"),
        help: ArgumentHelp("Requests a second that the simulated Notion takes; 0: any number.", valueName: "number"))
    var simulateRate = 3

    /// Given to the process in the background: the descriptor at which it says that all are ready.
    @Option(name: .customLong("ready-descriptor"), help: .private)
    var readyDescriptor: Int32?

    func run() throws {
        if let logLevel, !LogLine.levels.contains(logLevel) {
            throw Failure(
                .usage, "no log level '\(logLevel)'; there are trace, debug, info, notice, warning, error, critical")
        }
        guard (0...10_000).contains(simulateRate) else {
            throw Failure(.usage, "--simulate-rate is a number from 0 to 10000")
        }
        Signals.block(Self.signals)
        let state = try global.requiredState()
        try makeFolders(state)
        if detach {
            let simulation = simulate ? ["--simulate", "--simulate-rate", String(simulateRate)] : []
            try Background(state: state, logLevel: logLevel, more: simulation, global: global).start()
        }

        guard let lock = try StateLock.take(state.pidFile) else { throw Self.runsAlready(state) }
        let background = readyDescriptor.map { Descriptor($0) }
        Signals.ignoreBrokenPipes()
        OrphanedProcesses.adopt()
        umask(0o027)

        let declares = try declareKinds(state)
        let inBackground = background != nil
        let simulation =
            simulate
            ? try Simulation(state: state, rate: simulateRate, declares: declares, inBackground: inBackground) : nil
        defer { simulation?.end() }
        let suite = try makeSuite(state, simulation, inBackground: inBackground)
        try withExtendedLifetime(lock) {
            try suite.run { services in
                say(services, state, simulation)
                return background.map { Background.isReady(at: $0) } ?? true
            }
        }
    }

    private func makeFolders(_ state: StateDirectory) throws(Failure) {
        do {
            try state.create()
        } catch {
            throw Failure(Failure(error).exit, "no state folder \(state.path): \(error)")
        }
    }

    /// What an installed system finds declared, where nobody has declared anything yet; whether that was so.
    private func declareKinds(_ state: StateDirectory) throws -> Bool {
        let kinds = state.configuration.declarations(.kinds)
        guard !Files.exists(kinds) else { return false }
        try Files.makeDirectory(kinds, mode: 0o750)
        try Files.write(kinds + "/clinics.yaml", Schemas.clinicKinds)
        return true
    }

    private func makeSuite(_ state: StateDirectory, _ simulation: Simulation?, inBackground: Bool) throws -> Suite {
        let installed = InstalledService.all(in: OwnExecutable.folder)
        guard !installed.isEmpty else {
            let names = KnownService.all.map(\.executable).joined(separator: ", ")
            throw Failure(
                .unavailable, "no service is installed beside millctl in \(OwnExecutable.folder); looked for \(names)")
        }
        let log = try MergedLog(
            path: state.logFile, echo: inBackground ? nil : global.errorTerminal,
            names: installed.map(\.service.name), time: SystemTime())
        log.note("info", "starting \(installed.map(\.service.name).joined(separator: ", ")) on \(state.path)")

        let options = logLevel.map { ["--log-level", $0] } ?? []
        let launcher = OwnExecutable.path
        let environment = Environment.all.merging(simulation?.variables ?? [:]) { $1 }
        try BooksVariables.note(state, environment: environment)
        let services = try installed.map { installed in
            do throws(SystemError) {
                return try SupervisedService(installed, state: state, environment: environment, log: log) {
                    service in
                    ServiceLauncher.arguments(
                        for: service.installed, options: options, launcher: launcher, parent: getpid())
                }
            } catch {
                throw Self.noSocket(installed.service, state, error)
            }
        }
        let signals = try Pipe()
        let thread = try SignalThread(Self.signals) { number in
            try? signals.writer.writeAll([UInt8(truncatingIfNeeded: number)])
        }
        return Suite(
            services: services, log: log, signals: signals.reader, passesHangup: inBackground, time: SystemTime(),
            keeping: thread,
            endOrphans: { [pid = simulation?.pid] kept in
                OrphanedProcesses.kill(except: kept + (pid.map { [$0] } ?? []))
            })
    }

    private func say(_ services: [SupervisedService], _ state: StateDirectory, _ simulation: Simulation?) {
        if global.json {
            JSONOutput.document(UpReport(services: services, state: state, simulation: simulation))
            return
        }
        let names = services.map { "\($0.name) (pid \($0.pid ?? 0))" }.joined(separator: ", ")
        Output.line("millrace is up: \(names); log in \(state.logFile)")
        if let simulation {
            Output.line("simulated: notion at \(simulation.notion), chat at \(simulation.chat); ends with the suite")
            for (clinic, url) in simulation.clinics.sorted(by: { $0.key < $1.key }) {
                Output.line("a simulated calendar: millctl clinic add \(clinic) --url \(url)")
            }
        }
        let stop =
            readyDescriptor == nil
            ? "Ctrl-C stops it" : "`millctl down\(Place.state(state).option)` stops it"
        Output.line("try `millctl status\(Place.state(state).option)`; \(stop)")
    }

    private static func noSocket(_ service: KnownService, _ state: StateDirectory, _ error: SystemError) -> Failure {
        if error.number == EADDRINUSE {
            let path = state.socket(of: service.name)
            return Failure(
                .temporaryFailure,
                "a \(service.name) that nobody looks after listens at \(path): wait for its end, or end it")
        }
        return Failure(Failure(error).exit, "no socket for \(service.name): \(error)")
    }

    private static func runsAlready(_ state: StateDirectory) -> Failure {
        let holder = ((try? StateLock.holder(state.pidFile)) ?? nil).map { " (pid \($0))" } ?? ""
        return Failure(
            .temporaryFailure,
            "a suite runs on \(state.path) already\(holder); `millctl down\(Place.state(state).option)` stops it"
        )
    }
}

/// What `up --json` says once all are ready.
private struct UpReport: JSONEncodable {
    var services: [SupervisedService]
    var state: StateDirectory
    var simulation: Simulation?

    func encode(to json: inout JSONWriter) {
        json.object { json in
            json.member("state", state.path)
            json.member("pid", Int(getpid()))
            json.member("log", state.logFile)
            json.member("simulated", ifPresent: simulation.map { ["notion": $0.notion, "chat": $0.chat] })
            json.member("calendars", ifPresent: simulation?.clinics)
            json.member("services") { json in
                json.array { json in
                    for service in services {
                        json.object { json in
                            json.member("name", service.name)
                            json.member("pid", Int(service.pid ?? 0))
                            json.member("socket", service.socketPath)
                        }
                    }
                }
            }
        }
    }
}
