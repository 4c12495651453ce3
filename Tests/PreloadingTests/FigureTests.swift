import Linux
import TestSupport
import Testing

@testable import Preloading

struct LoadEstimateTests {
    @Test func itFollowsWhatLoadsTakeAndKeepsADistance() {
        var estimate = LoadEstimate()
        #expect(estimate.expected == LoadEstimate.initial)
        for _ in 0..<50 { estimate.record(.milliseconds(100)) }
        #expect(estimate.expected >= .milliseconds(100) && estimate.expected < .milliseconds(101))
        for _ in 0..<50 {
            estimate.record(.milliseconds(50))
            estimate.record(.milliseconds(150))
        }
        #expect(estimate.expected > .milliseconds(150))
        for _ in 0..<200 { estimate.record(.milliseconds(2)) }
        #expect(estimate.expected < .milliseconds(3))
    }
}

struct CallerBookTests {
    private static let worker = Caller(user: "millrace", unit: "millrace-runner.service", kind: "payouts")

    private static func book(calls: Int, chunk: Int = 100, every gap: Duration = .milliseconds(5)) -> CallerBook {
        var book = CallerBook()
        for call in 0..<calls { book.note(worker, "rates", keys: 1, chunk: chunk, now: gap * call) }
        return book
    }

    @Test func fiftyCallsForOneKeyEachAreKeyByKeyAndOneListWouldDo() throws {
        let row = try #require(Self.book(calls: 50).all.first)
        #expect(row.caller == Self.worker && row.dataset == "rates")
        #expect(row.calls == 50 && row.keys == 50 && row.runs == 1 && row.runCalls == 50 && row.longestRun == 50)
        #expect(row.saved == 49)
    }

    @Test(arguments: [(10, 100, 9), (100, 100, 99), (101, 100, 99), (250, 100, 247), (50, 1, 0), (12, 10, 10)])
    func whatListsWouldSaveDependsOnWhatAListHolds(calls: Int, chunk: Int, saved: Int) throws {
        #expect(try #require(Self.book(calls: calls, chunk: chunk).all.first).saved == UInt64(saved))
    }

    @Test func aFewCallsOrSlowOnesAreNotKeyByKey() throws {
        #expect(try #require(Self.book(calls: 9).all.first).runs == 0)
        #expect(try #require(Self.book(calls: 50, every: .milliseconds(1001)).all.first).runs == 0)
        #expect(try #require(Self.book(calls: 50, every: .seconds(1)).all.first).runs == 1)
    }

    @Test func aListEndsTheRun() throws {
        var book = CallerBook()
        for call in 0..<30 {
            book.note(Self.worker, "rates", keys: call % 6 == 5 ? 20 : 1, chunk: 100, now: .milliseconds(call))
        }
        #expect(try #require(book.all.first).runs == 0)
    }

    @Test func callersDatasetsAndKindsAreToldApart() {
        var book = CallerBook()
        for caller in [Self.worker, Caller(user: "millrace", unit: "cron.service"), Caller(user: "an")] {
            for dataset in ["rates", "people"] { book.note(caller, dataset, keys: 1, chunk: 10, now: .zero) }
        }
        #expect(book.all.count == 6)
    }

    @Test func thoseWhoCouldSaveMostComeFirst() {
        var book = Self.book(calls: 50)
        for call in 0..<500 { book.note(Caller(user: "lists"), "rates", keys: 5, chunk: 10, now: .milliseconds(call)) }
        #expect(book.all.map(\.caller.user) == ["millrace", "lists"])
    }

    @Test func theBookIsBoundedAndForgetsTheOneWhoAskedLeastLately() {
        var book = CallerBook()
        for number in 0..<(CallerBook.limit + 50) {
            book.note(Caller(user: "u\(number)"), "rates", keys: 1, chunk: 10, now: .seconds(number))
            // The first one keeps asking.
            book.note(Caller(user: "u0"), "rates", keys: 1, chunk: 10, now: .seconds(number))
        }
        #expect(book.all.count == CallerBook.limit && book.forgotten == 50)
        #expect(book.all.contains { $0.caller.user == "u0" })
        #expect(!book.all.contains { $0.caller.user == "u1" })
    }
}
