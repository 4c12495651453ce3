import CLinux
import Glibc

/// Who is at the other end of a local socket, as the kernel saw it when the connection was made.
public struct PeerCredentials: Hashable, Sendable {
    /// 0 when the peer lives in another pid namespace.
    public let pid: Int32
    public let uid: UInt32
    public let gid: UInt32
    /// Supplementary groups.
    public let groups: [UInt32]

    public init(pid: Int32, uid: UInt32, gid: UInt32, groups: [UInt32] = []) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
        self.groups = groups
    }

    /// The primary group or one of the supplementary ones.
    public func isMember(of group: UInt32) -> Bool {
        gid == group || groups.contains(group)
    }

    /// This process.
    public static var current: PeerCredentials {
        var groups = [gid_t](repeating: 0, count: max(0, Int(getgroups(0, nil))))
        let count = getgroups(Int32(groups.count), &groups)
        return PeerCredentials(
            pid: getpid(), uid: geteuid(), gid: getegid(), groups: Array(groups.prefix(max(0, Int(count)))))
    }

    init(socket: Int32) throws(SystemError) {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        try retrying("getsockopt SO_PEERCRED") { millrace_peer_credentials(socket, &pid, &uid, &gid) }
        self.init(pid: pid, uid: uid, gid: gid, groups: try Self.groups(of: socket))
    }

    private static func groups(of socket: Int32) throws(SystemError) -> [UInt32] {
        var capacity = 64
        while true {
            var groups = [UInt32](repeating: 0, count: capacity)
            let count = millrace_peer_groups(socket, &groups, Int32(capacity))
            if count >= 0 { return Array(groups.prefix(Int(count))) }
            // 65536 is the kernel's own bound (NGROUPS_MAX).
            guard errno == ERANGE, capacity < 65_536 else {
                throw SystemError(errno: "getsockopt SO_PEERGROUPS")
            }
            capacity *= 32
        }
    }
}
