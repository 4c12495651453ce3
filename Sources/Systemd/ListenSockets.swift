import Glibc
public import Linux

/// Sockets that the service manager opened for this process ($LISTEN_FDS, $LISTEN_FDNAMES, $LISTEN_PID).
public enum ListenSockets {
    /// Takes them over, in order; none when they are meant for another process.
    ///
    /// They get close-on-exec and the variables are unset, so no child takes them for its own. A name is what the
    /// socket unit says in FileDescriptorName=, by default the unit's own name; "unknown" when none was given.
    /// - Throws: EINVAL for variables that make no sense, EBADF for descriptors that are not open.
    public static func take() throws(SystemError) -> [(name: String, descriptor: Descriptor)] {
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { Environment.set(name, nil) } }
        guard let pid = Environment["LISTEN_PID"] else { return [] }
        guard let pid = pid_t(pid), pid > 0 else { throw senseless("LISTEN_PID") }
        guard pid == getpid(), let count = Environment["LISTEN_FDS"] else { return [] }
        guard let count = Int32(count), count > 0, count < Int32.max - first else { throw senseless("LISTEN_FDS") }
        let given = Environment["LISTEN_FDNAMES"] ?? ""
        let names = given.isEmpty ? [] : given.split(separator: ":", omittingEmptySubsequences: false)
        guard names.isEmpty || names.count == count else { throw senseless("LISTEN_FDNAMES") }
        var sockets: [(name: String, descriptor: Descriptor)] = []
        for index in 0..<count {
            let raw = first + index
            let flags = try retrying("fcntl of descriptor \(raw), which $LISTEN_FDS names") { fcntl(raw, F_GETFD) }
            try retrying("fcntl") { fcntl(raw, F_SETFD, flags | FD_CLOEXEC) }
            sockets.append((names.isEmpty ? "unknown" : String(names[Int(index)]), Descriptor(raw)))
        }
        return sockets
    }

    /// Whether this is an AF_UNIX stream socket that listens.
    public static func isListening(_ socket: Descriptor) -> Bool {
        func option(_ name: Int32) -> Int32? {
            var value: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            return getsockopt(socket.raw, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
        }
        return option(SO_DOMAIN) == AF_UNIX && option(SO_TYPE) == Int32(SOCK_STREAM.rawValue)
            && option(SO_ACCEPTCONN) == 1
    }

    /// The first descriptor that is handed over.
    private static let first: Int32 = 3

    private static func senseless(_ variable: String) -> SystemError {
        SystemError(number: EINVAL, call: "read $\(variable)")
    }
}
