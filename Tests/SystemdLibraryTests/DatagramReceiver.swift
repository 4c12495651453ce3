import Glibc
import Linux
import TestSupport

/// A socket that takes single messages, as the service manager and the journal have.
struct DatagramReceiver {
    let directory = TemporaryDirectory()
    let path: String
    let socket: Descriptor

    /// - Parameter abstract: whether its name is no file.
    init(abstract: Bool = false) throws {
        path = (abstract ? "@" : "") + directory.file("receiver")
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        socket = Descriptor(try retrying("socket") { Glibc.socket(AF_UNIX, type, 0) })
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        if abstract { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count + (abstract ? 0 : 1))
        try retrying("bind") {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket.raw, $0, length) }
            }
        }
    }

    /// The message that has arrived, and the descriptor that came with it.
    func receive() throws -> (bytes: [UInt8], descriptor: Descriptor?) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        // The control message that hands over one descriptor: length, level, type, descriptor.
        var control: (Int, Int32, Int32, Int32, Int32) = (0, 0, 0, -1, 0)
        let count = try retrying("recvmsg") {
            withUnsafeMutablePointer(to: &control) { control in
                buffer.withUnsafeMutableBytes { buffer in
                    var part = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
                    return withUnsafeMutablePointer(to: &part) { part in
                        var message = msghdr()
                        message.msg_iov = part
                        message.msg_iovlen = 1
                        message.msg_control = UnsafeMutableRawPointer(control)
                        message.msg_controllen = MemoryLayout.size(ofValue: control.pointee)
                        return recvmsg(socket.raw, &message, 0)
                    }
                }
            }
        }
        return (Array(buffer[..<count]), control.3 >= 0 ? Descriptor(control.3) : nil)
    }
}
