import Resilience
import TestSupport
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

    @Test func whoWaitsTooLongIsReleased() {
        let bulkhead = Held(
            KeyedBulkhead<String, Int>(limit: 1, waitingLimit: 2, waitingStaleAfter: .seconds(60)))
        _ = bulkhead { $0.enter(1, "k", .zero) }
        _ = bulkhead { $0.enter(2, "k", .seconds(1)) }
        _ = bulkhead { $0.enter(3, "k", .seconds(2)) }
        let released = bulkhead { $0.releaseStale(.seconds(61)) }
        #expect(released.expired == [2] && released.lost == [] && released.entered == [])
        #expect(bulkhead { $0.leave(1, "k", .seconds(61)) } == [3])
    }

    @Test func aHigherLimitLetsInWhoWaits() {
        let bulkhead = Held(KeyedBulkhead<String, Int>(limit: 1, waitingLimit: 5))
        for caller in 1...4 { _ = bulkhead { $0.enter(caller, "k", .zero) } }
        bulkhead { $0.limit = 3 }
        #expect(bulkhead { $0.admit(.zero) } == [2, 3])
    }

    @Test func theHintIsLearntFromHowLongPlacesAreHeld() {
        let bulkhead = Held(KeyedBulkhead<String, Int>(limit: 2, waitingLimit: 1))
        var now = Duration.zero
        for caller in 0..<200 {
            _ = bulkhead { $0.enter(caller, "k", now) }
            now += .seconds(5)
            if caller >= 2 { _ = bulkhead { $0.leave(caller - 2, "k", now) } }
        }
        let hint = bulkhead { $0.retryAfter }
        #expect(hint > .seconds(3) && hint < .seconds(7), "two places held for some ten seconds: \(hint)")
    }

    /// Two lists for each key are all that a bulkhead is; the real one must say the same after anything.
    @Test(arguments: 0..<8) func itAgreesWithTwoListsForEachKey(seed: Int) {
        struct Listed { var inside: [(Int, Duration)] = [], waiting: [(Int, Duration)] = [] }
        var random = SeededGenerator(seed: UInt64(seed))
        let limit = Int.random(in: 1...3, using: &random)
        let waitingLimit = Int.random(in: 0...4, using: &random)
        let stale = Duration.seconds(50)
        let bulkhead = Held(
            KeyedBulkhead<Int, Int>(
                limit: limit, waitingLimit: waitingLimit, staleAfter: stale, waitingStaleAfter: stale))
        var model: [Int: Listed] = [:]
        var now = Duration.zero
        func fill(_ key: Int) -> [Int] {
            var entered: [Int] = []
            while model[key]!.inside.count < limit, !model[key]!.waiting.isEmpty {
                let next = model[key]!.waiting.removeFirst().0
                model[key]!.inside.append((next, now))
                entered.append(next)
            }
            return entered
        }
        for _ in 0..<3000 {
            now += .milliseconds(Int.random(in: 0...4000, using: &random))
            let (key, caller) = (Int.random(in: 0..<3, using: &random), Int.random(in: 0..<9, using: &random))
            var listed = model[key] ?? Listed()
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                var lost: Set<[Int]> = []
                for key in model.keys {
                    model[key]!.waiting.removeAll { now - $0.1 >= stale }
                    for holder in model[key]!.inside where now - holder.1 >= stale { lost.insert([key, holder.0]) }
                    model[key]!.inside.removeAll { now - $0.1 >= stale }
                    _ = fill(key)
                }
                #expect(bulkhead { $0.releaseStale(now) }.lost.count == lost.count)
            case 1..<11:
                let expected: KeyedBulkhead<Int, Int>.Entry
                if listed.inside.contains(where: { $0.0 == caller }) {
                    expected = .entered
                } else if let ahead = listed.waiting.firstIndex(where: { $0.0 == caller }) {
                    expected = .waits(ahead: ahead)
                } else if listed.inside.count < limit, listed.waiting.isEmpty {
                    listed.inside.append((caller, now))
                    expected = .entered
                } else if listed.waiting.count < waitingLimit {
                    expected = .waits(ahead: listed.waiting.count)
                    listed.waiting.append((caller, now))
                } else {
                    expected = .refused
                }
                model[key] = listed
                #expect(bulkhead { $0.enter(caller, key, now) } == expected)
            default:
                listed.inside.removeAll { $0.0 == caller }
                listed.waiting.removeAll { $0.0 == caller }
                model[key] = listed
                let entered = fill(key)
                #expect(bulkhead { $0.leave(caller, key, now) } == entered)
            }
            for (key, listed) in model {
                #expect(bulkhead { $0.inside(key) } == listed.inside.count)
                #expect(bulkhead { $0.waiting(key) } == listed.waiting.count)
            }
            #expect(bulkhead.keys == model.values.count { !$0.inside.isEmpty })
        }
    }
}
