import Glibc
import Linux
import TestSupport
import Testing

@testable import Control

/// `up` with a shell script as the service; the test itself reports readiness at the service's notify socket.
@Suite(.serialized) struct SuiteTests {
    private final class Stage: Sendable {
        let folder = TemporaryDirectory()
        let signals: Pipe
        let readyCount = Watched(0)

        init() throws {
            signals = try Pipe()
            try state.create()
        }

        var state: StateDirectory { StateDirectory(folder.path) }
        var log: String { text(of: state.logFile) ?? "" }

        /// Runs a suite of one service to its end.
        func run(_ script: String, passesHangup: Bool = false, onReady: Bool = true) throws {
            let log = try MergedLog(path: state.logFile, echo: nil, names: ["runner"], time: SystemTime())
            let installed = InstalledService(service: .runner, executable: "/bin/sh")
            let service = try SupervisedService(
                installed, state: state, environment: ["PATH": "/usr/bin:/bin"], log: log
            ) {
                _ in ["/bin/sh", "-c", script]
            }
            let suite = Suite(
                services: [service], log: log, signals: signals.reader, passesHangup: passesHangup, time: SystemTime()
            ) { _ in }
            try suite.run { _ in
                readyCount.update { $0 += 1 }
                return onReady
            }
        }

        func signal(_ number: Int32) throws { try signals.writer.writeAll([UInt8(number)]) }

        /// The process id that the script wrote the `count`-th time, once it is there.
        func started(_ count: Int = 1) async throws -> pid_t {
            try await eventually("start \(count)") { pids.count >= count }
            return pids[count - 1]
        }

        var startCount: Int { pids.count }

        private var pids: [pid_t] {
            log.split(separator: "\n").compactMap { line in
                line.range(of: "started ").flatMap { pid_t(line[$0.upperBound...]) }
            }
        }

        func notify(_ words: String) throws {
            let sender = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            defer { close(sender) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) {
                $0.copyBytes(from: Array("\(state.run)/runner.notify".utf8))
            }
            let bytes = Array(words.utf8)
            let sent = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(sender, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard sent == bytes.count else { throw TestFailure("not sent: \(errno)") }
        }
    }

    private static let patient =
        "trap 'echo draining; exit 0' TERM; trap 'echo reloading' HUP; echo started $$; "
        + "while :; do sleep 0.02; done"

    private func failure(_ stage: Stage, _ script: String) async -> Failure? {
        do {
            try await onThread { try stage.run(script) }
            return nil
        } catch {
            return error as? Failure
        }
    }

    @Test func aReadySuiteIsAnnouncedOnceAndDrainsWhenToldTo() async throws {
        let stage = try Stage()
        async let ended: Void = onThread { try stage.run(Self.patient) }
        let pid = try await stage.started()
        #expect(stage.readyCount.value == 0, "not before it says so")
        try stage.notify("STATUS=soon")
        try stage.notify("READY=1\nSTATUS=idle")
        try stage.notify("READY=1")
        _ = try await stage.readyCount.wait(for: "readiness") { $0 == 1 }
        #expect(access(stage.state.socket(of: "runner"), F_OK) == 0)
        try stage.signal(SIGTERM)
        try await ended
        #expect(stage.readyCount.value == 1)
        #expect(stage.log.contains("draining"))
        #expect(!ProcessLook.isAlive(pid))
        #expect(access(stage.state.socket(of: "runner"), F_OK) != 0, "no socket is left behind")
    }

    @Test func aServiceThatDiesIsStartedAgainAtTheSameSocket() async throws {
        let stage = try Stage()
        async let ended: Void = onThread { try stage.run(Self.patient) }
        let first = try await stage.started()
        try stage.notify("READY=1")
        _ = try await stage.readyCount.wait(for: "readiness") { $0 == 1 }
        let before = try inode(stage.state.socket(of: "runner"))
        kill(first, SIGKILL)
        let second = try await stage.started(2)
        #expect(second != first)
        #expect(try inode(stage.state.socket(of: "runner")) == before)
        #expect(stage.log.contains("runner died with signal 9 (SIGKILL), starting it again in 100 ms (1)"))
        try stage.signal(SIGINT)
        try await ended
        #expect(stage.readyCount.value == 1, "it is announced once")
    }

