import Glibc
import Linux
import Systemd
import TestSupport
import Testing

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

    @Test func anEntryOfAnySizeCanBeHandedOver() {
        // Whether a journal runs here or not, this must neither fail nor crash.
        #expect(Journal.send([]))
        #expect(Journal.send([("MESSAGE", "a test of Millrace\nwith two lines"), ("PRIORITY", "7"), ("EMPTY", "")]))
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
}
