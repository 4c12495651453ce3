import Glibc
import Linux

/// The datagram socket at which one service reports, as systemd would give it one. Only its own user may send.
final class NotifySocket {
    let path: String
    let descriptor: Descriptor

    /// Takes the place of a socket that an earlier suite left at `path`.
    init(path: String) throws(SystemError) {
        self.path = path
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError(number: ENAMETOOLONG, call: "bind \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }

        let flags = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let raw = socket(AF_UNIX, flags, 0)
        guard raw >= 0 else { throw SystemError(number: errno, call: "socket") }
        descriptor = Descriptor(raw)
        unlink(path)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                fchmod(raw, 0o600) == 0 && bind(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard bound else { throw SystemError(number: errno, call: "bind \(path)") }
    }

    deinit { unlink(path) }

    /// The next message that has come; nil when there is none.
    func next() -> NotifyMessage? {
        var buffer = [UInt8](repeating: 0, count: 8192)
        let count = recv(descriptor.raw, &buffer, buffer.count, 0)
        return count < 0 ? nil : NotifyMessage(String(decoding: buffer.prefix(count), as: UTF8.self))
    }
}
