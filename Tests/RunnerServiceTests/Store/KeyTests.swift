import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

@Suite struct KeyTests {
    let yard: JobYard

    init() throws {
        yard = try JobYard()
        yard.rules.keyLimits["ordered"] = KeyLimit(running: 5, waiting: 100, ordered: true)
    }

    private func submit(_ count: Int, _ kind: String = "plain", key: String = "clinic") throws
        -> [JobID]
    {
        try (0..<count).map { _ in try yard.submit(.keyed(key, kind)).receipt.id }
    }

    @Test func twoJobsOfAKeyAreAdmittedTenWaitAndTheNextIsRefused() throws {
        let taken = try (0..<12).map { _ in try yard.submit(.keyed("clinic")) }
        #expect(taken.map(\.receipt.hold) == [nil, nil] + Array(repeating: .key, count: 10))
        #expect(
            taken.map { $0.changes.lanes.isEmpty } == [false, false] + Array(repeating: true, count: 10))
        let refused = #expect(throws: JobError.self) { try yard.submit(.keyed("clinic")) }
        #expect(refused?.rpcError.status == .resourceExhausted)
        #expect(refused?.rpcError.reason == "key.full")
        #expect(refused?.rpcError.retryAfterMs == 1000)
        // Another key and another kind are lines of their own.
        #expect(try yard.submit(.keyed("other")).receipt.hold == nil)
        #expect(try yard.submit(.keyed("clinic", "batch")).receipt.hold == nil)
    }

    @Test func whoLeavesLetsTheNextOfTheLineIn() throws {
        let ids = try submit(8)
        try yard.claim("plain", 2)
        let lane = Lane(queue: "default", kind: "plain", uid: 1000)
        #expect(try yard.finish(ids[0]).changes.lanes == [lane])
        #expect(try yard.place(ids[2]) == "ready")
        #expect(try yard.place(ids[3]) == "ready/key")
        #expect(try yard.postpone(ids[1], by: .seconds(60)).changes.lanes == [lane])
        #expect(try yard.place(ids[3]) == "ready")
        try yard.cancel(ids[2])
        #expect(try yard.place(ids[4]) == "ready")
        try yard.bury(ids[3])
        #expect(try yard.place(ids[5]) == "ready")
        try yard.edit(JobEdit.Params(id: ids[4], key: "other"))
        #expect(try yard.place(ids[6]) == "ready")
        #expect(try yard.place(ids[7]) == "ready/key")
        // Its time comes while the key has no room: it goes to the end of the line.
        yard.advance(by: .seconds(60))
        try yard.promote()
        #expect(try yard.place(ids[1]) == "ready/key")
    }

    @Test func aJobOfTheLineThatIsCancelledLeavesOnlyTheLine() throws {
        let ids = try submit(4)
        #expect(try yard.cancel(ids[2]).changes.lanes.isEmpty)
        #expect(try yard.place(ids[3]) == "ready/key")
        try yard.claim("plain", 2)
        try yard.finish(ids[0])
        #expect(try yard.place(ids[3]) == "ready")
    }

    @Test func keysTakeTurns() throws {
        let greedy = try submit(8, key: "greedy")
        yard.advance(by: .seconds(1))
        let modest = try submit(1, key: "modest")
        var order: [JobID] = []
        while let job = try yard.claim("plain").first {
            order.append(job.brief.id)
            yard.advance(by: .seconds(1))
            try yard.finish(job.brief.id)
        }
        #expect(order.firstIndex(of: modest[0]) == 2, "\(order)")
        #expect(Set(order) == Set(greedy + modest))
    }

    @Test func anOrderedKeyRunsStrictlyInTheOrderOfSubmission() throws {
        let ids = try (0..<6).map { number in
            try yard.submit(JobSpecification(kind: "ordered", key: "patient", priority: number * 100))
                .receipt.id
        }
        var order: [JobID] = []
        while let job = try yard.claim("ordered", 10).first {
            order.append(job.brief.id)
            #expect(yard.running.count == 1)
            if order.count == 2 {
                // The second fails once; nobody overtakes it.
                #expect(
                    try yard.postpone(job.brief.id, by: .seconds(5), keepPlace: true).changes.lanes.isEmpty)
                #expect(try yard.claim("ordered", 10).isEmpty)
                yard.advance(by: .seconds(5))
                try yard.promote()
                let again = try yard.claim("ordered", 10)
                #expect(again.map(\.brief.id) == [job.brief.id])
            }
            try yard.finish(job.brief.id)
        }
        #expect(order == ids)
    }

    @Test func aRaisedLimitLetsTheLineMoveUp() throws {
        let ids = try submit(6)
        yard.rules.defaultKeyLimit.running = 4
        let changes = try yard.write { try JobStore.refill($0, $1, now: $2) }
        #expect(changes.lanes == [Lane(queue: "default", kind: "plain", uid: 1000)])
        #expect(
            try ids.map { try yard.place($0) } == Array(repeating: "ready", count: 4) + [
                "ready/key", "ready/key",
            ])
        // A new run sees to it by itself.
        yard.rules.defaultKeyLimit.running = 5
        try yard.restart()
        #expect(try yard.place(ids[4]) == "ready")
    }

    @Test func aLoweredLimitLetsThoseWhoAreAdmittedGoOnAndNobodyIn() throws {
        let ids = try submit(4)
        try yard.claim("plain", 2)
        yard.rules.defaultKeyLimit.running = 1
        try yard.finish(ids[0])
        #expect(try yard.place(ids[2]) == "ready/key")
        try yard.finish(ids[1])
        #expect(try yard.place(ids[2]) == "ready")
        #expect(try yard.place(ids[3]) == "ready/key")
    }

    @Test func aRetriedJobJoinsTheLine() throws {
        let ids = try submit(5)
        try yard.claim("plain", 2)
        try yard.finish(ids[0], .failed)
        yard.advance(by: .seconds(1))
        try yard.retry(ids[0])
        #expect(try yard.place(ids[0]) == "ready/key")
        #expect(try yard.read { try JobStore.position($0, ids[0]) } == 2)
    }

    @Test func theLineIsForgottenWithItsLastJob() throws {
        let ids = try submit(3)
        for _ in ids { try yard.finish(try #require(try yard.claim("plain").first).brief.id) }
        #expect(try yard.read { try $0.first("SELECT count(*) FROM line") { $0.int(0) } } == 0)
    }
}
