import JSONCodec
import MillraceProtocol
import Telemetry

/// What `/health` and `/ready` say of the suite, or of one service.
struct SuiteHealth {
    /// What is looked at across services, beside what each says of itself.
    var checks: [ServiceStatus.Check]
    var members: [SuiteWatch.Member]

    /// - Parameter families: what all have counted.
    init(_ members: [SuiteWatch.Member], _ families: [FamilySnapshot]) {
        self.members = members
        checks = [Self.memory(families), Self.syncQueue(families), Self.browsers(families)]
    }

    /// The worst of all. A warning is healthy.
    var verdict: ServiceStatus.Verdict {
        let all = members.map(\.verdict) + checks.map(\.verdict)
        return all.contains(.fail) ? .fail : all.contains(.warn) ? .warn : .ok
    }

    /// Whether every service that is there serves.
    var isReady: Bool { members.allSatisfy { $0.isAbsent || $0.status?.state == .ready } }

    /// The same of one service; nil for one that nobody knows.
    func of(_ name: String) -> SuiteHealth? {
        var one = self
        one.members = members.filter { $0.service.name == name }
        one.checks = []
        return one.members.isEmpty ? nil : one
    }

    static let memoryLimit = 900e6

    private static func memory(_ families: [FamilySnapshot]) -> ServiceStatus.Check {
        let large = series("process_memory_bytes", families).filter { ($0.value.number ?? 0) > memoryLimit }
        guard !large.isEmpty else { return .init("memory") }
        let names = large.compactMap(\.labels.first).joined(separator: ", ")
        return .init("memory", .fail, reason: "more than 900 MB: \(names)")
    }

    private static func syncQueue(_ families: [FamilySnapshot]) -> ServiceStatus.Check {
        let active = series("sync_queue_active", families).compactMap(\.value.number).reduce(0, +)
        return active >= 10
            ? .init("sync-queue", .warn, reason: "\(Int(active)) syncs are active") : .init("sync-queue")
    }

    private static func browsers(_ families: [FamilySnapshot]) -> ServiceStatus.Check {
        func sum(_ name: String) -> Double { series(name, families).compactMap(\.value.number).reduce(0, +) }
        let (total, used) = (sum("browser_pool_total"), sum("browser_pool_in_use"))
        guard used > total else { return .init("pool") }
        return .init(
            "pool", .warn, reason: "\(Int(used)) sessions are in use, more than the \(Int(total)) there may be")
    }

    private static func series(_ name: String, _ families: [FamilySnapshot]) -> [SeriesSnapshot] {
        families.first { $0.description.name == name }?.series ?? []
    }
}

extension SuiteHealth: JSONEncodable {
    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("status", verdict)
            if !checks.isEmpty { $0.member("checks", checks) }
            $0.member("services") { json in
                json.array { json in
                    for member in members { Self.encode(member, to: &json) }
                }
            }
        }
    }

    private static func encode(_ member: SuiteWatch.Member, to json: inout JSONWriter) {
        json.object {
            $0.member("name", member.service.name)
            $0.member("status", member.verdict)
            if member.isAbsent { $0.member("absent", true) }
            if let status = member.status {
                $0.member("state", status.state)
                $0.member("line", status.statusLine)
                $0.member("checks", status.checks)
            } else if !member.isAbsent {
                $0.member("reason", ifPresent: member.trouble)
            }
        }
    }
}
