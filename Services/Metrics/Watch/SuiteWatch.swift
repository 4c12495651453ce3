import Linux
import Logging
import MillraceProtocol
import MillraceRPC

/// Asks the services how they are, each by itself and all at once, no longer than its bound.
final class SuiteWatch: Sendable {
    /// A service that does not say how it is within this time is not well.
    static let patience = Duration.seconds(2)
    /// An answer is good for so long.
    static let fresh = Duration.milliseconds(500)

    struct Member: Sendable {
        var service: KnownService
        /// Nil for one that does not answer.
        var status: ServiceStatus.Result?
        /// Why it does not answer.
        var trouble: String?
        /// One that jobs do without, and there is not even a socket.
        var isAbsent = false

        var verdict: ServiceStatus.Verdict { status?.verdict ?? (isAbsent ? .ok : .fail) }
    }

    private let runtimeDirectory: String
    private let log: Logger
    private let time: any TimeSource
    private let clients: [String: RPCClient]
    private let known = Locked<(members: [Member], at: Duration)?>(nil)

    init(runtimeDirectory: String, log: Logger, time: any TimeSource) {
        self.runtimeDirectory = runtimeDirectory
        self.log = log
        self.time = time
        clients = Dictionary(
            uniqueKeysWithValues: KnownService.all.map { service in
                let path = "\(runtimeDirectory)/\(service.name).sock"
                return (service.name, RPCClient(socket: path, log: log, time: time, patience: .zero))
            })
    }

    func client(of service: KnownService) -> RPCClient { clients[service.name]! }

    func close() { for client in clients.values { client.close() } }

    /// How all are, as of half a second ago at most.
    func members() async -> [Member] {
        let now = time.boot()
        if let known = known.withLock({ $0 }), now - known.at < Self.fresh { return known.members }
        let members = await withTaskGroup(of: (Int, Member).self) { tasks in
            for (place, service) in KnownService.all.enumerated() {
                tasks.addTask { (place, await self.ask(service)) }
            }
            var all: [(Int, Member)] = []
            for await one in tasks { all.append(one) }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
        known.withLock { $0 = (members, now) }
        return members
    }

    private func ask(_ service: KnownService) async -> Member {
        do {
            let status = try await client(of: service).call(
                ServiceStatus.self, Empty(), options: CallOptions(timeout: Self.patience))
            return Member(service: service, status: status)
        } catch {
            let fault = (error as? any RPCErrorConvertible)?.rpcError
            let message =
                fault?.reason == RPCError.Reason.deadline
                ? "it does not answer within \(TimeSpan.text(Self.patience))" : fault?.message ?? "\(error)"
            let isAbsent = service.isOptional && !Files.exists("\(runtimeDirectory)/\(service.name).sock")
            return Member(service: service, trouble: message, isAbsent: isAbsent)
        }
    }
}
