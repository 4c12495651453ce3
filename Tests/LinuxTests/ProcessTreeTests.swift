import Glibc
import Linux
import TestSupport
import Testing

@Suite(.heavy) struct ProcessTreeTests {
    /// A shell with a tree, and the pids it wrote, one a line.
    private struct Planted {
        let child: ChildProcess
        let tree: ProcessTree
        let output: Descriptor

        /// - Parameter ready: the line that the child writes before its tree is made; nil does not wait for one.
        init(_ script: String, mark: String = Identifier.random(), ready: String? = nil) throws {
            let pipe = try Pipe()
            var environment = Environment.all
            environment["MILLRACE_LEASE"] = mark
            var launch = ChildLaunch(["sh", "-c", script], environment: environment)
            launch.descriptors = [(pipe.writer.raw, 1)]
            launch.newSession = true
            launch.keepsZombie = true
            child = try ChildProcess(launch)
            output = pipe.reader
            pipe.writer.close()
            if let ready, try Self.line(of: output) != ready { throw TestFailure("it did not say \(ready)") }
            tree = ProcessTree(child, mark: ("MILLRACE_LEASE", mark))
        }

        func line() throws -> String { try Self.line(of: output) }

        private static func line(of output: Descriptor) throws -> String {
            var line: [UInt8] = []
            var byte: UInt8 = 0
            while try withUnsafeMutableBytes(of: &byte, { try output.read(into: $0) }) == 1, byte != 10 {
                line.append(byte)
            }
            return String(decoding: line, as: UTF8.self)
        }

        /// Nobody holds the pipe any more: the descendants are gone, however they are called.
        func isSilent() async throws {
            let output = output
            _ = try await within { try await onThread { try output.readToEnd() } }
        }
    }

    @Test func oneThatHeedsTermIsNotKilled() async throws {
        // The shell does not end by itself when its child does, which may get the signal first.
        let planted = try Planted("sleep 1000 & echo up; while :; do wait; done")
        #expect(try planted.line() == "up")
        #expect(planted.tree.members().count == 2)
        let report = try await within {
            await planted.tree.end(grace: .seconds(30), time: SystemTime())
        }
        #expect(report == .init(asked: 2))
        #expect(try await within { try await planted.child.wait() } == .signalled(SIGTERM))
        try await planted.isSilent()
        #expect(!planted.tree.hasMembers)
    }

    @Test func oneThatIgnoresTermIsKilledAfterTheGrace() async throws {
        let planted = try Planted("trap '' TERM; echo up; while :; do sleep 1000; done")
        #expect(try planted.line() == "up")
        let time = ManualTime()
        let ending = Task { await planted.tree.end(grace: .seconds(5), time: time) }
        await time.sleepers(atLeast: 1)
        #expect(planted.child.exitStatus == nil)
        time.advance(by: .seconds(5))
        let report = try await within { await ending.value }
        #expect(report.killed >= 1 && report.left == 0)
        #expect(try await within { try await planted.child.wait() } == .signalled(SIGKILL))
        try await planted.isSilent()
    }

    @Test func oneThatIsStoppedHeedsTermToo() async throws {
        let planted = try Planted("echo up; kill -STOP $$")
        #expect(try planted.line() == "up")
        try await eventually("it is stopped") {
            ProcessTable.entry(of: planted.child.pid)?.isStopped == true
        }
        let report = try await within {
            await planted.tree.end(grace: .seconds(30), time: SystemTime())
        }
        #expect(report == .init(asked: 1))
    }

    @Test func whatLeftTheSessionIsEnded() async throws {
        let planted = try Planted("setsid sh -c 'echo $$; exec sleep 1000' & wait")
        let grandchild = try #require(Int32(try planted.line()))
        #expect(ProcessTable.entry(of: grandchild)?.session == grandchild)
        #expect(planted.tree.members().contains(grandchild))
        let report = try await within {
            await planted.tree.end(grace: .seconds(30), time: SystemTime())
        }
        #expect(report.killed == 0 && report.left == 0)
        try await planted.isSilent()
    }

    @Test func whatLostItsParentInASessionOfItsOwnIsEndedAfterTheChild() async throws {
        let planted = try Planted("(setsid sh -c 'echo $$; exec sleep 1000' &) & echo $!; wait; exit 3")
        _ = try planted.line()
        _ = try planted.line()
        #expect(try await within { try await planted.child.wait() } == .exited(3))
        #expect(planted.tree.hasMembers)
        let report = try await within {
            await planted.tree.end(grace: .seconds(30), time: SystemTime())
        }
        #expect(report == .init(asked: 1))
        try await planted.isSilent()
        #expect(!planted.tree.hasMembers)
    }

    @Test func whatClearedItsEnvironmentTooIsEndedWhenNobodyElseCanBeItsOrigin() async throws {
        let planted = try Planted(
            "(env -i setsid /bin/sh -c 'echo $$; exec sleep 1000' &) & wait; exit 0")
        let stray = try #require(Int32(try planted.line()))
        _ = try await within { try await planted.child.wait() }
        try await eventually("it counts as the tree's") { planted.tree.members().contains(stray) }
        _ = try await within { await planted.tree.end(grace: .seconds(30), time: SystemTime()) }
        try await planted.isSilent()
    }

    @Test func anothersProcessesAreLeftAlone() async throws {
        let other = try Planted("(setsid sh -c 'echo $$; exec sleep 1000' &) & wait; sleep 1000")
        let orphan = try #require(Int32(try other.line()))
        let planted = try Planted("echo up; sleep 1000")
        _ = try planted.line()
        _ = try await within { await planted.tree.end(grace: .seconds(30), time: SystemTime()) }
        #expect(other.child.exitStatus == nil)
        #expect(other.tree.members().contains(orphan))
        _ = try await within { await other.tree.end(grace: .seconds(30), time: SystemTime()) }
        try await other.isSilent()
    }

    @Test func whatLostItsParentBeforeTheTreeWasMadeIsEndedToo() async {
        // A process of its own: in this one an earlier test has taken orphans in already.
        await #expect(processExitsWith: .success) {
            let planted = try Planted(
                "(setsid sleep 1000 &) & wait; echo alone; exec sleep 1000", ready: "alone")
            precondition(planted.tree.members().count == 2)
            _ = try await within { await planted.tree.end(grace: .seconds(30), time: SystemTime()) }
            try await planted.isSilent()
        }
    }

    @Test func oneThatStartsProcessesWhileItIsEndedIsBeaten() async throws {
        let planted = try Planted(
            """
            trap '' TERM
            breed() { i=0; while [ $i -lt 400 ]; do sleep 1000 & setsid sleep 1000 & i=$((i+1)); done; wait; }
            echo up; breed & breed & wait
            """)
        #expect(try planted.line() == "up")
        let report = try await within(.seconds(60)) {
            await planted.tree.end(grace: .milliseconds(200), time: SystemTime())
        }
        #expect(report.killed > 2 && report.left == 0)
        try await planted.isSilent()
    }

    @Test func orphansThatEndedAreReaped() async throws {
        let planted = try Planted("(sh -c 'echo $$; read line' <&0 & ) ; echo done; exec sleep 1000")
        let orphan = try #require(
            [try planted.line(), try planted.line()].compactMap { Int32($0) }.first)
        try await eventually("the orphan is reaped") {
            Orphans.reap()
            return ProcessTable.entry(of: orphan) == nil
        }
        _ = try await within { await planted.tree.end(grace: .seconds(30), time: SystemTime()) }
    }
}
