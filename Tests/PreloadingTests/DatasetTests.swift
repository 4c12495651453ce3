import JSONCodec
import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import Preloading

/// The board at work: tasks, a clock that is moved, sources that count.
struct DatasetTests {
    private static func values(_ keys: String...) -> [KeyOutcome] { keys.map { .value(JSONRaw($0)) } }

    @Test func aHundredCallersOfFiftyKeysCostOneRequest() async throws {
        let (time, source) = (ManualTime(), CountingSource())
        let dataset = Dataset.counted(source, time: time)
        let results = Watched<[Int: [KeyOutcome]]>([:])
        for number in 0..<100 {
            let fetched = dataset.fetch([LoadKey("k\(number % 50)")], of: .shared) { outcomes in
                results.update { $0[number] = outcomes }
            }
            guard case .later = fetched else { throw TestFailure("nothing is known yet") }
        }
        await time.sleepers(atLeast: 1)
        time.advance(by: .milliseconds(10))
        let all = try await results.wait(for: "all answers") { $0.count == 100 }
        #expect(all.allSatisfy { $0.value == Self.values("k\($0.key % 50)") })
        #expect(source.history.value.calls.map { Set($0).count } == [50])
        let figures = dataset.figures
        #expect(figures.requests == 1 && figures.batches == 1 && figures.keysLoaded == 50)
        #expect(figures.keysAsked == 100 && figures.joined == 50 && figures.callsSaved == 99)
    }

    @Test func aCancelledFirstCallerChangesNothingForTheRest() async throws {
        let (time, source) = (ManualTime(), CountingSource())
        let dataset = Dataset.counted(source, time: time)
        let first = Task { try await dataset.fetch("a", "b") }
        try await eventually("the first waits") { dataset.load.waiting == 2 }
        let second = Task { try await dataset.fetch("b", "c") }
        try await eventually("the second waits") { dataset.load.waiting == 3 }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        await time.sleepers(atLeast: 1)
        time.advance(by: .milliseconds(10))
        #expect(try await second.value == Self.values("b", "c"))
        #expect(source.history.value.calls == [["b", "c"]])
    }

    @Test func aCallerWhoGoesDuringTheLoadHarmsNoOther() async throws {
        let (time, source) = (ManualTime(), CountingSource())
        source.hold()
        let dataset = Dataset.counted(source, time: time) { $0.window.size = 1 }
        let first = Task { try await dataset.fetch("a") }
        try await source.history.wait(for: "the load") { $0.running == 1 }
        let second = Task { try await dataset.fetch("a") }
        try await eventually("the second has joined") { dataset.figures.joined == 1 }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        source.release()
        #expect(try await second.value == Self.values("a"))
        #expect(source.history.value.calls == [["a"]])
        #expect(source.history.value.cancelled == 0)
    }

    @Test func theLoadIsCancelledWhenTheLastCallerGoes() async throws {
        let (time, source) = (ManualTime(), CountingSource())
        source.hold()
        let dataset = Dataset.counted(source, time: time) { $0.window.size = 1 }
        let tasks = [Task { try await dataset.fetch("a") }]
        try await source.history.wait(for: "the load") { $0.running == 1 }
        for task in tasks { task.cancel() }
        try await source.history.wait(for: "the cancellation") { $0.cancelled == 1 }
        await dataset.idle()
        #expect(dataset.figures.cancelledBatches == 1 && dataset.figures.failedBatches == 0)
    }

    @Test(arguments: [1, 5]) func noMoreLoadsRunAtOnceThanMay(parallelism: Int) async throws {
        let source = CountingSource()
        let dataset = Dataset.counted(source, time: SystemTime()) {
            $0.parallelism = parallelism
            $0.chunk = 10
            $0.window.size = 10
        }
        source.hold()
        let keys = (0..<200).map { LoadKey("k\($0)") }
        async let outcomes = dataset.fetch(keys, of: .shared)
        try await source.history.wait(for: "all places taken") { $0.running == parallelism }
        source.release()
        #expect(try await outcomes.count == 200)
        #expect(source.history.value.most == parallelism)
        #expect(source.history.value.calls.count == 20)
    }

