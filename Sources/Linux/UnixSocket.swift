import CLinux
import Glibc

/// AF_UNIX sockets. Every descriptor is close-on-exec and blocking.
public enum UnixSocket {
    /// Opens a listening stream socket at `path` with exactly the permission bits `mode`.
    ///
    /// A socket file that nobody listens at is removed first. One with a living listener is EADDRINUSE, and so is a
    /// file of another type, which is never touched.
    public static func listen(
        path: String, backlog: Int32 = 1024, mode: UInt32 = 0o660
    ) throws(SystemError) -> Descriptor {
        do {
            return try bind(path: path, backlog: backlog, mode: mode)
        } catch {
            guard error.number == EADDRINUSE, isStale(path) else { throw error }
            try Files.remove(path)
            return try bind(path: path, backlog: backlog, mode: mode)
        }
    }

    /// - Parameter waiting: whether to wait while the listener's queue is full; otherwise that is EAGAIN.
    public static func connect(path: String, waiting: Bool = true) throws(SystemError) -> Descriptor {
        let socket = try open()
        if !waiting { try socket.setNonBlocking(true) }
        try withAddress(path, call: "connect") { address, length in Glibc.connect(socket.raw, address, length) }
        if !waiting { try socket.setNonBlocking(false) }
        return socket
    }

    /// Two connected stream sockets.
    public static func pair() throws(SystemError) -> (Descriptor, Descriptor) {
        var ends: [Int32] = [-1, -1]
        try retrying("socketpair") { socketpair(AF_UNIX, streamType, 0, &ends) }
        return (Descriptor(ends[0]), Descriptor(ends[1]))
    }

    /// Waits for a connection. EINVAL once the listening socket was shut down.
    public static func accept(_ listening: Descriptor) throws(SystemError) -> Descriptor {
        Descriptor(try retrying("accept") { millrace_accept(listening.raw) })
    }

    /// Who connected; for a socketpair, who made it.
    public static func credentials(of socket: Int32) throws(SystemError) -> PeerCredentials {
        try PeerCredentials(socket: socket)
    }

    /// Whether `path` is a socket at which nobody listens any more.
    public static func isStale(_ path: String) -> Bool {
        guard Files.kind(path) == .socket else { return false }
        do {
            _ = try connect(path: path)
            return false
        } catch {
            return error.number == ECONNREFUSED
        }
    }

    private static let streamType = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    private static func open() throws(SystemError) -> Descriptor {
        Descriptor(try retrying("socket") { socket(AF_UNIX, streamType, 0) })
    }

    private static func bind(path: String, backlog: Int32, mode: UInt32) throws(SystemError) -> Descriptor {
        let socket = try open()
        // Before bind, so that the file never has wider permissions; after it, because the umask cut them.
        try retrying("fchmod \(path)") { fchmod(socket.raw, mode) }
        try withAddress(path, call: "bind") { address, length in Glibc.bind(socket.raw, address, length) }
        try retrying("chmod \(path)") { chmod(path, mode) }
        try retrying("listen \(path)") { Glibc.listen(socket.raw, backlog) }
        return socket
    }

    /// Calls `body` with the address of `path`; one too long for `sun_path` is reached by way of its open directory.
    private static func withAddress(
        _ path: String, call: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        var name = Array(path.utf8)
        var directory: Descriptor?
        if name.count >= capacity {
            let parent = Files.parent(path)
            directory = Descriptor(try retrying("open \(parent)") { millrace_open_place(parent) })
            name = Array("/proc/self/fd/\(directory!.raw)/\(Files.name(path))".utf8)
        }
        guard !name.isEmpty, !name.contains(0), name.count < capacity else {
            throw SystemError(number: name.count < capacity ? EINVAL : ENAMETOOLONG, call: "\(call) \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        _ = try withExtendedLifetime(directory) { () throws(SystemError) in
            try retrying("\(call) \(path)") {
                withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                    }
                }
            }
        }
    }
}
