import CSystemd
import Glibc
public import Linux

/// Sockets that the service manager opened for this process ($LISTEN_FDS, $LISTEN_FDNAMES, $LISTEN_PID).
public enum ListenSockets {
    /// Takes them over, in order; none when they are meant for another process.
    ///
    /// They get close-on-exec and the variables are unset, so no child takes them for its own. A name is what the
    /// socket unit says in FileDescriptorName=, by default the unit's own name; "unknown" when none was given.
    /// - Throws: EINVAL or ERANGE for variables that make no sense.
    public static func take() throws(SystemError) -> [(name: String, descriptor: Descriptor)] {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        guard count >= 0 else { throw SystemError(number: -count, call: "read $LISTEN_FDS and $LISTEN_FDNAMES") }
        defer {
            for index in 0..<Int(count) { free(names?[index]) }
            free(names)
        }
        return (0..<count).map { index in
            let name = names?[Int(index)].map { String(cString: $0) } ?? "unknown"
            return (name, Descriptor(SD_LISTEN_FDS_START + index))
        }
    }

    /// Whether this is an AF_UNIX stream socket that listens.
    public static func isListening(_ socket: Descriptor) -> Bool {
        sd_is_socket_unix(socket.raw, Int32(SOCK_STREAM.rawValue), 1, nil, 0) > 0
    }
}
