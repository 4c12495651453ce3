import Glibc
import Linux

/// Sends single messages to sockets of the service manager and the journal, waiting while those are full.
struct DatagramSocket: Sendable {
    private let socket: Descriptor

    init() throws(SystemError) {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        socket = Descriptor(try retrying("socket") { Glibc.socket(AF_UNIX, type, 0) })
    }

    /// - Parameters:
    ///   - name: the path of the receiver's socket, or "@" and a name that is no file.
    ///   - descriptor: one that the receiver gets too.
    ///   - flags: of `sendmsg`, beside that which keeps a broken pipe from ending the process.
    func send(
        _ bytes: [UInt8], with descriptor: Descriptor? = nil, to name: String, flags: Int = 0
    ) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(name.utf8)
        guard path.count > 1, path.count < MemoryLayout.size(ofValue: address.sun_path), !path.contains(0) else {
            throw SystemError(number: EINVAL, call: "send to \(name)")
        }
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let length = MemoryLayout<sa_family_t>.size + path.count + (path[0] == 0 ? 0 : 1)
        var rights = Rights(descriptor: descriptor?.raw ?? -1)
        var bytes = bytes
        _ = try withExtendedLifetime(descriptor) { () throws(SystemError) in
            try retrying("send to \(name)") {
                withUnsafeMutablePointer(to: &address) { address in
                    withUnsafeMutablePointer(to: &rights) { rights in
                        bytes.withUnsafeMutableBytes { bytes in
                            var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                            return withUnsafeMutablePointer(to: &part) { part in
                                var message = msghdr()
                                message.msg_name = UnsafeMutableRawPointer(address)
                                message.msg_namelen = socklen_t(length)
                                message.msg_iov = part
                                message.msg_iovlen = 1
                                if rights.pointee.descriptor >= 0 {
                                    message.msg_control = UnsafeMutableRawPointer(rights)
                                    message.msg_controllen = MemoryLayout<Rights>.size
                                }
                                return sendmsg(socket.raw, &message, Int32(MSG_NOSIGNAL | flags))
                            }
                        }
                    }
                }
            }
        }
    }

    /// Sends a message and waits until its receiver has taken it, and with it all that were sent before it.
    ///
    /// - Returns: whether it was taken within `limit`; false at once when there is no receiver.
    func sendAndWaitUntilReceived(_ bytes: [UInt8], to name: String, within limit: Duration) -> Bool {
        let time = SystemTime()
        let end = time.boot() + limit
        var isSent = false
        repeat {
            if !isSent {
                do throws(SystemError) {
                    try send(bytes, to: name, flags: Int(MSG_DONTWAIT))
                    isSent = true
                } catch {
                    guard error.number == EAGAIN else { return false }
                }
            }
            if isSent && unreceived == 0 { return true }
            // The kernel tells nobody when a message is taken.
            usleep(200)
        } while time.boot() < end
        return false
    }

    /// Bytes of memory that messages take up which their receivers have not taken yet (SIOCOUTQ, unix(7)).
    private var unreceived: Int32 {
        var count: Int32 = 0
        return ioctl(socket.raw, UInt(TIOCOUTQ), &count) == 0 ? count : 0
    }

    /// A control message that hands over one descriptor, as CMSG_SPACE(sizeof(int)) lays it out.
    private struct Rights {
        var length = 16 + MemoryLayout<Int32>.size
        var level = SOL_SOCKET
        var type = Int32(SCM_RIGHTS)
        var descriptor: Int32
        var padding: Int32 = 0
    }
}
