import Glibc
import Linux
import TestSupport
import Testing

@testable import Systemd

@Suite struct JournalTests {
    @Test func standardErrorIsTheJournalOnlyWhenDeviceAndInodeAgree() async {
        await #expect(processExitsWith: .success) { () async throws -> Void in
            let (stream, other) = try UnixSocket.pair()
            var status = stat()
            try retrying("fstat") { fstat(stream.raw, &status) }
            Environment.set("JOURNAL_STREAM", nil)
            #expect(!Journal.isConnected(stream.raw))
            Environment.set("JOURNAL_STREAM", "\(status.st_dev):\(status.st_ino)")
            #expect(Journal.isConnected(stream.raw))
            #expect(!Journal.isConnected(other.raw))
            #expect(!Journal.isConnected(-1))
            for wrong in [
                "", ":", "\(status.st_dev)", "\(status.st_dev):", "\(status.st_dev):\(status.st_ino):", "a:b",
            ] {
                Environment.set("JOURNAL_STREAM", wrong)
                #expect(!Journal.isConnected(stream.raw))
            }
        }
    }

    @Test func whereNoJournalRunsNothingFails() {
        #expect(Journal.send([]))
        #expect(Journal.send([("MESSAGE", "a test")], to: TemporaryDirectory().file("nobody")))
    }

    @Test func aJournalThatNoLongerReadsIsAFailure() throws {
        let journal = try DatagramReceiver()
        journal.socket.close()
        #expect(!Journal.send([("MESSAGE", "a test")], to: journal.path))
    }

    @Test func aFieldIsALineAndOneWithLineEndsStandsBehindItsLength() throws {
        let journal = try DatagramReceiver()
        #expect(
            Journal.send(
                [("MESSAGE", "two\nlines"), ("PRIORITY", "7"), ("EMPTY", ""), ("EQUALS", "a=b")], to: journal.path))
        let received = try journal.receive()
        let length: [UInt8] = [9, 0, 0, 0, 0, 0, 0, 0]
        #expect(
            received.bytes == Array("MESSAGE\n".utf8) + length
                + Array("two\nlines\nPRIORITY=7\nEMPTY=\nEQUALS=a=b\n".utf8))
        #expect(received.descriptor == nil)
    }

    @Test func anEntryTooLongForAMessageGoesAsAFileThatNobodyCanChange() throws {
        let journal = try DatagramReceiver()
        let fields = [(field: "MESSAGE", value: String(repeating: "x", count: 1 << 20))]
        #expect(Journal.send(fields, to: journal.path))
        let received = try journal.receive()
        #expect(received.bytes.isEmpty)
        let file = try #require(received.descriptor)
        #expect(try Files.read("/proc/self/fd/\(file.raw)") == Journal.encode(fields))
        #expect(ftruncate(file.raw, 0) == -1 && errno == EPERM)
        #expect(write(file.raw, "y", 1) == -1 && errno == EPERM)
    }
}

@Suite struct CredentialsTests {
    @Test func aCredentialIsReadFromItsDirectory() async {
        await #expect(processExitsWith: .success) { () async throws -> Void in
            let directory = TemporaryDirectory()
            directory.write([1, 0, 255], to: "notion.token")
            Environment.set("CREDENTIALS_DIRECTORY", nil)
            #expect(try Credentials.read("notion.token") == nil)
            Environment.set("CREDENTIALS_DIRECTORY", directory.path)
            #expect(try Credentials.read("notion.token") == [1, 0, 255])
            #expect(try Credentials.read("other") == nil)
        }
    }

    @Test(arguments: ["", ".", "..", "a/b", "../secret", "/etc/passwd"])
    func aNameIsNeverAPath(name: String) {
        #expect(throws: SystemError(number: EINVAL, call: "read credential \(name)")) {
            try Credentials.read(name)
        }
    }

    @Test func aCredentialBeyondTheBoundIsRefused() async {
        await #expect(processExitsWith: .success) { () async throws -> Void in
            let directory = TemporaryDirectory()
            let path = directory.write([UInt8](repeating: 0, count: 1 << 20 + 1), to: "large")
            Environment.set("CREDENTIALS_DIRECTORY", directory.path)
            #expect(throws: SystemError(number: EFBIG, call: "read \(path)")) { try Credentials.read("large") }
        }
    }

    @Test func itIsWaitedForUntilAllIsTakenIn() async throws {
        let journal = try DatagramReceiver()
        #expect(Journal.send([("MESSAGE", "last words")], to: journal.path))
        #expect(!Journal.settle(with: journal.path, within: .milliseconds(20)), "nobody has read")
        let settled = Task.detached { Journal.settle(with: journal.path, within: .seconds(30)) }
        #expect(try journal.receive().bytes == Array("MESSAGE=last words\n".utf8))
        #expect(try journal.receive().bytes == [], "of the wait that was in vain")
        try await eventually("the other wait has sent its message, too") { (try? journal.receive())?.bytes == [] }
        #expect(await settled.value)
    }

    @Test func nobodyIsWaitedForWhereThereIsNoJournal() {
        #expect(!Journal.settle(with: TemporaryDirectory().file("nobody"), within: .seconds(3600)))
    }
}
