import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import TestSupport

/// The other end of a connection, with nothing of the code under test but the frame decoder: it sends bytes as it likes
/// and reads when it likes.
final class RawPeer: Sendable {
    private struct Inbox: Sendable {
        var frames: [[UInt8]] = []
        var hasEnded = false
        var goodbyes = 0
    }

    let socket: Descriptor
    private let inbox = Watched(Inbox())

    init(_ socket: Descriptor, reading: Bool = true) throws {
        self.socket = socket
        if reading { try read() }
    }

    convenience init(path: String, reading: Bool = true) throws {
        try self.init(UnixSocket.connect(path: path), reading: reading)
    }

    deinit { shutdown(socket.raw, Int32(SHUT_RDWR)) }

    /// Begins to read, on a thread of its own.
    func read() throws {
        let socket = socket, inbox = inbox
        _ = try WorkerThread("raw-peer") {
            let goodbye = Array(#"{"jsonrpc":"2.0","method":"$/goodbye","params":{}}"#.utf8)
            var decoder = FrameDecoder(maximumLength: 1 << 30)
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = recv(socket.raw, &buffer, buffer.count, 0)
                if count <= 0 { return inbox.update { $0.hasEnded = true } }
                decoder.append(buffer[..<count])
                while let frame = try? decoder.next() {
                    let isGoodbye = frame == goodbye
                    inbox.update { if isGoodbye { $0.goodbyes += 1 } else { $0.frames.append(frame) } }
                }
            }
        }
    }

    func send(_ text: String) throws {
        try send(Frame.encode(Array(text.utf8)))
    }

    func send(_ bytes: [UInt8]) throws {
        // The server reads on a thread of its own, so this blocks for a moment only.
        try socket.writeAll(bytes)
    }

    /// Sends what the socket takes at once; returns how much that was.
    func offer(_ bytes: [UInt8]) -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    socket.raw, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            }
            if count < 0 { return sent }
            sent += count
        }
        return sent
    }

    /// The next frame, taken out.
    func next() async throws -> JSONValue {
        let frame = try await nextFrame()
        return try JSON.decode(JSONValue.self, from: frame)
    }

    func nextFrame() async throws -> [UInt8] {
        let seen = try await inbox.wait(within: patience, for: "a frame") { !$0.frames.isEmpty || $0.hasEnded }
        guard let frame = seen.frames.first else { throw TestFailure("the connection ended") }
        inbox.update { $0.frames.removeFirst() }
        return frame
    }

    /// Waits for `count` frames and takes them out.
    func next(_ count: Int) async throws -> [JSONValue] {
        let seen = try await inbox.wait(within: patience, for: "\(count) frames") {
            $0.frames.count >= count || $0.hasEnded
        }
        guard seen.frames.count >= count else {
            throw TestFailure("the connection ended after \(seen.frames.count) of \(count) frames")
        }
        inbox.update { $0.frames.removeFirst(count) }
        return try seen.frames.prefix(count).map { try JSON.decode(JSONValue.self, from: $0) }
    }

    /// How often the other side said goodbye, which is not among the frames.
    var goodbyes: Int { inbox.value.goodbyes }

    /// Frames that are there and not taken yet.
    var waiting: Int { inbox.value.frames.count }

    /// Waits until the other side has hung up.
    func ended() async throws {
        try await inbox.wait(within: patience, for: "the other side to hang up") { $0.hasEnded }
    }

    func finishSending() { shutdown(socket.raw, Int32(SHUT_WR)) }

    func hangUp() { shutdown(socket.raw, Int32(SHUT_RDWR)) }
}
