import Resilience
import Testing

struct KeyedBulkheadTests {
    @Test func twoAreInTenWaitAndTheNextIsRefused() {
        let bulkhead = Held(KeyedBulkhead<String, Int>(limit: 2, waitingLimit: 10))
        let entries = (0..<13).map { caller in bulkhead { $0.enter(caller, "clinic", .zero) } }
        #expect(entries == [.entered, .entered] + (0..<10).map { .waits(ahead: $0) } + [.refused])
        #expect(bulkhead { $0.enter(99, "another", .zero) } == .entered, "another key is not slowed")
        #expect(bulkhead { $0.leave(0, "clinic", .zero) } == [2])
        #expect(bulkhead { $0.enter(12, "clinic", .zero) } == .waits(ahead: 9))
    }

    @Test func askingAgainChangesNothing() {
        let bulkhead = Held(KeyedBulkhead<String, Int>(limit: 1, waitingLimit: 1))
        #expect(bulkhead { $0.enter(1, "k", .zero) } == .entered)
        #expect(bulkhead { $0.enter(1, "k", .zero) } == .entered)
        #expect(bulkhead { $0.enter(2, "k", .zero) } == .waits(ahead: 0))
        #expect(bulkhead { $0.enter(2, "k", .zero) } == .waits(ahead: 0))
        #expect(bulkhead { $0.waiting("k") } == 1)
    }

    @Test func whoWaitsMayLeave() {
        let bulkhead = Held(KeyedBulkhead<String, Int>(limit: 1, waitingLimit: 2))
        for caller in 1...3 { _ = bulkhead { $0.enter(caller, "k", .zero) } }
        #expect(bulkhead { $0.leave(2, "k", .zero) } == [])
        #expect(bulkhead { $0.leave(1, "k", .zero) } == [3])
    }

    @Test func aPlaceHeldTooLongIsTakenBack() {
        let bulkhead = Held(KeyedBulkhead<String, Int>(limit: 1, waitingLimit: 1, staleAfter: .seconds(600)))
        _ = bulkhead { $0.enter(1, "k", .zero) }
        _ = bulkhead { $0.enter(2, "k", .seconds(100)) }
        #expect(bulkhead { $0.releaseStale(.seconds(599)) }.lost == [])
        let released = bulkhead { $0.releaseStale(.seconds(600)) }
        #expect(released.lost == [1] && released.entered == [2])
        #expect(bulkhead { $0.leave(1, "k", .seconds(601)) } == [])
        #expect(bulkhead { $0.inside("k") } == 1)
    }

    @Test func keysWithoutCallersTakeNoSpace() {
        let bulkhead = Held(KeyedBulkhead<Int, Int>(limit: 1, waitingLimit: 1))
        for key in 0..<1000 {
            _ = bulkhead { $0.enter(1, key, .zero) }
            _ = bulkhead { $0.leave(1, key, .zero) }
        }
        #expect(bulkhead.keys == 0)
    }
}
