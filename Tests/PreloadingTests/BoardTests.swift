import JSONCodec
import Linux
import Telemetry
import Testing

@testable import Preloading

/// The rules of the window and of the loads, on the board itself: no clock, no task.
struct BoardTests {
    /// A board and those who ask it.
    final class Desk {
        var board: Board
        var now = Duration.zero
        private(set) var answers: [String: [KeyOutcome]] = [:]

        init(_ change: (inout DatasetRules) -> Void = { _ in }) {
            var rules = DatasetRules()
            rules.window.age = .milliseconds(10)
            change(&rules)
            board = Board("rates", rules)
        }

        /// Asks as the loader does; nil when all was known.
        @discardableResult
        func ask(_ keys: [String], of scope: KeyScope = .shared, until deadline: Duration? = nil) -> Ask? {
            let keys = keys.map { LoadKey($0) }
            let known = keys.map { board.known($0, of: scope, now: now, nanoseconds: now.nanoseconds) }
            guard known.contains(nil) else { return nil }
            let ask = Ask(keys, known, deadline: deadline) { _ in }
            board.enter(ask, scope, now: now)
            return ask
        }

        func chunks() -> [Chunk] {
            var chunks: [Chunk] = []
            while let chunk = board.nextChunk(now) { chunks.append(chunk) }
            return chunks
        }

        func pass(_ span: Duration) -> [Chunk] {
            now += span
            board.tick(now)
            return chunks()
        }

        /// Each key's value is its own name.
        @discardableResult
        func finish(_ chunk: Chunk) -> [Ask] {
            board.finish(chunk.number, chunk.keys.map { .value(JSONRaw($0)) }, now: now)
        }
    }

    private static func values(_ keys: String...) -> [KeyOutcome] { keys.map { .value(JSONRaw($0)) } }

    // MARK: When the window closes

    @Test func theWindowClosesAtItsSize() {
        let desk = Desk { $0.window.size = 3 }
        desk.ask(["a", "b"])
        #expect(desk.chunks().isEmpty)
        desk.ask(["c"])
        #expect(desk.chunks().map(\.keys) == [["a", "b", "c"]])
    }

    @Test func keysNamedTwiceCountOnceTowardsTheSize() {
        let desk = Desk { $0.window.size = 3 }
        desk.ask(["a", "b", "a", "b", "a"])
        desk.ask(["b", "a"])
        #expect(desk.chunks().isEmpty)
        #expect(desk.pass(.milliseconds(10)).map(\.keys) == [["a", "b"]])
    }

    @Test func theWindowClosesAtTheAgeOfItsFirstKey() {
        let desk = Desk()
        desk.ask(["a"])
        #expect(desk.pass(.milliseconds(9)).isEmpty)
        desk.ask(["b"])
        #expect(desk.board.nextClosing == .milliseconds(10))
        #expect(desk.pass(.milliseconds(1)).map(\.keys) == [["a", "b"]])
        #expect(desk.board.nextClosing == nil)
    }

    @Test func theWindowClosesWhenALoadIsJustInTimeForTheEarliestDeadline() {
        let desk = Desk { $0.window.age = .seconds(5) }
        // A load is known to take 100 ms, always.
        for _ in 0..<40 {
            desk.ask(["known"])
            desk.ask(["known"])
            for chunk in desk.pass(.seconds(5)) {
                desk.now += .milliseconds(100)
                desk.finish(chunk)
            }
            _ = desk.board.clearAll()
        }
        let expected = desk.board.load.expected
        #expect(expected >= .milliseconds(100) && expected < .milliseconds(102), "\(expected)")
        let start = desk.now
        desk.ask(["a"], until: start + .seconds(4))
        desk.ask(["b"], until: start + .milliseconds(900))
        desk.ask(["c"])
        #expect(desk.pass(.milliseconds(700)).isEmpty)
        #expect(desk.pass(.milliseconds(100)).map(\.keys) == [["a", "b", "c"]])
    }

    @Test func aDeadlineThatLeavesNoTimeToWaitClosesAtOnce() {
        let desk = Desk { $0.window.age = .seconds(5) }
        desk.ask(["a"], until: .milliseconds(20))
        #expect(desk.chunks().map(\.keys) == [["a"]])
    }

