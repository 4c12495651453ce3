import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import Telemetry
import TestSupport

@testable import MillraceService

/// A table with a key of every kind.
struct ExampleConfiguration: ServiceConfiguration, Equatable {
    enum Mode: String, CaseIterable { case fast, safe }

    var workers = 4
    var lease = Duration.seconds(60)
    var cache = 16 << 20
    var isStrict = true
    var greeting = "hello"
    var mode = Mode.safe
    var commands = ["one"]

    static let keys: [ConfigurationKey<Self>] = [
        .init(
            "Pool", "Workers", \.workers, .integer(1...20), "Jobs that run at once.",
            alsoReads: "TASK_ORDER_LOG_WORKER_POOL_SIZE"),
        .init("Pool", "LeaseSec", \.lease, .span(1...3600), "A job silent for so long is run again."),
        .init("Pool", "Cache", \.cache, .bytes(1024...1 << 30), "Memory for what was read."),
        .init("Rules", "Strict", \.isStrict, .boolean, "Whether doubt is an error."),
        .init("Rules", "Greeting", \.greeting, .text, "What is said first."),
        .init("Rules", "Mode", \.mode, .choice, "How it is done."),
        .init("Rules", "Commands", \.commands, .list, "What is run."),
    ]

    func problems() -> [String] {
        mode == .fast && isStrict ? ["Mode=fast and Strict=yes cannot go together; choose one"] : []
    }
}

extension Settings where Configuration == ExampleConfiguration {
    static func example(
        flags: [String: String] = [:], environment: [String: String] = [:], file: String? = nil
    ) -> Self {
        Settings(
            ExampleConfiguration(), keys: ExampleConfiguration.keys, service: "example", flags: flags,
            environment: environment, file: file.map { IniFile(path: "example.conf", text: $0) })
    }
}

/// A service that writes down what is asked of it.
final class ExampleService: Service {
    static let name = "example"
    static let summary = "an example"

    enum Call: Equatable {
        case start
        case canary
        case reload(ExampleConfiguration)
        case drain(Duration)
        case close
    }

    static let behaviour = Locked(Behaviour())

    struct Behaviour {
        var startError: (any Error)?
        /// What its opening waits for.
        var opening: (@Sendable () async throws -> Void)?
        /// Called in the middle of a start.
        var onStart: (@Sendable (HostContext) -> Void)?
        var canaryError: (any Error)?
        /// How long its drain takes; nil for ever.
        var drain: Duration? = .zero
    }

    let calls = Watched<[Call]>([])
    let line = Locked("0 jobs")
    let host: HostContext

    init(_ configuration: ExampleConfiguration, host: HostContext) async throws {
        self.host = host
        try await Self.behaviour.withLock { $0.opening }?()
        Self.made.withLock { $0 = self }
    }

    /// The one made last.
    static let made = Locked<ExampleService?>(nil)

    /// Each file of kinds is judged by its name.
    static func judgeDeclarations(
        _ configuration: ExampleConfiguration, at places: DeclarationPlaces
    ) -> DeclarationVerdict {
        let (folder, _) = places.folder(.kinds, setting: "")
        let names = (try? Files.list(folder)) ?? []
        return (names.filter { $0.hasPrefix("wrong") }, names.filter { $0.hasPrefix("odd") })
    }

    func register(on router: inout RPCRouter) {}

    func start(server: RPCServer) async throws {
        calls.update { $0.append(.start) }
        let behaviour = Self.behaviour.withLock { $0 }
        behaviour.onStart?(host)
        if let error = behaviour.startError { throw error }
    }

    func status() async -> ServiceReport {
        ServiceReport(
            line.withLock { $0 }, checks: [.init("disk", .warn, reason: "90 % full")], figures: ["jobsRunning": 3])
    }

    func knownFamilies() async -> [FamilySnapshot] {
        [KnownNumbers(since: .epoch).gauge("shop_seats", "Seats.", 3)]
    }

    func canary() async throws {
        calls.update { $0.append(.canary) }
        if let error = Self.behaviour.withLock({ $0.canaryError }) { throw error }
    }

    func reload(_ configuration: ExampleConfiguration) async {
        calls.update { $0.append(.reload(configuration)) }
    }

    func drain(within time: Duration) async {
        calls.update { $0.append(.drain(time)) }
        guard let duration = Self.behaviour.withLock({ $0.drain }) else {
            // Heeds nothing.
            return await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
        try? await Task.sleep(for: duration)
    }

    func close() async { calls.update { $0.append(.close) } }
}
