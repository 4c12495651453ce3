import Glibc
import Linux
import Systemd
import TestSupport
import Testing

/// Each in a process of its own, because the variables belong to the whole process.
@Suite struct NotifyTests {
    @Test func readyBearsItsStatus() async {
        await #expect(processExitsWith: .success) { () async throws -> Void in
            let manager = try ServiceManager()
            #expect(try manager.receives { Notify.ready(status: "2 workers") } == "READY=1\nSTATUS=2 workers")
            #expect(try manager.receives { Notify.ready() } == "READY=1")
        }
    }

    @Test func stoppingStatusAndWatchdogAreSent() async {
        await #expect(processExitsWith: .success) { () async throws -> Void in
            let manager = try ServiceManager()
            #expect(try manager.receives { Notify.stopping(status: "draining") } == "STOPPING=1\nSTATUS=draining")
            #expect(try manager.receives { Notify.status("3 jobs") } == "STATUS=3 jobs")
            #expect(try manager.receives { Notify.watchdog() } == "WATCHDOG=1")
            #expect(
                try manager.receives { Notify.extendTimeout(by: .seconds(30)) } == "EXTEND_TIMEOUT_USEC=30000000")
        }
    }

    @Test func reloadingBearsTheMonotonicClock() async {
        await #expect(processExitsWith: .success) { () async throws -> Void in
            let manager = try ServiceManager()
            let before = SystemTime().monotonic().microseconds
            let lines = try manager.receives { Notify.reloading() }.split(separator: "\n")
            #expect(lines.count == 2 && lines[0] == "RELOADING=1")
            let stamp = try #require(lines.last?.split(separator: "=").last.flatMap { Int64($0) })
            #expect(lines[1].hasPrefix("MONOTONIC_USEC="))
            #expect(stamp >= before && stamp <= SystemTime().monotonic().microseconds)
        }
    }

    @Test func aLineEndInAStatusCannotForgeAField() async {
        await #expect(processExitsWith: .success) { () async throws -> Void in
            let text = try ServiceManager().receives { Notify.status("a\nREADY=1\r\nMAINPID=1") }
            #expect(text == "STATUS=a READY=1 MAINPID=1")
        }
    }

    @Test func theManagersSocketMayHaveANameThatIsNoFile() async {
        await #expect(processExitsWith: .success) { () async throws -> Void in
            #expect(try ServiceManager(abstract: true).receives { Notify.ready() } == "READY=1")
        }
    }

    @Test func aManagerThatIsGoneGetsNothing() async {
        await #expect(processExitsWith: .success) { () async throws -> Void in
            let manager = try ServiceManager()
            manager.receiver.socket.close()
            #expect(!Notify.ready())
            Environment.set("NOTIFY_SOCKET", "/" + String(repeating: "x", count: 200))
            #expect(!Notify.ready())
        }
    }

    @Test func withoutAManagerNothingIsSent() async {
        await #expect(processExitsWith: .success) { () async throws -> Void in
            Environment.set("NOTIFY_SOCKET", nil)
            #expect(!Notify.ready())
        }
    }

    @Test func theWatchdogIsOurs() async {
        await #expect(processExitsWith: .success) { () async throws -> Void in
            Environment.set("WATCHDOG_PID", nil)
            Environment.set("WATCHDOG_USEC", nil)
            #expect(Watchdog.interval() == nil)
            Environment.set("WATCHDOG_USEC", "30000000")
            #expect(Watchdog.interval() == .seconds(30))
            Environment.set("WATCHDOG_PID", String(getpid()))
            #expect(Watchdog.interval() == .seconds(30))
            Environment.set("WATCHDOG_PID", "1")
            #expect(Watchdog.interval() == nil)
            Environment.set("WATCHDOG_PID", nil)
            Environment.set("WATCHDOG_USEC", "0")
            #expect(Watchdog.interval() == nil)
        }
    }
}

/// The receiving end of $NOTIFY_SOCKET.
private struct ServiceManager {
    let receiver: DatagramReceiver

    /// - Parameter abstract: whether its name is no file.
    init(abstract: Bool = false) throws {
        receiver = try DatagramReceiver(abstract: abstract)
        Environment.set("NOTIFY_SOCKET", receiver.path)
    }

    /// The one datagram that `send` caused.
    func receives(_ send: () -> Bool) throws -> String {
        guard send() else { throw TestFailure("nothing was sent") }
        return String(decoding: try receiver.receive().bytes, as: UTF8.self)
    }
}
