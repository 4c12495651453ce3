import Glibc
import Linux
import TestSupport
import Testing

@Suite struct UnixSocketTests {
    let directory = TemporaryDirectory()

    @Test func aClientReachesTheListener() throws {
        let listener = try UnixSocket.listen(path: directory.file("s.sock"))
        let client = try UnixSocket.connect(path: directory.file("s.sock"))
        let server = try UnixSocket.accept(listener)
        try client.writeAll(Array("hello".utf8))
        client.close()
        #expect(try server.readToEnd() == Array("hello".utf8))
    }

    @Test(arguments: [0o660, 0o600, 0o666] as [UInt32])
    func theSocketFileHasExactlyItsMode(mode: UInt32) throws {
        let path = directory.file("s.sock")
        _ = try UnixSocket.listen(path: path, mode: mode)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == mode)
    }

    @Test func aStaleSocketIsReplaced() throws {
        let path = directory.file("s.sock")
        try UnixSocket.listen(path: path).close()
        #expect(UnixSocket.isStale(path))
        let listener = try UnixSocket.listen(path: path)
        #expect(try UnixSocket.connect(path: path).isOpen)
        #expect(listener.isOpen)
    }

    @Test func aLiveSocketIsNeverTaken() throws {
        let path = directory.file("s.sock")
        let listener = try UnixSocket.listen(path: path)
        #expect(throws: SystemError(number: EADDRINUSE, call: "bind \(path)")) { try UnixSocket.listen(path: path) }
        #expect(try UnixSocket.connect(path: path).isOpen)
        #expect(listener.isOpen)
    }

    @Test func aFileOfAnotherTypeIsNeverRemoved() throws {
        let path = directory.write("precious", to: "s.sock")
        #expect(throws: SystemError(number: EADDRINUSE, call: "bind \(path)")) { try UnixSocket.listen(path: path) }
        #expect(try Files.readText(path) == "precious")
    }

    @Test func nobodyListeningIsRefusedAndNothingThereIsNotFound() throws {
        let path = directory.file("s.sock")
        #expect(throws: SystemError(number: ENOENT, call: "connect \(path)")) { try UnixSocket.connect(path: path) }
        try UnixSocket.listen(path: path).close()
        #expect(throws: SystemError(number: ECONNREFUSED, call: "connect \(path)")) {
            try UnixSocket.connect(path: path)
        }
    }

    @Test(arguments: [100, 107, 108, 109, 200, 1000])
    func aPathOfAnyLengthWorks(length: Int) throws {
        var folder = directory.path
        while folder.utf8.count + 12 < length {
            folder += "/" + String(repeating: "d", count: min(200, length - folder.utf8.count - 10))
        }
        try Files.makeDirectory(folder)
        let padding = max(1, length - folder.utf8.count - 1)
        let path = folder + "/" + String(repeating: "s", count: padding)
        let listener = try UnixSocket.listen(path: path)
        let client = try UnixSocket.connect(path: path)
        #expect(try UnixSocket.accept(listener).isOpen && client.isOpen)
        #expect(throws: SystemError(number: EADDRINUSE, call: "bind \(path)")) { try UnixSocket.listen(path: path) }
    }

    @Test func anEmptyPathIsRefused() {
        #expect(throws: SystemError(number: EINVAL, call: "connect ")) { try UnixSocket.connect(path: "") }
    }

    @Test func thePeerIsKnown() throws {
        let listener = try UnixSocket.listen(path: directory.file("s.sock"))
        let client = try UnixSocket.connect(path: directory.file("s.sock"))
        let server = try UnixSocket.accept(listener)
        let peer = try UnixSocket.credentials(of: server.raw)
        #expect(peer.pid == getpid() && peer.uid == geteuid() && peer.gid == getegid())
        #expect(Set(peer.groups) == Set(PeerCredentials.current.groups))
        #expect(peer.isMember(of: getegid()))
        #expect(!peer.isMember(of: 4_000_000_000))
        #expect(client.isOpen)
    }
}
