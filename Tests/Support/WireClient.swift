import Glibc

/// A plain client of the wire, written from the protocol's description and independent of the code under test: four
/// bytes of length, then JSON. It blocks, so use it from a thread of its own or where answers come at once.
public final class WireClient: @unchecked Sendable {
    private let descriptor: Int32
    private let sending = Watched(())
    private var lastID = 0

    /// Connects; each read and write has `limit` to get on, zero for ever.
    public init(_ path: String, limit: Duration = .seconds(20)) throws {
        Glibc.signal(SIGPIPE, SIG_IGN)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let microseconds = Int(limit.components.attoseconds / 1_000_000_000_000)
        var time = timeval(tv_sec: Int(limit.components.seconds), tv_usec: microseconds)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw TestFailure("too long for a socket: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else {
            // `deinit` closes it; twice would hit a descriptor that another thread was given meanwhile.
            throw TestFailure("connect \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Whether something can be read, or the peer has hung up, within so long.
    public func hasInput(within limit: Duration) -> Bool {
        var look = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&look, 1, Int32(limit / .milliseconds(1))) > 0
    }

    /// Ends both directions, so that a read in another thread returns.
    public func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// A message as it goes over the wire.
    public static func frame(_ json: String) -> [UInt8] {
        let length = UInt32(json.utf8.count)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + Array(json.utf8)
    }

    /// Sends one frame, from any thread.
    public func send(_ json: String) throws { try send(bytes: Self.frame(json)) }

    /// Sends bytes, whole frames or not.
    public func send(bytes: [UInt8]) throws {
        var failure: Int32 = 0
        sending.update { _ in
            var rest = bytes[...]
            while !rest.isEmpty && failure == 0 {
                let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                if count > 0 { rest = rest.dropFirst(count) } else { failure = errno }
            }
        }
        guard failure == 0 else { throw TestFailure("send: \(String(cString: strerror(failure)))") }
    }

    /// Receives one frame.
    public func receive() throws -> Tree { try Tree(String(decoding: try receiveBytes(), as: UTF8.self)) }

    /// Receives one frame, as it came.
    @discardableResult
    public func receiveBytes() throws -> [UInt8] {
        let header = try read(4)
        return try read(header.reduce(0) { $0 << 8 | Int($1) })
    }

    /// Sends a request and returns its whole answer, passing over notifications. A request of the other side that comes
    /// before the answer is an error: it would be lost.
    public func request(_ method: String, _ params: String = "{}", meta: String? = nil) throws -> Tree {
        lastID += 1
        let id = lastID
        let meta = meta.map { ",\"meta\":\($0)" } ?? ""
        try send("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"\(method)\",\"params\":\(params)\(meta)}")
        while true {
            let message = try receive()
            if let method = message["method"].string {
                guard message["id"] == .absent else { throw TestFailure("\(method) came before the answer of \(id)") }
            } else if message["id"].int == id {
                return message
            }
        }
    }

    /// Sends a request and returns its result.
    public func call(_ method: String, _ params: String = "{}", meta: String? = nil) throws -> Tree {
        let reply = try request(method, params, meta: meta)
        guard reply["error"] == .absent else { throw TestFailure("\(method) \(params): \(reply["error"])") }
        return reply["result"]
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var have = 0
        while have < count {
            let got = bytes[have...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard got > 0 else {
                throw TestFailure(got == 0 ? "the peer hung up" : "receive: \(String(cString: strerror(errno)))")
            }
            have += got
        }
        return bytes
    }
}
