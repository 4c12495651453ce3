import Glibc

/// What a service tells its manager: a datagram socket for `NOTIFY_SOCKET`, with every message it got.
public final class NotifyListener: Sendable {
    public let path: String
    public let messages = Watched<[String]>([])

    public init(_ path: String) throws {
        self.path = path
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard descriptor >= 0, bound == 0 else { throw TestFailure("cannot listen at \(path)") }
        let messages = messages
        // The thread and its socket end with the process; a test run has few of them.
        startThread {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                let message = String(decoding: buffer[..<count], as: UTF8.self)
                messages.update { $0.append(message) }
            }
        }
    }

    /// How often the watchdog was beaten so far.
    public var beats: Int { messages.value.count { $0.contains("WATCHDOG=1") } }

    /// Waits for so many more beats.
    public func beats(more count: Int, within limit: Duration = .seconds(20)) async throws {
        let before = beats
        try await messages.wait(within: limit, for: "\(count) more beats") {
            $0.count { $0.contains("WATCHDOG=1") } >= before + count
        }
    }
}