    @Test func whoWasAlwaysAloneIsNotMadeToWaitUntilSomebodyJoins() {
        let desk = Desk { $0.cache.entries = 0 }
        for _ in 0..<Board.solitude {
            desk.ask(["a"])
            #expect(desk.chunks().isEmpty)
            for chunk in desk.pass(.milliseconds(10)) { desk.finish(chunk) }
        }
        desk.ask(["a"])
        let alone = desk.chunks()
        #expect(alone.map(\.keys) == [["a"]])
        // Somebody comes while it is loaded: from now on there may be others.
        desk.ask(["b"])
        #expect(desk.chunks().isEmpty)
        for chunk in alone + desk.pass(.milliseconds(10)) { desk.finish(chunk) }
        desk.ask(["c"])
        #expect(desk.chunks().isEmpty)
        #expect(desk.pass(.milliseconds(10)).map(\.keys) == [["c"]])
    }

    @Test func withoutAnAgeNobodyWaits() {
        let desk = Desk { $0.window.age = .zero }
        desk.ask(["a"])
        #expect(desk.chunks().map(\.keys) == [["a"]])
    }

    // MARK: Chunks

    @Test func keysGoInChunksAndNotMoreOfThemAtOnceThanMay() {
        let desk = Desk {
            $0.chunk = 10
            $0.window.size = 10
            $0.parallelism = 3
        }
        desk.ask((0..<45).map { "k\($0)" })
        let first = desk.chunks()
        #expect(first.map(\.keys.count) == [10, 10, 10])
        desk.finish(first[1])
        let next = desk.chunks()
        #expect(next.map(\.keys.count) == [10])
        for chunk in [first[0], first[2], next[0]] { desk.finish(chunk) }
        #expect(desk.chunks().map(\.keys.count) == [5])
    }

    @Test func bothDefaultsAreThoseOfTheRules() {
        #expect(DatasetRules().parallelism == 5)
        #expect(DatasetRules().chunk == 100)
    }

    @Test func whatIsReleasedWhileAllPlacesAreTakenFillsUpAChunk() {
        let desk = Desk {
            $0.parallelism = 1
            $0.chunk = 10
            $0.window.size = 2
        }
        desk.ask(["a", "b"])
        let first = desk.chunks()
        desk.ask(["c", "d"])
        desk.ask(["e", "f"])
        #expect(desk.chunks().isEmpty)
        desk.finish(first[0])
        #expect(desk.chunks().map(\.keys) == [["c", "d", "e", "f"]])
    }

    @Test func usersTakeTurnsAndNeverShareARequest() {
        let desk = Desk {
            $0.parallelism = 1
            $0.chunk = 2
            $0.window.size = 1
        }
        desk.ask(["a"], of: .user(9))
        let running = desk.chunks()
        desk.ask(["a", "b", "c", "d"], of: .user(1))
        desk.ask(["a"], of: .user(2))
        var order: [[String]] = []
        var scopes: [KeyScope] = []
        var open = running
        while let chunk = open.popLast() {
            desk.finish(chunk)
            let next = desk.chunks()
            order += next.map(\.keys)
            scopes += next.map(\.scope)
            open += next
        }
        #expect(order == [["a", "b"], ["a"], ["c", "d"]])
        #expect(scopes == [.user(1), .user(2), .user(1)])
    }

    // MARK: One load for all

    @Test(arguments: [0, 100]) func whoAsksForWhatIsOnItsWayJoinsEvenWithoutACache(entries: Int) throws {
        let desk = Desk {
            $0.cache.entries = entries
            $0.window.size = 1
        }
        let one = try #require(desk.ask(["a"]))
        let chunks = desk.chunks()
        let other = try #require(desk.ask(["a"]))
        #expect(desk.chunks().isEmpty)
        let complete = desk.finish(chunks[0])
        #expect(complete.count == 2)
        #expect(one.results == Self.values("a") && other.results == Self.values("a"))
        #expect(desk.board.figures.joined == 1)
    }

