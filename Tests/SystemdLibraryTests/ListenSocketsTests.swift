import Glibc
import Linux
import Systemd
import TestSupport
import Testing

/// Each in a process of its own: descriptors from 3 on and the variables belong to the whole process.
@Suite struct ListenSocketsTests {
    @Test func socketsComeInOrderWithTheirNames() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryDirectory()
            var sockets: [Descriptor] = []
            for name in ["runner", "admin"] { sockets.append(try UnixSocket.listen(path: folder.file(name))) }
            // Above both targets first, so that neither overwrites the other; and no longer owned, so that nobody
            // closes a target.
            let copies = sockets.map { fcntl($0.release(), F_DUPFD, 10) }
            for (index, copy) in copies.enumerated() { dup2(copy, 3 + Int32(index)) }
            Environment.set("LISTEN_PID", String(getpid()))
            Environment.set("LISTEN_FDS", "2")
            Environment.set("LISTEN_FDNAMES", "runner:admin")

            let taken = try ListenSockets.take()
            removeTree(folder.path)

            guard taken.map(\.name) == ["runner", "admin"], taken.map(\.descriptor.raw) == [3, 4],
                taken.allSatisfy({ ListenSockets.isListening($0.descriptor) }),
                taken.allSatisfy({ fcntl($0.descriptor.raw, F_GETFD) & FD_CLOEXEC != 0 }),
                Environment["LISTEN_FDS"] == nil, Environment["LISTEN_PID"] == nil,
                Environment["LISTEN_FDNAMES"] == nil, try ListenSockets.take().isEmpty
            else { exit(1) }
            exit(0)
        }
    }

    @Test func whatIsMeantForAnotherProcessIsNotTaken() async {
        await #expect(processExitsWith: .success) {
            Environment.set("LISTEN_PID", "1")
            Environment.set("LISTEN_FDS", "1")
            exit(try ListenSockets.take().isEmpty ? 0 : 1)
        }
    }

    @Test func withoutVariablesThereIsNone() async {
        await #expect(processExitsWith: .success) {
            Environment.set("LISTEN_FDS", nil)
            exit(try ListenSockets.take().isEmpty ? 0 : 1)
        }
    }

    @Test(arguments: ["abc", "-1"])
    func variablesThatMakeNoSenseAreAnError(count: String) async {
        await #expect(processExitsWith: .exitCode(22)) { [count] in
            Environment.set("LISTEN_PID", String(getpid()))
            Environment.set("LISTEN_FDS", count)
            do {
                _ = try ListenSockets.take()
            } catch {
                exit((error as? SystemError)?.number ?? 1)
            }
        }
    }

    @Test func namesThatDoNotCountUpAreAnError() async {
        await #expect(processExitsWith: .exitCode(22)) {
            dup2(1, 3)
            Environment.set("LISTEN_PID", String(getpid()))
            Environment.set("LISTEN_FDS", "1")
            Environment.set("LISTEN_FDNAMES", "one:two")
            do {
                _ = try ListenSockets.take()
            } catch {
                exit((error as? SystemError)?.number ?? 1)
            }
        }
    }

    @Test func aConnectedSocketIsNoListener() throws {
        let (one, other) = try UnixSocket.pair()
        #expect(!ListenSockets.isListening(one))
        #expect(other.isOpen)
    }
}
