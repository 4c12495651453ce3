public import Linux
public import Logging
public import MillraceProtocol
public import MillraceRPC
public import Telemetry

/// What one service is; ``ServiceHost`` does what all have in common.
public protocol Service: Sendable {
    associatedtype Configuration: ServiceConfiguration

    /// One word decides all: "runner" is `runner.sock`, `runner.conf`, `MILLRACE_RUNNER_…`, `millrace-runner`.
    static var name: String { get }
    /// One line for `--help`.
    static var summary: String { get }
    /// The answer of `rpc.discover`; nil for one that merely lists the methods.
    static var openRPC: [UInt8]? { get }
    /// Whether the host tells the metrics service what this one counts; not so for that service itself.
    static var isPublished: Bool { get }

    /// Reads the declarations that a start with these settings would read, and says what is wrong and what is odd with them; a
    /// mistake keeps the service from starting. Opens and changes nothing else: `--check-config` asks for it beside a service that
    /// runs.
    static func judgeDeclarations(_ configuration: Configuration, at places: DeclarationPlaces) -> DeclarationVerdict

    /// Opens the state. What is thrown here or by ``start(server:)`` ends the process with one line in the log.
    init(_ configuration: Configuration, host: HostContext) async throws

    /// Connects the wire to the rules; no rule lives here.
    func register(on router: inout RPCRouter)

    /// Begins the service's own work, before the first caller is let in and before READY.
    func start(server: RPCServer) async throws

    /// Goes on with the start, by what no caller has to wait for; right after READY.
    func serving() async throws

    /// How it goes; asked every ten seconds and by `service.status`, so it should be cheap.
    func status() async -> ServiceReport

    /// What the service does not count in its registry but knows when it is asked: at each publication, and by
    /// `service.metrics`.
    func knownFamilies() async -> [FamilySnapshot]

    /// Goes once through the real work; the watchdog beats only after it.
    func canary() async throws

    /// New settings, already checked. What cannot change while running is named in the log.
    func reload(_ configuration: Configuration) async

    /// Takes on nothing new, ends what runs within `time`, gives back the rest. New requests are already refused; those in
    /// flight still run and need the state.
    func drain(within time: Duration) async

    /// Closes the state: no request is in flight any more, and callers are gone.
    func close() async
}

extension Service {
    public static var openRPC: [UInt8]? { nil }
    public static var isPublished: Bool { true }
    public static func judgeDeclarations(
        _ configuration: Configuration, at places: DeclarationPlaces
    ) -> DeclarationVerdict { ([], []) }
    public func start(server: RPCServer) async throws {}
    public func serving() async throws {}
    public func status() async -> ServiceReport { ServiceReport("serving") }
    public func canary() async throws {}
    public func reload(_ configuration: Configuration) async {}
    public func drain(within time: Duration) async {}
    public func close() async {}
    public func knownFamilies() async -> [FamilySnapshot] { [] }
}

/// How a service says it is.
public struct ServiceReport: Hashable, Sendable {
    /// One line with live figures: "3 jobs running, 12 waiting".
    public var line: String
    public var checks: [ServiceStatus.Check]
    public var figures: [String: Double]

    public init(_ line: String, checks: [ServiceStatus.Check] = [], figures: [String: Double] = [:]) {
        self.line = line
        self.checks = checks
        self.figures = figures
    }
}

/// What a service gets from its host.
public struct HostContext: Sendable {
    public let log: Logger
    public let time: any TimeSource
    /// Where databases lie; it exists.
    public let stateDirectory: String
    /// Where sockets lie; it may not exist when the sockets were handed over.
    public let runtimeDirectory: String
    /// The folder given by `--state` or MILLRACE_STATE, for processes that the service starts; nil on an installed
    /// system.
    public let state: String?
    /// Random, new with each start.
    public let instance: String
    /// What the service counts in; published by the host.
    public let registry: Registry
    /// Sockets that were handed over beside that of the service's own name.
    public let handedOver: [(name: String, descriptor: Descriptor)]
    /// Whether its own socket was handed over, too: then all it may listen at is.
    public let isActivated: Bool
    let events: @Sendable (HostEvent) -> Void

    init(
        log: Logger, time: any TimeSource, stateDirectory: String, runtimeDirectory: String, state: String?,
        instance: String, registry: Registry? = nil, handedOver: [(name: String, descriptor: Descriptor)] = [],
        isActivated: Bool = false, events: @escaping @Sendable (HostEvent) -> Void
    ) {
        self.log = log
        self.time = time
        self.stateDirectory = stateDirectory
        self.runtimeDirectory = runtimeDirectory
        self.state = state
        self.instance = instance
        self.registry = registry ?? Registry(service: "service", instance: instance, time: time)
        self.handedOver = handedOver
        self.isActivated = isActivated
        self.events = events
    }

    /// The status line has changed in a way worth showing now; more than one call a second is no harm.
    public func statusChanged() { events(.statusChanged) }

    /// Ends the service in order, with the exit code of the error.
    public func fail(_ error: any Error) { events(.failed(error)) }
}

/// What makes the host do something.
enum HostEvent: Sendable {
    case signal(Int32)
    case reload(CheckedContinuation<[String], any Error>)
    case statusChanged
    case failed(any Error)
}