    @Test func anAskIsCompleteWhenTheLastOfItsKeysIs() throws {
        let desk = Desk {
            $0.chunk = 1
            $0.window.size = 2
        }
        let ask = try #require(desk.ask(["a", "b"]))
        let chunks = desk.chunks()
        #expect(desk.finish(chunks[1]).isEmpty)
        #expect(desk.finish(chunks[0]).first === ask)
        #expect(ask.results == Self.values("a", "b"))
    }

    @Test func aKeyNamedTwiceIsAnsweredAtBothPlaces() throws {
        let desk = Desk { $0.window.size = 2 }
        let ask = try #require(desk.ask(["a", "b", "a"]))
        let chunks = desk.chunks()
        #expect(chunks.map(\.keys) == [["a", "b"]])
        desk.finish(chunks[0])
        #expect(ask.results == Self.values("a", "b", "a"))
        #expect(desk.board.figures.duplicates == 1)
    }

    @Test func anErrorReachesAllWhoWaitAndIsNotKept() throws {
        let desk = Desk { $0.window.size = 1 }
        let failure = LoadFailure(.init(.unavailable, "gone", reason: "test"))
        let ask = try #require(desk.ask(["a"]))
        let chunk = try #require(desk.chunks().first)
        _ = desk.board.finish(chunk.number, [.failed(failure)], now: desk.now)
        #expect(ask.results == [.failed(failure)])
        #expect(desk.ask(["a"]) != nil)
    }

    // MARK: Those who wait no more

    @Test func aWaiterWhoGoesHarmsNoOther() throws {
        let desk = Desk()
        let first = try #require(desk.ask(["a"]))
        let second = try #require(desk.ask(["a", "b"]))
        #expect(desk.board.withdraw(first, .shared).isEmpty)
        let chunks = desk.pass(.milliseconds(10))
        #expect(chunks.map(\.keys) == [["a", "b"]])
        #expect(desk.finish(chunks[0]).count == 1)
        #expect(second.results == Self.values("a", "b"))
    }

    @Test func aKeyThatNobodyWaitsForAnyMoreIsNotAsked() throws {
        let desk = Desk()
        let first = try #require(desk.ask(["a", "b"]))
        desk.ask(["b"])
        _ = desk.board.withdraw(first, .shared)
        #expect(desk.pass(.milliseconds(10)).map(\.keys) == [["b"]])
    }

    @Test func aLoadIsCancelledOnlyWhenNobodyWaitsForAnyOfItsKeys() throws {
        let desk = Desk { $0.window.size = 2 }
        let first = try #require(desk.ask(["a"]))
        let second = try #require(desk.ask(["b"]))
        let third = try #require(desk.ask(["b"]))
        let chunk = try #require(desk.chunks().first)
        #expect(desk.board.withdraw(first, .shared).isEmpty)
        #expect(desk.board.withdraw(second, .shared).isEmpty)
        #expect(desk.board.withdraw(third, .shared) == [chunk.number])
        #expect(desk.board.figures.cancelledBatches == 1)
    }

    @Test func whoAsksForAKeyOfACancelledLoadBeginsAnew() throws {
        let desk = Desk { $0.window.size = 1 }
        let first = try #require(desk.ask(["a"]))
        let chunk = try #require(desk.chunks().first)
        #expect(desk.board.withdraw(first, .shared) == [chunk.number])
        let second = try #require(desk.ask(["a"]))
        let again = try #require(desk.chunks().first)
        #expect(again.number != chunk.number)
        // What the cancelled load says in the end is nobody's.
        #expect(desk.finish(chunk).isEmpty)
        #expect(desk.finish(again).first === second)
        #expect(desk.board.isIdle)
    }

    @Test func whoJoinsALoadThatAnotherLeftKeepsItGoing() throws {
        let desk = Desk { $0.window.size = 2 }
        let first = try #require(desk.ask(["a"]))
        let other = try #require(desk.ask(["b"]))
        _ = desk.chunks()
        #expect(desk.board.withdraw(first, .shared).isEmpty)
        let late = try #require(desk.ask(["a"]))
        #expect(desk.board.withdraw(other, .shared).isEmpty)
        #expect(desk.board.withdraw(late, .shared).count == 1)
    }

