import Glibc
import Linux
import TestSupport

/// The service manager's end of $NOTIFY_SOCKET, read by a thread.
final class NotifySocket: Sendable {
    let path: String
    let messages = Watched<[String]>([])
    private let directory = TemporaryDirectory()

    init() throws {
        path = directory.file("notify")
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let socket = Descriptor(try retrying("socket") { Glibc.socket(AF_UNIX, type, 0) })
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try retrying("bind") {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket.raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        let messages = messages
        // Ends with the process; a test has no more than a few of these.
        _ = try WorkerThread("notify") {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(socket.raw, &buffer, buffer.count, 0)
                if count < 0 { return }
                let text = String(decoding: buffer[..<count], as: UTF8.self)
                messages.update { $0.append(text) }
            }
        }
    }
}
