import Linux
import MillraceProtocol

/// Who is at the other end of a connection, and what they may do.
public struct Peer: Hashable, Sendable, CustomStringConvertible {
    /// As the kernel saw them when the connection was made; nil where there is no telling.
    public var credentials: PeerCredentials?
    /// The highest class of methods they may call; nil for none at all.
    public var access: AccessClass?

    public init(credentials: PeerCredentials?, access: AccessClass?) {
        self.credentials = credentials
        self.access = access
    }

    public func may(_ needed: AccessClass) -> Bool {
        access.map { needed <= $0 } ?? false
    }

    /// "uid 1000 pid 4711"
    public var description: String {
        credentials.map { "uid \($0.uid) pid \($0.pid)" } ?? "unknown peer"
    }
}

/// Who may do what, by user and groups.
///
/// Root and the service's own user may do everything, and so may members of `adminGroup`; members of `group` may read
/// and write. Everyone else may do nothing.
public struct AccessPolicy: Hashable, Sendable {
    public var group: UInt32?
    public var adminGroup: UInt32?
    /// The service's own user.
    public var user: UInt32

    public init(group: UInt32? = nil, adminGroup: UInt32? = nil, user: UInt32 = PeerCredentials.current.uid) {
        self.group = group
        self.adminGroup = adminGroup
        self.user = user
    }

    /// Only the user of this process, and root.
    public static var sameUser: AccessPolicy { AccessPolicy() }

    public func access(of peer: PeerCredentials) -> AccessClass? {
        if peer.uid == 0 || peer.uid == user { return .admin }
        if let adminGroup, peer.isMember(of: adminGroup) { return .admin }
        if let group, peer.isMember(of: group) { return .write }
        return nil
    }
}
