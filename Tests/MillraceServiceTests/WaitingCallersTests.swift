import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import MillraceService

/// Those who wait at the sockets of a service that does not start.
struct WaitingCallersTests {
    private let folder = TemporaryDirectory()

    @Test func eachHearsWhyAndIsHungUpOnAndTheSocketIsAsItWas() throws {
        let socket = try UnixSocket.listen(path: folder.file("own"))
        let page = try UnixSocket.listen(path: folder.file("page"))
        let callers = try (0..<3).map { _ in try UnixSocket.connect(path: folder.file("own")) }
        let reader = try UnixSocket.connect(path: folder.file("page"))
        let why = RPCError(.unavailable, "does not start: no kinds", reason: RPCError.Reason.notStarted)
        WaitingCallers.turnAway([socket], with: why, http: [page])
        for caller in callers {
            let said = try all(caller)
            let answer = try JSON.decode(JSONValue.self, from: Array(said.dropFirst(4)))
            #expect(answer["id"] == .null && answer["error"]?["message"]?.stringValue == "does not start: no kinds")
            #expect(answer["error"]?["data"]?["reason"]?.stringValue == "service.notStarted")
        }
        #expect(try all(reader).isEmpty)
        for listening in [socket, page] { #expect(fcntl(listening.raw, F_GETFL) & O_NONBLOCK == 0) }
        // It is systemd's still, and whoever comes next waits for the next start.
        let next = try UnixSocket.connect(path: folder.file("own"))
        #expect(next.isOpen)
    }

    private func all(_ caller: Descriptor) throws -> [UInt8] {
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
        while true {
            let count = read(caller.raw, &buffer, buffer.count)
            guard count > 0 else {
                #expect(count == 0, "errno \(errno)")
                return bytes
            }
            bytes += buffer[..<count]
        }
    }
}