    @Test func theThirdCallerOfAKnownKeyCostsNothing() async throws {
        let source = CountingSource()
        let dataset = Dataset.counted(source, time: SystemTime())
        _ = try await dataset.fetch("a", "b")
        guard
            case .now(let outcomes) = dataset.fetch(["b", "a"].map { LoadKey($0) }, of: .shared, completion: { _ in })
        else { throw TestFailure("both are known") }
        #expect(outcomes == Self.values("b", "a"))
        #expect(source.history.value.calls.count == 1)
        #expect(dataset.figures.hits == 2)
    }

    @Test func aKnownListIsAnsweredWithoutAFetchAndAnUnknownOneIsLeftAlone() async throws {
        let source = CountingSource()
        let dataset = Dataset.counted(source, time: SystemTime())
        #expect(dataset.known(["a", "b"], of: .shared) == nil)
        _ = try await dataset.fetch("a", "b")
        #expect(dataset.figures.asks == 1 && dataset.figures.hits == 0)
        let known = dataset.known(["b", "a", "b"], of: .shared)
        #expect(known == Self.values("b", "a").map(Optional.some) + [nil])
        #expect(dataset.known(["a", "c"], of: .shared) == nil)
        #expect(source.history.value.calls.count == 1)
        let figures = dataset.figures
        #expect(figures.asks == 2 && figures.keysAsked == 4 && figures.hits == 2)
    }

    // MARK: Pages

    private static func paged(
        _ source: BookSource, time: any TimeSource = SystemTime(), _ change: (inout DatasetRules) -> Void = { _ in }
    ) -> Dataset {
        var rules = DatasetRules()
        change(&rules)
        return Dataset("pages", rules, source: .paged(source), time: time)
    }

    @Test func readingStopsAtThePageWithTheLastKey() async throws {
        let source = BookSource(pages: 100)
        let dataset = Self.paged(source)
        #expect(try await dataset.fetch("k3", "k25") == [.value(JSONRaw(3)), .value(JSONRaw(25))])
        #expect(source.read.value == ["first", "1", "2"])
        #expect(dataset.figures.batches == 1 && dataset.figures.requests == 3)
        // What it passed on the way is known.
        #expect(try await dataset.fetch("k7", "k29") == [.value(JSONRaw(7)), .value(JSONRaw(29))])
        #expect(source.read.value.count == 3)
    }

    @Test func aKeyThatIsNowhereIsMissingAfterTheLastPage() async throws {
        let source = BookSource(pages: 4)
        #expect(try await Self.paged(source).fetch("nowhere") == [.missing])
        #expect(source.read.value.count == 4)
    }

    @Test func pagesThatLeadInACircleAreAFault() async throws {
        let source = BookSource(pages: 4, next: { "\(($0 + 1) % 4)" })
        let dataset = Self.paged(source)
        let outcomes = try await dataset.fetch("k1", "nowhere")
        #expect(outcomes[0] == .value(JSONRaw(1)))
        #expect(outcomes[1].error?.reason == "source.faulty")
        #expect(dataset.figures.faultyBatches == 1)
        #expect(source.read.value.count < 10)
    }

    @Test func pagesWithoutEndAreAFault() async throws {
        let source = BookSource(pages: .max)
        let dataset = Self.paged(source) { $0.pages = 6 }
        #expect(try await dataset.fetch("nowhere")[0].error?.reason == "source.faulty")
        #expect(source.read.value.count == 6)
    }

    // MARK: Sources that fail

    struct Broken: Error {}

