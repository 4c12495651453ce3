import Glibc
import Linux
import MillraceProtocol

/// As whom an installed service runs.
struct ServiceUser: Hashable, Sendable {
    /// A name or a number.
    var name: String
    /// Nil for the user's own.
    var group: String?

    /// As whom the package lets all services run.
    static let packaged = ServiceUser(name: "millrace", group: "millrace")

    /// Nil when there is no such user.
    var id: UInt32? { SystemUser.named(name)?.id ?? UInt32(name) }

    /// Those of all services, by the name of the service: what systemd says of their units, drop-ins included. Where systemd
    /// does not know the unit, or is not there, it is ``packaged``.
    static func all() async -> [String: ServiceUser] {
        let services = KnownService.all
        let told = try? await UnitProperties.ask(["Id", "LoadState", "User", "Group"], of: services.map(\.unit))
        return from(told ?? [])
    }

    static func from(_ units: [UnitProperties]) -> [String: ServiceUser] {
        var users: [String: ServiceUser] = [:]
        for service in KnownService.all {
            let unit = units.first { $0["Id"] == service.unit && $0["LoadState"] == "loaded" }
            users[service.name] = unit.map(ServiceUser.init) ?? packaged
        }
        return users
    }

    /// What systemd starts without a user is root's.
    private init(_ unit: UnitProperties) {
        name = unit["User"].isEmpty ? "root" : unit["User"]
        group = unit["Group"].isEmpty ? nil : unit["Group"]
    }

    init(name: String, group: String? = nil) {
        self.name = name
        self.group = group
    }

    /// The words before a command that let it run with this user's rights alone; none where it has them already, where there is
    /// no such user, and where we may not become somebody else.
    var words: [String] {
        guard geteuid() == 0, let id, id != 0 else { return [] }
        let group = group ?? SystemUser.named(name).map { String($0.group) } ?? name
        return ["setpriv", "--reuid=\(name)", "--regid=\(group)", "--init-groups"]
    }
}