    @Test func comingAndGoingLeavesNothingBehind() throws {
        let desk = Desk()
        let steady = try #require(desk.ask(["a"]))
        for number in 0..<10_000 {
            let ask = try #require(desk.ask(["a", "k\(number % 7)"]))
            _ = desk.board.withdraw(ask, .shared)
        }
        #expect(desk.board.load.waiting == 1)
        let chunks = desk.pass(.milliseconds(10))
        #expect(chunks.map(\.keys) == [["a"]])
        #expect(desk.finish(chunks[0]).first === steady)
        #expect(desk.board.isIdle)
    }

    // MARK: Bounds

    @Test func oneKeyMoreThanMayWaitIsRefusedAndTheOthersAreLoaded() throws {
        let desk = Desk {
            $0.waiting = 3
            $0.window.size = 100
        }
        let ask = try #require(desk.ask(["a", "b", "c", "d"]))
        #expect(ask.outcomes[3]?.error?.reason == "preload.full")
        let refused = try #require(desk.ask(["e"]))
        #expect(refused.isDone && refused.results[0].error?.status == .resourceExhausted)
        let joined = try #require(desk.ask(["a"]))
        #expect(!joined.isDone)
        for chunk in desk.pass(.milliseconds(10)) { desk.finish(chunk) }
        #expect(ask.results.prefix(3) == Self.values("a", "b", "c")[...])
        #expect(desk.board.figures.refused == 2)
        #expect(desk.ask(["e"])?.isDone == false)
    }

    // MARK: What is kept

    @Test func whatWasLoadedIsKnownAndWhatIsMissingToo() throws {
        let desk = Desk { $0.window.size = 2 }
        desk.ask(["a", "b"])
        let chunk = try #require(desk.chunks().first)
        _ = desk.board.finish(chunk.number, [.value(JSONRaw(1)), .missing], now: desk.now)
        #expect(desk.ask(["a", "b"]) == nil)
        #expect(desk.board.figures.hits == 2)
        desk.now += .seconds(10)
        #expect(desk.ask(["a"]) == nil)
        #expect(desk.ask(["b"]) != nil)
    }