    @Test func aFailureIsToldToAllAndCountedAndNotKept() async throws {
        let notices = Watched<[String]>([])
        let source = CountingSource { _ in throw RPCError(.unavailable, "gone", reason: "test.gone") }
        let dataset = Dataset.counted(
            source, time: SystemTime(),
            notice: { notice in
                notices.update { $0.append("\(notice)") }
            })
        async let one = dataset.fetch("a")
        async let other = dataset.fetch("a", "b")
        for outcomes in try await [one, other] { #expect(outcomes.allSatisfy { $0.error?.reason == "test.gone" }) }
        _ = try await dataset.fetch("a")
        #expect(source.history.value.calls.count >= 2)
        #expect(dataset.figures.failedBatches == UInt64(source.history.value.calls.count))
        #expect(notices.value.count == source.history.value.calls.count)
    }

    @Test func whatASourceThrowsThatNobodyKnowsIsUnavailableAndSaysNoMore() async throws {
        let dataset = Dataset.counted(CountingSource { _ in throw Broken() }, time: SystemTime())
        let error = try #require(try await dataset.fetch("a")[0].error)
        #expect(error.status == .unavailable && error.reason == "source.failed")
        #expect(!error.message.contains("Broken"))
    }

    @Test func aSourceThatHangsIsLeftAtItsTimeout() async throws {
        let (time, source) = (ManualTime(), CountingSource())
        source.hold()
        let dataset = Dataset.counted(source, time: time) {
            $0.window.size = 1
            $0.timeout = .seconds(30)
        }
        let task = Task { try await dataset.fetch("a") }
        try await source.history.wait(for: "the load") { $0.running == 1 }
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(30))
        let error = try #require(try await task.value[0].error)
        #expect(error.status == .deadlineExceeded && error.reason == "source.timeout")
        #expect(source.history.value.cancelled == 1)
    }

    @Test func faultsAreNamedAndCounted() async throws {
        let notices = Watched<[SourceFault]>([])
        let source = CountingSource { keys in .rows(keys.map { SourceRow($0 + "?", JSONRaw(1)) }) }
        let dataset = Dataset.counted(
            source, time: SystemTime(),
            notice: { notice in
                if case .faulty(let fault) = notice { notices.update { $0.append(fault) } }
            })
        let error = try #require(try await dataset.fetch("a")[0].error)
        #expect(error.status == .failedPrecondition && error.message.contains("rates"))
        #expect(dataset.figures.faultyBatches == 1)
        #expect(notices.value == [.foreign(rows: 1)])
    }

    // MARK: Change

    @Test func aNewSourceAnswersFromNowOnAndWhatIsUnderWayEndsAsItBegan() async throws {
        let old = CountingSource { keys in .rows(keys.map { SourceRow($0, JSONRaw("old")) }) }
        let new = CountingSource { keys in .rows(keys.map { SourceRow($0, JSONRaw("new")) }) }
        old.hold()
        let dataset = Dataset.counted(old, time: SystemTime()) { $0.window.size = 1 }
        let before = Task { try await dataset.fetch("a") }
        try await old.history.wait(for: "the load") { $0.running == 1 }
        dataset.change(dataset.rules, gate: OpenGate(), source: .keyed(new))
        #expect(try await dataset.fetch("a") == Self.values("new"))
        old.release()
        #expect(try await before.value == Self.values("old"))
        #expect(try await dataset.fetch("a") == Self.values("new"))
    }

    /// Two pages: "b" on the first, "a" on the second, which comes when it is let.
    private final class SlowBook: PagedSource {
        let isAtSecond = Watched(false)
        let mayGoOn = Watched(false)

        func page(after cursor: String?, for keys: [String], _ call: SourceCall) async throws -> SourcePage {
            guard cursor != nil else { return SourcePage(rows: [SourceRow("b", JSONRaw("old"))], next: "2") }
            isAtSecond.update { $0 = true }
            try await mayGoOn.wait(within: .seconds(30), for: "the second page") { $0 }
            return SourcePage(rows: [SourceRow("a", JSONRaw("old"))], next: nil)
        }
    }

