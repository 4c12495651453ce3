import TestSupport
import Testing

@testable import Resilience

struct RoomsTests {
    private typealias Place = Rooms<String, Int>.Position

    /// What became of who asked for a place.
    private func enter(
        _ caller: Int, _ rooms: inout Rooms<String, Int>, key: String = "k", _ now: Duration = .zero
    ) -> (isIn: Bool, position: Place)? {
        switch rooms.enter(key, caller, now) {
        case .entered(let position): (true, position)
        case .waits(let position): (false, position)
        case .refused: nil
        }
    }

    @Test func twoAreInTenWaitAndTheNextIsRefused() throws {
        var rooms = Rooms<String, Int>(limit: 2, waitingLimit: 10)
        let entries = (0..<13).map { enter($0, &rooms)?.isIn }
        #expect(entries == [true, true] + Array(repeating: false, count: 10) + [nil])
        #expect(enter(99, &rooms, key: "another")?.isIn == true, "another key is not slowed")
    }

    @Test func aPlaceHeldTooLongIsTakenBackAndGivenUpNoMore() throws {
        var rooms = Rooms<String, Int>(limit: 1, waitingLimit: 1)
        let first = enter(1, &rooms)
        _ = enter(2, &rooms, .seconds(100))
        #expect(rooms.takeBack(heldSince: .seconds(-1), .seconds(599)).lost.isEmpty)
        let (lost, entered) = rooms.takeBack(heldSince: .zero, .seconds(600))
        #expect(lost.map(\.tag) == [1] && entered.map(\.place.tag) == [2])
        let next = rooms.leave(try #require(first).position, .seconds(601))
        #expect(next.isEmpty)
        #expect(rooms.inside("k") == 1)
    }

    @Test func roomsWithoutCallersTakeNoSpace() throws {
        var rooms = Rooms<Int, Int>(limit: 1, waitingLimit: 1)
        for key in 0..<1000 {
            let position = rooms.enterAtOnce(key, 1, .zero)
            _ = rooms.leave(try #require(position), .zero)
        }
        #expect(rooms.count == 0)
    }

    @Test func aHigherLimitLetsInWhoWaits() {
        var rooms = Rooms<String, Int>(limit: 1, waitingLimit: 5)
        for caller in 1...4 { _ = enter(caller, &rooms) }
        rooms.limit = 3
        #expect(rooms.fillAll(.zero).map(\.place.tag) == [2, 3])
    }

    @Test func theHintIsLearntFromHowLongPlacesAreHeld() throws {
        var rooms = Rooms<String, Int>(limit: 2, waitingLimit: 1)
        var now = Duration.zero
        var inside: [Place] = []
        for caller in 0..<200 {
            if case (true, let position)? = enter(caller, &rooms, now) { inside.append(position) }
            now += .seconds(5)
            if caller >= 2 { inside += rooms.leave(inside.removeFirst(), now).map(\.position) }
        }
        #expect(
            rooms.retryAfter > .seconds(3) && rooms.retryAfter < .seconds(7),
            "two places held for some ten seconds: \(rooms.retryAfter)")
    }

    /// Two lists for each key are all that rooms are; the real ones must say the same after anything.
    @Test(arguments: 0..<8) func theyAgreeWithTwoListsForEachKey(seed: Int) throws {
        typealias Place = Rooms<Int, Int>.Position
        struct Caller { var tag: Int, since: Duration, position: Place }
        struct Listed { var inside: [Caller] = [], waiting: [Caller] = [] }
        var random = SeededGenerator(seed: UInt64(seed))
        let limit = Int.random(in: 1...3, using: &random)
        let waitingLimit = Int.random(in: 0...4, using: &random)
        let stale = Duration.seconds(50)
        var rooms = Rooms<Int, Int>(limit: limit, waitingLimit: waitingLimit)
        var model: [Int: Listed] = [:]
        var now = Duration.zero
        /// Takes over who has entered; returns whether those are who had to.
        func fill(_ key: Int, _ entered: [Rooms<Int, Int>.Entered]) -> Bool {
            let due = min(limit - model[key]!.inside.count, model[key]!.waiting.count)
            let next = model[key]!.waiting.prefix(due)
            model[key]!.waiting.removeFirst(due)
            model[key]!.inside += zip(next, entered).map { Caller(tag: $0.tag, since: now, position: $1.position) }
            return next.map(\.tag) == entered.map(\.place.tag)
        }
        for tag in 0..<3000 {
            now += .milliseconds(Int.random(in: 0...4000, using: &random))
            let key = Int.random(in: 0..<3, using: &random)
            var listed = model[key] ?? Listed()
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                let (lost, entered) = rooms.takeBack(heldSince: now - stale, now)
                var expected: Set<Int> = []
                for key in model.keys {
                    expected.formUnion(model[key]!.inside.filter { now - $0.since >= stale }.map(\.tag))
                    model[key]!.inside.removeAll { now - $0.since >= stale }
                    #expect(fill(key, entered.filter { $0.place.key == key }))
                }
                #expect(Set(lost.map(\.tag)) == expected && lost.count == expected.count)
            case 1..<11:
                switch rooms.enter(key, tag, now) {
                case .entered(let position):
                    #expect(listed.inside.count < limit && listed.waiting.isEmpty)
                    listed.inside.append(Caller(tag: tag, since: now, position: position))
                case .waits(let position):
                    #expect(listed.inside.count == limit && listed.waiting.count < waitingLimit)
                    listed.waiting.append(Caller(tag: tag, since: now, position: position))
                case .refused:
                    #expect(listed.inside.count == limit && listed.waiting.count == waitingLimit)
                }
                model[key] = listed
            case 11..<14:
                guard let index = listed.waiting.indices.randomElement(using: &random) else { break }
                let gone = listed.waiting.remove(at: index)
                model[key] = listed
                #expect(rooms.leave(waiting: gone.position, key) == gone.tag)
                #expect(rooms.leave(waiting: gone.position, key) == nil)
            default:
                guard let index = listed.inside.indices.randomElement(using: &random) else { break }
                let gone = listed.inside.remove(at: index)
                model[key] = listed
                #expect(fill(key, rooms.leave(gone.position, now)))
            }
            for (key, listed) in model {
                #expect(rooms.inside(key) == listed.inside.count)
                #expect(rooms.waiting(key) == listed.waiting.count)
            }
            #expect(rooms.count == model.values.count { !$0.inside.isEmpty })
            #expect(rooms.anyoneWaits == model.values.contains { !$0.waiting.isEmpty })
        }
    }
}
