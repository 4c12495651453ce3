import Glibc
import KindFiles
import Linux
import TestSupport
import Testing

@testable import RunnerService

/// Whatever happens in whatever order, the bounds hold and a pool that can serve does.
@Suite struct WorkerPoolModelTests {
    @Test(arguments: 0..<30)
    func theBoundsHoldWhateverHappens(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var bench = PoolBench {
            $0.processes = Int.random(in: 1...5, using: &generator)
            $0.warm = Int.random(in: 0...$0.processes, using: &generator)
            $0.idle = .seconds(Int.random(in: 1...600, using: &generator))
            $0.age = .seconds(Int.random(in: 10...1800, using: &generator))
        }
        for _ in 0..<600 {
            let before = bench.pool
            let retired = bench.retired.count
            step(&bench, &generator)
            if let fault = fault(bench, after: before, retiring: bench.retired.count > retired) {
                Issue.record("\(fault): \(bench.pool.members)")
                return
            }
        }
        recover(&bench)
        bench.handle(.stop)
        let left = bench.pool.members.map(\.ticket)
        #expect(left.allSatisfy { ticket in bench.signals.contains { $0.ticket == ticket && $0.number == SIGTERM } })
        bench.advance(by: .seconds(5))
        #expect(left.allSatisfy { ticket in bench.signals.contains { $0.ticket == ticket && $0.number == SIGKILL } })
        for ticket in left { bench.handle(.ended(ticket, .signalled(SIGKILL))) }
        bench.handle(.demand(9))
        #expect(bench.pool.members.isEmpty && bench.pool.nextDue(after: bench.now) == nil)
    }

    private func fault(_ bench: PoolBench, after before: WorkerPool, retiring: Bool) -> String? {
        let pool = bench.pool
        let ready = pool.members.count { $0.phase == .ready }
        let starting = pool.members.filter { $0.phase == .starting }
        let replacing = starting.count { $0.replaces != nil }
        if ready + starting.count - replacing > pool.limit { return "too many" }
        if replacing > 1 { return "two are replaced at once" }
        let enough = min(pool.definition.warm, pool.limit, before.members.count { $0.phase == .ready })
        if retiring, ready < enough { return "a gap" }
        let waited = starting + pool.members.filter { $0.phase == .ending && $0.lastStep != .nothing }
        if waited.contains(where: { $0.deadline == nil }) { return "one is waited for without end" }
        if let due = pool.nextDue(after: bench.now), due <= bench.now { return "a moment of the past" }
        return nil
    }

    private func step(_ bench: inout PoolBench, _ generator: inout SeededGenerator) {
        let member = bench.pool.members.randomElement(using: &generator)
        switch (Int.random(in: 0..<16, using: &generator), member) {
        case (0...3, let member?) where member.phase == .starting: bench.register(member.ticket, capacity: 4)
        case (4...6, let member?) where member.phase == .ready:
            bench.load(member.ticket, Int.random(in: 0...4, using: &generator))
        case (4...6, let member?) where member.phase == .retiring:
            bench.load(member.ticket, 0)
            bench.hangUp(member.ticket)
        case (7, let member?): bench.hangUp(member.ticket)
        case (8, let member?):
            bench.handle(.ended(member.ticket, Bool.random(using: &generator) ? .exited(1) : .signalled(9)))
        case (9, let member?) where member.pid == nil: bench.handle(.notStarted(member.ticket, "test"))
        case (10, _): bench.handle(.demand(Int.random(in: 0...9, using: &generator)))
        case (11, _): bench.handle(.resized(Int.random(in: 1...6, using: &generator)))
        case (12, _):
            var changed = bench.pool.definition
            changed.process.nice = Int.random(in: 0...2, using: &generator)
            bench.handle(.declared(changed))
        case (13, _): bench.answerPings()
        case (14, _): bench.advanceToNextDue()
        default: bench.advance(by: .seconds(Int.random(in: 0...20, using: &generator)))
        }
    }

    /// When everything goes well again, the warm processes are there within a minute.
    private func recover(_ bench: inout PoolBench) {
        for _ in 0..<120 {
            for member in bench.pool.members {
                switch member.phase {
                case .starting: bench.register(member.ticket, capacity: 4)
                case .ready: bench.load(member.ticket, 0)
                case .retiring: bench.hangUp(member.ticket)
                case .ending: bench.handle(.ended(member.ticket, .exited(0)))
                }
            }
            bench.answerPings()
            bench.advance(by: .milliseconds(500))
        }
        let ready = bench.pool.members.count { $0.phase == .ready }
        #expect(ready >= min(bench.pool.definition.warm, bench.pool.limit))
    }
}
