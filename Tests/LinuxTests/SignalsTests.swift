import Glibc
import Linux
import TestSupport
import Testing

@Suite(.serialized) struct SignalsTests {
    @Test func aSignalIsHandedOverOnItsThread() async throws {
        let got = Watched<[Int32]>([])
        let thread = try SignalThread([SIGUSR1, SIGUSR2]) { number in got.update { $0.append(number) } }
        // The test's own process has threads that do not block these, so they are sent to the one that does.
        try await raise(SIGUSR1)
        try await got.wait(for: "SIGUSR1") { $0 == [SIGUSR1] }
        try await raise(SIGUSR2)
        try await got.wait(for: "SIGUSR2") { $0 == [SIGUSR1, SIGUSR2] }
        thread.stop()
        try await eventually("the thread ends") { try signalThread() == nil }
    }

    @Test func theStreamEndsItsThreadWithItsConsumer() async throws {
        let consumer = Task {
            for await number in try Signals.stream(of: [SIGUSR1]) { return number }
            return -1
        }
        try await raise(SIGUSR1)
        #expect(try await within { try await consumer.value } == SIGUSR1)
        try await eventually("the thread ends") { try signalThread() == nil }
    }

    @Test func signalsHaveTheirNames() {
        #expect(Signals.name(of: SIGTERM) == "SIGTERM")
        #expect(Signals.name(of: 999) == "SIG999")
    }

    private func raise(_ number: Int32) async throws {
        try await eventually("the signal thread blocks its signals") {
            guard let thread = try signalThread() else { return false }
            let status = try Files.readText("/proc/self/task/\(thread)/status")
            let blocked = status.split(separator: "\n").first { $0.hasPrefix("SigBlk:") }!
            let mask = UInt64(blocked.split(separator: "\t")[1], radix: 16)!
            return mask & (1 << UInt64(number - 1)) != 0
        }
        // Glibc has it, its Swift overlay does not.
        let tgkill = unsafeBitCast(dlsym(nil, "tgkill"), to: (@convention(c) (Int32, Int32, Int32) -> Int32).self)
        #expect(tgkill(getpid(), try signalThread()!, number) == 0)
    }

    private func signalThread() throws -> Int32? {
        for thread in try Files.list("/proc/self/task") {
            if (try? Files.readText("/proc/self/task/\(thread)/comm")) == "signals\n" { return Int32(thread) }
        }
        return nil
    }
}
