import Declarations
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import MillraceService
import MillraceStore
import Monitoring
import Schemas
import Telemetry
import WebClient

/// Collects what all services count, tells people and machines how the suite is, and says when something is wrong.
///
/// The rules are `Monitoring`'s; here are the clock, the database, the wire, HTTP and who is told.
final class Metrics: Service {
    static let name = "metrics"
    static let summary = "collects what the services count, shows it, and says when something is wrong"
    static let openRPC: [UInt8]? = Schemas.metrics
    static let isPublished = false
    /// How often a minute goes into the history, and how often the history is tidied.
    private static let (keeping, tidying) = (Duration.seconds(60), Duration.seconds(600))

    static let migrations = Schemas.metricsMigrations.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }

    let host: HostContext
    let log: Logger
    let time: any TimeSource
    let database: Database
    let intake: Intake
    let history: History
    let alerts: AlertDesk
    let watch: SuiteWatch
    let units: UnitFacts
    let pages: PageSource
    private let web: WebServer
    private let keeps: Periodic
    private let tidies: Periodic
    private let door: WebDoor
    private let clock: Locked<WallClock>
    private let configuration: Locked<MetricsConfiguration>
    private let beating = Locked<Task<Void, Never>?>(nil)

    init(_ configuration: MetricsConfiguration, host: HostContext) async throws {
        self.host = host
        self.configuration = Locked(configuration)
        log = host.log
        time = host.time
        let catalog = try Self.read(configuration, host)
        var options = DatabaseOptions()
        options.onLoss = DatabaseOptions.endingOnLoss
        options.meters = StoreMeters(host.registry, time: host.time)
        database = try Database.open(
            host.stateDirectory + "/metrics.sqlite", migrations: Self.migrations, readers: 2, exclusive: true,
            options: options)
        let sources = SourceStore(database)
        let known = try await sources.load()
        var bounds = Collector.Options()
        (bounds.staleAfter, bounds.goneAfter) = (configuration.stale, configuration.gone)
        let collector = Collector(
            bounds, members: known.members, sums: known.sums, now: host.time.boot(), began: host.time.wall())
        intake = Intake(collector, store: sources, time: host.time, log: host.log)
        var kept = History.Options()
        kept.bytes = Int64(configuration.history)
        history = History(database, kept)
        var settings = WebClientSettings()
        settings.trusted = configuration.trusted.isEmpty ? nil : configuration.trusted
        door = WebDoor(settings)
        watch = SuiteWatch(runtimeDirectory: host.runtimeDirectory, log: host.log, time: host.time)
        let runner = watch.client(of: KnownService.runner)
        alerts = AlertDesk(
            catalog, store: AlertStore(database),
            sinks: AlertSinks(web: door, runner: runner, log: host.log, time: host.time, registry: host.registry),
            time: host.time, log: host.log,
            // Who was silent is known to be so again once that has lasted as long as it has to.
            settling: configuration.stale + configuration.tick * 2)
        units = UnitFacts(isInstalled: host.state == nil, time: host.time, log: host.log)
        pages = PageSource(
            watch: watch, history: history, alerts: alerts, intake: intake, units: units, state: host.state,
            time: host.time)
        web = WebServer(time: host.time, log: host.log, registry: host.registry)
        keeps = Periodic("history", every: Self.keeping, in: host.registry, time: host.time)
        tidies = Periodic("tidy", every: Self.tidying, in: host.registry, time: host.time)
        clock = Locked(try await history.clock())
        try await alerts.load(at: wall())
    }

    func start(server: RPCServer) async throws {
        let alerts = alerts
        host.registry.read { [alerts.family] }
        tellSelf()
        let site = Site(
            pages: pages, watch: watch, intake: intake, units: units, alerts: alerts, time: time, log: log)
        var sockets = host.handedOver.map(\.descriptor)
        if sockets.isEmpty, host.isActivated, host.state == nil { return log.error("\(Self.withoutPage)") }
        if sockets.isEmpty {
            sockets = try WebServer.sockets(
                port: configuration.withLock { $0.port }, path: host.runtimeDirectory + "/metrics-http.sock", log: log)
        }
        try await web.serve(sockets) { await site.answer($0) }
    }

    /// Something else has the port, most likely. What is collected and told goes on.
    private static let withoutPage =
        "there is no page: its socket was not handed over, see systemctl status millrace-metrics-http.socket"

    func serving() async throws {
        beating.withLock { beating in beating = Task { await self.beat() } }
    }

    /// The page's address as a person types it; nil when it is at a socket file only.
    var address: String? { web.address }

    func reload(_ configuration: MetricsConfiguration) async {
        do {
            let catalog = try Self.read(configuration, host)
            self.configuration.withLock { $0 = configuration }
            await alerts.put(catalog)
        } catch {
            log.error("the alerts were not read again, what was in force goes on: \(error)")
        }
    }

    func drain(within limit: Duration) async {
        let task = beating.withLock { beating in
            defer { beating = nil }
            return beating
        }
        task?.cancel()
        await task?.value
        await web.close()
        await intake.close()
        await alerts.close()
        watch.close()
        await door.close()
    }

    func close() async { database.close() }

    /// A commit and a read, as a publication and a look at the page need them. The watchdog beats only after it.
    func canary() async throws {
        try await database.write(.crash) { db in try db.run("UPDATE rolled SET time = time WHERE step = 0") }
        _ = try await database.read { db in try db.first("SELECT 1 FROM rolled", row: { $0.int(0) }) }
    }

    func status() async -> ServiceReport {
        let sources = intake.sources()
        let silent = Set(sources.filter(\.isStale).map(\.source.service)).sorted()
        var checks: [ServiceStatus.Check] = []
        if let failure = database.statistics.lastFailure {
            checks.append(.init("store", .fail, reason: "the last write failed: \(failure)"))
        } else {
            checks.append(.init("store"))
        }
        checks.append(
            silent.isEmpty
                ? .init("publishers")
                : .init("publishers", .warn, reason: "silent: \(silent.joined(separator: ", "))"))
        if !web.isServing { checks.append(.init("page", .warn, reason: Self.withoutPage)) }
        let firing = alerts.alerts.count { $0.state == .firing && $0.severity != .none }
        let noun = firing == 1 ? "1 alert" : "\(firing) alerts"
        let page = address.map { ", page at \($0)" } ?? ""
        return ServiceReport(
            "\(sources.count) publish, \(noun)\(page)", checks: checks,
            figures: ["publishers": Double(sources.count), "silent": Double(silent.count), "alerts": Double(firing)])
    }

    static func judgeDeclarations(
        _ configuration: MetricsConfiguration, at places: DeclarationPlaces
    ) -> DeclarationVerdict {
        load(configuration, places).problems.verdict
    }

    private static func load(
        _ configuration: MetricsConfiguration, _ places: DeclarationPlaces
    ) -> (catalog: AlertCatalog, problems: [Problem]) {
        AlertCatalog.read([places.folder(.alerts, setting: configuration.alerts).path], builtIn: Schemas.alerts)
    }

    private static func read(
        _ configuration: MetricsConfiguration, _ host: HostContext
    ) throws(DeclarationFault) -> AlertCatalog {
        let (catalog, problems) = load(configuration, host.declarations)
        try DeclarationFault.tell(problems.verdict, of: .alerts, host.log)
        return catalog
    }
}