    @Test func aStaleValueIsGivenOutAndLoadedAnewOnce() throws {
        let desk = Desk {
            $0.cache.stale = .seconds(30)
            $0.window.size = 1
        }
        desk.ask(["a"])
        desk.finish(try #require(desk.chunks().first))
        desk.now += .seconds(61)
        #expect(desk.ask(["a"]) == nil)
        #expect(desk.ask(["a"]) == nil)
        let refresh = desk.chunks()
        #expect(refresh.map(\.keys) == [["a"]])
        #expect(desk.ask(["a"]) == nil)
        #expect(desk.chunks().isEmpty)
        desk.finish(refresh[0])
        #expect(desk.ask(["a"]) == nil)
        #expect(desk.board.figures.staleHits == 3)
        #expect(desk.board.figures.refreshes == 1)
        #expect(desk.chunks().isEmpty)
    }

    @Test func aRefreshGoesOnWithoutAnybodyAndIsNotCancelledByThoseWhoJoinedIt() throws {
        let desk = Desk {
            $0.cache.stale = .seconds(1)
            $0.window.size = 1
        }
        desk.ask(["a"])
        desk.finish(try #require(desk.chunks().first))
        desk.now += .milliseconds(60_500)
        desk.ask(["a"])
        let refresh = try #require(desk.chunks().first)
        desk.now += .seconds(1)
        // Not even stale any more: it has to wait, and joins.
        let late = try #require(desk.ask(["a"]))
        #expect(desk.board.withdraw(late, .shared).isEmpty)
        desk.finish(refresh)
        #expect(desk.ask(["a"]) == nil)
    }

    @Test func noUserIsGivenWhatAnotherHasLoaded() throws {
        let desk = Desk { $0.window.size = 1 }
        desk.ask(["a"], of: .user(1))
        desk.finish(try #require(desk.chunks().first))
        #expect(desk.ask(["a"], of: .user(1)) == nil)
        #expect(desk.ask(["a"], of: .user(2)) != nil)
        #expect(desk.chunks().map(\.scope) == [.user(2)])
    }

    @Test func rowsThatNobodyAskedForAreKeptWhereTheSourceGivesThemOut() throws {
        let desk = Desk { $0.window.size = 1 }
        desk.ask(["a"])
        let chunk = try #require(desk.chunks().first)
        _ = desk.board.finish(
            chunk.number, [.missing], passed: [LoadKey("b"): JSONRaw(2)], now: desk.now)
        #expect(desk.ask(["b"]) == nil)
    }

    // MARK: By hand

    @Test func whatIsPrimedIsKnownAndReachesThoseWhoseLoadHasNotBegun() throws {
        let desk = Desk()
        let ask = try #require(desk.ask(["a", "b"]))
        #expect(desk.board.prime(LoadKey("a"), JSONRaw(1), of: .shared, now: desk.now).isEmpty)
        #expect(ask.outcomes[0] == .value(JSONRaw(1)))
        #expect(desk.board.prime(LoadKey("b"), nil, of: .shared, now: desk.now).first === ask)
        #expect(ask.results == [.value(JSONRaw(1)), .missing])
        #expect(desk.pass(.milliseconds(10)).isEmpty)
        #expect(desk.ask(["a", "b"]) == nil)
        #expect(desk.board.isIdle)
    }

    @Test func whatIsOnItsWayDoesNotReplaceWhatWasPrimedMeanwhile() throws {
        let desk = Desk { $0.window.size = 1 }
        let ask = try #require(desk.ask(["a"]))
        let chunk = try #require(desk.chunks().first)
        _ = desk.board.prime(LoadKey("a"), JSONRaw("new"), of: .shared, now: desk.now)
        desk.finish(chunk)
        #expect(ask.results == Self.values("a"))
        #expect(desk.board.known(LoadKey("a"), of: .shared, now: desk.now, nanoseconds: 0) == Self.values("new")[0])
    }

    @Test(arguments: [false, true]) func afterAClearNobodyGetsWhatWasReadBefore(all: Bool) throws {
        let desk = Desk { $0.window.size = 1 }
        let before = try #require(desk.ask(["a"]))
        let chunk = try #require(desk.chunks().first)
        _ = all ? desk.board.clearAll() : desk.board.clear([LoadKey("a")], of: .shared)
        let after = try #require(desk.ask(["a"]))
        let anew = try #require(desk.chunks().first)
        _ = desk.board.finish(chunk.number, [.value(JSONRaw("old"))], now: desk.now)
        #expect(before.results == [.value(JSONRaw("old"))])
        #expect(!after.isDone)
        _ = desk.board.finish(anew.number, [.value(JSONRaw("new"))], now: desk.now)
        #expect(after.results == [.value(JSONRaw("new"))])
        #expect(desk.board.known(LoadKey("a"), of: .shared, now: desk.now, nanoseconds: 0) == .value(JSONRaw("new")))
    }

    /// A source that gives out all it has passes rows nobody asked for. Those of keys that changed while it was read are old.
    @Test(arguments: ["clear", "prime", "prime as missing", "clear all", "other rows"])
    func whatIsPassedDoesNotReplaceWhatChangedSinceItsLoadBegan(change: String) throws {
        let desk = Desk { $0.window.size = 1 }
        desk.ask(["b"], of: .user(7))
        desk.finish(try #require(desk.chunks().first))
        desk.ask(["a"])
        desk.ask(["a"], of: .user(7))
        let chunks = desk.chunks()
        switch change {
        case "clear": _ = desk.board.clear([LoadKey("b")], of: .shared)
        case "prime": _ = desk.board.prime(LoadKey("b"), JSONRaw("new"), of: .shared, now: desk.now)
        case "prime as missing": _ = desk.board.prime(LoadKey("b"), nil, of: .shared, now: desk.now)
        case "clear all": _ = desk.board.clearAll(of: .shared)
        default:
            var rules = desk.board.rules
            rules.rows = .first
            desk.board.change(rules)
        }
        desk.now += .milliseconds(1)
        for chunk in chunks {
            _ = desk.board.finish(
                chunk.number, [.value(JSONRaw("a"))],
                passed: [LoadKey("b"): JSONRaw("old"), LoadKey("c"): JSONRaw("c")],
                now: desk.now)
        }
        let known = { (key: String, scope: KeyScope) in
            desk.board.known(LoadKey(key), of: scope, now: desk.now, nanoseconds: desk.now.nanoseconds)
        }
        switch change {
        case "prime": #expect(known("b", .shared) == .value(JSONRaw("new")))
        case "prime as missing": #expect(known("b", .shared) == .missing)
        default: #expect(known("b", .shared) == nil, "whoever asks for it begins anew")
        }
        let isWhole = change == "clear all" || change == "other rows"
        #expect(known("c", .shared) == (isWhole ? nil : .value(JSONRaw("c"))), "what did not change is kept")
        #expect(known("c", .user(7)) == (change == "other rows" ? nil : .value(JSONRaw("c"))), "others' loads go on")
    }

    @Test func whatIsPassedDoesNotReplaceWhatALaterLoadWasQuickerToBring() throws {
        let desk = Desk { $0.window.size = 1 }
        desk.ask(["a"])
        let slow = try #require(desk.chunks().first)
        desk.now += .milliseconds(5)
        desk.ask(["b"])
        let quick = try #require(desk.chunks().first)
        desk.now += .milliseconds(5)
        _ = desk.board.finish(quick.number, [.value(JSONRaw("new"))], now: desk.now)
        _ = desk.board.finish(
            slow.number, [.value(JSONRaw("a"))], passed: [LoadKey("b"): JSONRaw("old")], now: desk.now)
        #expect(desk.board.known(LoadKey("b"), of: .shared, now: desk.now, nanoseconds: 0) == .value(JSONRaw("new")))
    }

    @Test func whereMoreChangesThanALoadPassesItPassesNothing() throws {
        let desk = Desk { $0.window.size = 1 }
        desk.ask(["a"])
        let chunk = try #require(desk.chunks().first)
        for number in 0...Findings.passedLimit {
            _ = desk.board.clear([LoadKey("k\(number)")], of: .shared)
        }
        _ = desk.board.finish(
            chunk.number, [.value(JSONRaw("a"))], passed: [LoadKey("b"): JSONRaw("b")], now: desk.now)
        #expect(desk.ask(["a"]) == nil)
        #expect(desk.ask(["b"]) != nil)
    }

    @Test func clearingSaysHowManyThereWereAndSparesOtherUsers() throws {
        let desk = Desk { $0.window.size = 1 }
        for uid in [UInt32(1), 2] {
            desk.ask(["a", "b"], of: .user(uid))
            for chunk in desk.chunks() { desk.finish(chunk) }
        }
        #expect(desk.board.clear([LoadKey("a"), LoadKey("x")], of: .user(1)) == 1)
        #expect(desk.board.clearAll(of: .user(1)) == 1)
        #expect(desk.ask(["a", "b"], of: .user(2)) == nil)
        #expect(desk.board.clearAll() == 2)
    }

    @Test func aCancelledLoadOfWhatWasClearedHarmsNoNewerOne() throws {
        let desk = Desk { $0.window.size = 1 }
        let old = try #require(desk.ask(["a"]))
        let chunk = try #require(desk.chunks().first)
        _ = desk.board.clear([LoadKey("a")], of: .shared)
        let new = try #require(desk.ask(["a"]))
        #expect(desk.board.withdraw(old, .shared) == [chunk.number])
        let anew = try #require(desk.chunks().first)
        #expect(desk.finish(anew).first === new)
        desk.finish(chunk)
        #expect(desk.board.isIdle)
    }

    @Test func figuresTellWhatWasSaved() throws {
        let desk = Desk { $0.window.size = 50 }
        desk.board.figures.keysAsked = 100
        desk.board.figures.requests = 1
        desk.board.figures.hits = 25
        #expect(desk.board.figures.callsSaved == 99)
        #expect(desk.board.figures.hitRate == 0.25)
        desk.board.figures.requests = 1000
        #expect(desk.board.figures.callsSaved == 0)
    }

    @Test func theWindowDelayIsThatOfTheFirstKey() throws {
        let desk = Desk()
        desk.ask(["a"])
        desk.now += .milliseconds(4)
        desk.ask(["b"])
        _ = desk.pass(.milliseconds(6))
        let delay = desk.board.times.windowDelay.distribution
        #expect(delay.count == 1 && delay.max == 0.01)
    }
}