    @Test func aServiceThatEndsBeforeItIsReadyEndsTheStartWithItsLastWords() async throws {
        let failure = try #require(await failure(try Stage(), "echo runner.conf:3: Workers is no number >&2; exit 78"))
        #expect(failure.exit == .configuration)
        #expect(failure.message == "runner ended with exit code 78 before it was ready")
        #expect(failure.lines == ["runner | runner.conf:3: Workers is no number"])

    }

    @Test func aServiceThatIsKilledAgainAndAgainIsGivenUp() async throws {
        let stage = try Stage()
        let failure = try #require(await failure(stage, "echo started $$; kill -9 $$"))
        #expect(failure.exit == .software)
        #expect(failure.message == "runner died 5 times within 60 s, last with signal 9 (SIGKILL)")
        #expect(failure.lines.count == 1 && failure.lines[0].hasPrefix("runner | started "))
        #expect(stage.startCount == 5)
    }

    @Test func aProgramThatCannotBeExecutedIsSaid() async throws {
        let stage = try Stage()
        let log = try MergedLog(path: stage.state.logFile, echo: nil, names: ["runner"], time: SystemTime())
        let service = try SupervisedService(
            InstalledService(service: .runner, executable: "/nowhere/runner"), state: stage.state, environment: [:],
            log: log
        ) { [$0.installed.executable] }
        let suite = Suite(
            services: [service], log: log, signals: stage.signals.reader, passesHangup: false, time: SystemTime()
        ) { _ in }
        let failure = #expect(throws: Failure.self) { try suite.run { _ in true } }
        #expect(failure?.exit == .osError)
        #expect(failure?.message.contains("/nowhere/runner") == true)
    }

    @Test func aHangupReloadsInTheBackgroundAndEndsInTheForeground() async throws {
        let background = try Stage()
        async let ended: Void = onThread { try background.run(Self.patient, passesHangup: true) }
        _ = try await background.started()
        try background.notify("READY=1")
        _ = try await background.readyCount.wait(for: "readiness") { $0 == 1 }
        try background.signal(SIGHUP)
        try await eventually("a reload") { background.log.contains("reloading") }
        try background.signal(SIGTERM)
        try await ended

        let foreground = try Stage()
        async let over: Void = onThread { try foreground.run(Self.patient) }
        _ = try await foreground.started()
        try foreground.signal(SIGHUP)
        try await over
    }

    @Test func toldTwiceItKillsWhatDoesNotEnd() async throws {
        let stage = try Stage()
        async let ended: Void = onThread {
            try stage.run("trap 'echo staying' TERM; echo started $$; while :; do sleep 0.02; done")
        }
        let pid = try await stage.started()
        try stage.signal(SIGTERM)
        try await eventually("the first signal is taken") { stage.log.contains("staying") }
        try stage.signal(SIGTERM)
        try await ended
        #expect(!ProcessLook.isAlive(pid))
        #expect(stage.log.contains("runner ended with signal 9"))
    }

    @Test func whenNobodyWaitsForReadinessTheSuiteEnds() async throws {
        let stage = try Stage()
        async let ended: Void = onThread { try stage.run(Self.patient, onReady: false) }
        _ = try await stage.started()
        try stage.notify("READY=1")
        try await ended
        #expect(stage.log.contains("draining"))
    }

    private func inode(_ path: String) throws -> UInt64 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw TestFailure("no \(path)") }
        return UInt64(status.st_ino)
    }
}

extension StringProtocol {
    fileprivate func range(of text: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
    }
}