// MARK: - The course of time

extension Metrics {
    /// All families there are, those about units among them.
    func families() -> [FamilySnapshot] { intake.families() + units.families }

    /// What this service counts itself goes the way of all others.
    private func tellSelf() {
        intake.take(host.registry.snapshot(), isLast: false) { [log] outcome in
            if case .failure(let error) = outcome { log.warning("own figures were not taken, continuing: \(error)") }
        }
    }

    private func beat() async {
        var sampler = Sampler()
        var written: Duration?, tidied = time.boot()
        repeat {
            tellSelf()
            intake.advance()
            await units.look()
            let families = families()
            pages.note(families)
            let wall = wall()
            await alerts.judge(families, at: wall)
            let now = time.boot()
            if written.map({ now - $0 >= Self.keeping }) ?? true {
                written = now
                await keep(sampler.samples(families), at: wall)
            }
            if now - tidied >= Self.tidying {
                tidied = now
                await tidy(wall)
            }
        } while (try? await time.sleep(for: configuration.withLock { $0.tick })) != nil  // Cancelled: the end.
    }

    private func wall() -> WallReading { clock.withLock { $0.read(wall: time.wall(), boot: time.boot()) } }

    private func keep(_ samples: [Sample], at wall: WallReading) async {
        do {
            try await history.write(samples, at: wall.said, clock: clock.withLock { $0.memory })
            keeps.succeeded()
        } catch is CancellationError {
            // The end; the next run writes the next minute.
        } catch {
            log.error("a minute of the history is lost, continuing: \(error)")
        }
    }

    private func tidy(_ wall: WallReading) async {
        do {
            try await history.tidy(now: wall)
            tidies.succeeded()
        } catch {
            log.error("the history was not tidied, trying again later: \(error)")
        }
    }
}
