import Glibc
import Linux
import TestSupport

/// Takes one connection, says the first line, then one more for each line that comes, and closes.
final class ScriptedServer: Sendable {
    let port: Int

    init(_ script: [String]) throws {
        let (listener, port) = try listening()
        self.port = port
        startThread {
            defer { close(listener) }
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            defer { close(connection) }
            for (index, words) in script.enumerated() {
                if index > 0, !Self.readLine(connection) { return }
                _ = words.withCString { send(connection, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
            }
            // Closed only when the other has read all or has gone.
            shutdown(connection, Int32(SHUT_WR))
            while Self.readLine(connection) {}
        }
    }

    private static func readLine(_ connection: Int32) -> Bool {
        var byte: UInt8 = 0
        repeat { guard recv(connection, &byte, 1, 0) == 1 else { return false } } while byte != UInt8(ascii: "\n")
        return true
    }
}

/// A port of this machine that listens, and its socket.
private func listening() throws -> (Int32, Int) {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let done = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(socket, address, length) == 0 && listen(socket, 4) == 0 && getsockname(socket, address, &length) == 0
        }
    }
    guard done else { throw TestFailure("no port: \(errno)") }
    return (socket, Int(UInt16(bigEndian: address.sin_port)))
}

/// A port at which nobody listens.
func freePort() throws -> Int {
    let (socket, port) = try listening()
    close(socket)
    return port
}
