import Glibc
import Linux
import TestSupport
import Testing

@Suite struct PollerTests {
    @Test func aDescriptorIsToldOfWhenItIsReady() async throws {
        let poller = try Poller("test")
        let pipe = try Pipe()
        let seen = Watched<[Poller.Events]>([])
        let watch = try poller.watch(pipe.reader.raw, .readable) { events in
            seen.update { $0.append(events) }
            var byte: UInt8 = 0
            _ = withUnsafeMutableBytes(of: &byte) { try? pipe.reader.read(into: $0) }
        }
        try pipe.writer.writeAll([1])
        try await seen.wait(for: "the byte") { $0.first == .readable }
        poller.cancel(watch)
        try pipe.writer.writeAll([2])
        let passed = Watched(false)
        poller.perform { passed.update { $0 = true } }
        try await passed.wait(for: "the work") { $0 }
        #expect(seen.value.count == 1)
    }

    @Test func anEndThatIsGoneIsToldOf() async throws {
        let poller = try Poller("test")
        let pipe = try Pipe()
        try pipe.writer.setNonBlocking(true)
        while write(pipe.writer.raw, [UInt8](repeating: 0, count: 4096), 4096) > 0 {}
        let broken = Watched(false)
        let watch = try poller.watch(pipe.writer.raw, .writable) { events in
            if events.contains(.broken) { broken.update { $0 = true } }
        }
        #expect(!broken.value)
        pipe.reader.close()
        try await broken.wait(for: "the end") { $0 }
        poller.cancel(watch)
    }

    @Test func workIsDoneInOrderOnOneThread() async throws {
        let poller = try Poller("test")
        let numbers = Watched<[Int]>([])
        for number in 0..<1000 {
            poller.perform { if poller.isCurrent { numbers.update { $0.append(number) } } }
        }
        let all = try await numbers.wait(for: "all of them") { $0.count == 1000 }
        #expect(all == Array(0..<1000))
        #expect(!poller.isCurrent)
    }

    @Test func anActorCanLiveThere() async throws {
        let poller = try Poller("test")
        let counter = Counter(poller)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { await counter.count() } }
        }
        #expect(await counter.total == 100)
        #expect(await counter.isAtHome)
    }

    @Test func aDescriptorThatIsNoneIsRefused() throws {
        let poller = try Poller("test")
        #expect(throws: SystemError(number: EBADF, call: "epoll_ctl fd 9999")) {
            _ = try poller.watch(9999, .readable) { _ in }
        }
    }

    private actor Counter {
        private let poller: Poller
        private(set) var total = 0

        init(_ poller: Poller) { self.poller = poller }

        nonisolated var unownedExecutor: UnownedSerialExecutor { poller.asUnownedSerialExecutor() }
        var isAtHome: Bool { poller.isCurrent }
        func count() { total += 1 }
    }
}
