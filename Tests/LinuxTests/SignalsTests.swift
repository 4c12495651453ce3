import Glibc
import Linux
import TestSupport
import Testing

@Suite(.serialized) struct SignalsTests {
    @Test func aSignalIsHandedOverWhateverThreadItMeets() async throws {
        let got = Watched<[Int32]>([])
        let thread = try SignalThread([SIGUSR1, SIGUSR2]) { number in got.update { $0.append(number) } }
        kill(getpid(), SIGUSR1)
        try await got.wait(for: "SIGUSR1") { $0 == [SIGUSR1] }
        kill(getpid(), SIGUSR2)
        try await got.wait(for: "SIGUSR2") { $0 == [SIGUSR1, SIGUSR2] }
        thread.stop()
    }

    @Test func stoppingGivesTheDefaultActionBackAndEndsTheThread() async throws {
        let thread = try SignalThread([SIGURG]) { _ in }
        #expect(try isCaught(SIGURG))
        thread.stop()
        thread.stop()
        #expect(try !isCaught(SIGURG))
        try await eventually("the thread ends") { try !hasSignalThread() }
    }

    @Test func theStreamEndsItsThreadWithItsConsumer() async throws {
        let got = Watched<[Int32]>([])
        let stream = try Signals.stream(of: [SIGUSR1])
        let consumer = Task {
            for await number in stream { got.update { $0.append(number) } }
        }
        kill(getpid(), SIGUSR1)
        try await got.wait(for: "SIGUSR1") { $0 == [SIGUSR1] }
        consumer.cancel()
        try await within { await consumer.value }
        #expect(try !isCaught(SIGUSR1))
        try await eventually("the thread ends") { try !hasSignalThread() }
    }

    @Test func signalsHeldBackBeforeAreHandedOver() async {
        await #expect(processExitsWith: .exitCode(7)) {
            // Blocked in this thread and all that the exit test starts from it; pending until somebody takes it.
            Signals.block([SIGTERM])
            pthread_kill(pthread_self(), SIGTERM)
            let thread = try SignalThread([SIGTERM]) { _ in exit(7) }
            kill(getpid(), SIGTERM)
            withExtendedLifetime(thread) { while true { pause() } }
        }
    }

    @Test func manySignalsWhileThreadsComeAndGoHarmNothing() async throws {
        // SIGWINCH is ignored by default, so one that is still pending when nobody catches it does no harm.
        for _ in 0..<50 {
            let got = Watched(0)
            let thread = try SignalThread([SIGWINCH]) { _ in got.update { $0 += 1 } }
            for _ in 0..<20 { kill(getpid(), SIGWINCH) }
            try await got.wait(for: "a signal") { $0 > 0 }
            thread.stop()
        }
    }

    @Test func signalsHaveTheirNames() {
        #expect(Signals.name(of: SIGTERM) == "SIGTERM")
        #expect(Signals.name(of: 999) == "SIG999")
    }

    private func isCaught(_ number: Int32) throws -> Bool {
        let status = try Files.readText("/proc/self/status")
        let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }!
        return UInt64(caught.split(separator: "\t")[1], radix: 16)! & (1 << UInt64(number - 1)) != 0
    }

    private func hasSignalThread() throws -> Bool {
        try Files.list("/proc/self/task").contains {
            (try? Files.readText("/proc/self/task/\($0)/comm")) == "signals\n"
        }
    }
}
