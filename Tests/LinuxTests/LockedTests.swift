import Linux
import Testing

@Suite struct LockedTests {
    @Test func noIncrementIsLostAmongManyThreads() throws {
        let counter = Locked(0)
        let threads = try (0..<8).map { number in
            try WorkerThread("count-\(number)") {
                for _ in 0..<20_000 { counter.withLock { $0 += 1 } }
            }
        }
        for thread in threads { thread.join() }
        #expect(counter.withLock { $0 } == 160_000)
    }

    @Test func copiesGuardTheSameValue() {
        let one = Locked(["a"])
        let other = one
        one.withLock { $0.append("b") }
        #expect(other.withLock { $0 } == ["a", "b"])
    }

    @Test func anErrorPassesThroughWithItsTypeAndUnlocks() {
        let value = Locked(1)
        #expect(throws: SystemError(number: 5, call: "x")) {
            try value.withLock { (number: inout Int) throws(SystemError) in
                number = 2
                throw SystemError(number: 5, call: "x")
            }
        }
        #expect(value.withLock { $0 } == 2)
    }

    @Test func theValueGoesWithTheLastReference() {
        final class Witness: Sendable {}
        weak var witness: Witness?
        do {
            let box = Locked(Witness())
            witness = box.withLock { $0 }
            #expect(witness != nil)
        }
        #expect(witness == nil)
    }
}

@Suite struct MonitorTests {
    @Test func aWaiterSeesWhatAnotherThreadPutIn() throws {
        let queue = Monitor<[Int]>([])
        let sum = Locked(0)
        let reader = try WorkerThread("reader") {
            for _ in 0..<1000 {
                let next = queue.wait { $0.isEmpty ? nil : $0.removeFirst() }
                sum.withLock { $0 += next! }
            }
        }
        for number in 1...1000 { queue.withLock(notify: true) { $0.append(number) } }
        reader.join()
        #expect(sum.withLock { $0 } == 500_500)
    }

    @Test func aWaitEndsAtItsTimeout() {
        let never = Monitor(0)
        let before = SystemTime().boot()
        let got: Int? = never.wait(timeout: .milliseconds(20)) { $0 > 0 ? $0 : nil }
        #expect(got == nil)
        #expect(SystemTime().boot() - before >= .milliseconds(19))
    }
}