    @Test(arguments: ["clear", "prime", "new source"])
    func pagesThatWereReadBeforeAChangeDoNotComeAfterIt(change: String) async throws {
        let old = SlowBook()
        let new = CountingSource { keys in .rows(keys.map { SourceRow($0, JSONRaw("new")) }) }
        var rules = DatasetRules()
        rules.window.size = 1
        let dataset = Dataset("pages", rules, source: .paged(old), time: SystemTime())
        let before = Task { try await dataset.fetch("a") }
        try await old.isAtSecond.wait(within: .seconds(30), for: "the first page is read") { $0 }
        switch change {
        case "clear": dataset.clear([LoadKey("b")], of: .shared)
        case "prime": dataset.prime(LoadKey("b"), JSONRaw("new"), of: .shared)
        default: dataset.change(rules, gate: OpenGate(), source: .keyed(new))
        }
        old.mayGoOn.update { $0 = true }
        #expect(try await before.value == Self.values("old"))
        // From here on only the new source is asked.
        if change == "clear" {
            #expect(dataset.load.entries == 1, "a, and not b")
        } else {
            #expect(try await dataset.fetch("b") == Self.values("new"))
        }
    }

    @Test func whoIsRetiredSendsOnWhatWaitsAndLetsNobodyWaitForOthers() async throws {
        let (time, source) = (ManualTime(), CountingSource())
        let dataset = Dataset.counted(source, time: time)
        let task = Task { try await dataset.fetch("a") }
        try await eventually("it waits") { dataset.load.waiting == 1 }
        dataset.retire()
        #expect(try await task.value == Self.values("a"))
        #expect(try await dataset.fetch("b") == Self.values("b"))
        await dataset.idle()
    }

    // MARK: Under load

    /// Random courses of callers who ask, go, clear and prime: everybody gets an answer for each key, and the books are even
    /// in the end.
    @Test(arguments: 1...6) func everybodyGetsHisAnswerWhateverHappens(seed: UInt64) async throws {
        let source = CountingSource { keys in
            if keys.contains("k13") { throw Broken() }
            return CountingSource.names(keys.filter { $0 != "k7" })
        }
        let dataset = Dataset.counted(source, time: SystemTime()) {
            $0.window.size = 5
            $0.window.age = .milliseconds(1)
            $0.chunk = 4
            $0.parallelism = 3
            $0.cache.entries = 6
            $0.cache.ttl = .milliseconds(2)
            $0.cache.stale = .milliseconds(2)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<16 {
                group.addTask {
                    var random = SeededGenerator(seed: seed &* 1000 &+ UInt64(caller))
                    for _ in 0..<120 {
                        let keys = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                            LoadKey("k\(Int.random(in: 0..<20, using: &random))")
                        }
                        switch Int.random(in: 0..<12, using: &random) {
                        case 0: dataset.clear(keys, of: .shared)
                        case 1: dataset.clearAll()
                        case 2: dataset.prime(keys[0], JSONRaw(keys[0].text), of: .shared)
                        case 3:
                            let task = Task { try await dataset.fetch(keys, of: .shared) }
                            if Bool.random(using: &random) { await Task.yield() }
                            task.cancel()
                            if let outcomes = try? await task.value { #expect(outcomes.count == keys.count) }
                        default:
                            let outcomes = try await dataset.fetch(keys, of: .shared)
                            #expect(outcomes.count == keys.count)
                            for (key, outcome) in zip(keys, outcomes) {
                                switch outcome {
                                case .value(let value): #expect(value == JSONRaw(key.text))
                                case .missing: #expect(key.text == "k7")
                                case .failed(let failure): #expect(failure.error.reason == "source.failed")
                                }
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        try await within(.seconds(20), "everything to end") { await dataset.idle() }
        #expect(dataset.load.waiting == 0 && dataset.load.running == 0)
        #expect(dataset.load.entries <= 6)
        #expect(source.history.value.most <= 3)
    }
}
