import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

@Suite struct StatsTests {
    private func stats(_ yard: JobYard, _ wanted: JobStats.Params, _ numbers: ClosedRange<Int64>) throws -> [String] {
        try yard.read { try JobStore.stats($0, wanted, numbers) }.map { "\($0.kind) \($0.state.rawValue) \($0.jobs)" }
    }

    @Test func jobsAreCountedByKindAndState() throws {
        let yard = try JobYard()
        #expect(try yard.read { try JobStore.numbers($0) } == nil)
        try yard.submit(.plain())
        for id in try yard.claim("plain").map(\.brief.id) { try yard.finish(id) }
        try yard.submit(.plain("other"))
        let old = yard.now
        yard.advance(by: .seconds(60))
        for key in ["ada", "ada", "bob"] { try yard.submit(.keyed(key)) }
        var elsewhere = JobSpecification.plain()
        elsewhere.queue = "mail"
        let last = try yard.submit(elsewhere).receipt.id
        try yard.cancel(last)

        #expect(try yard.read { try JobStore.numbers($0) } == 1...last.rawValue)
        let all = 1...last.rawValue
        #expect(
            try stats(yard, .init(), all) == [
                "other ready 1", "plain cancelled 1", "plain ready 3", "plain succeeded 1",
            ])
        // What one piece leaves out is in the next.
        #expect(try stats(yard, .init(), 1...2) == ["other ready 1", "plain succeeded 1"])
        #expect(try stats(yard, .init(), 3...last.rawValue) == ["plain cancelled 1", "plain ready 3"])
        #expect(try stats(yard, .init(kind: "other"), all) == ["other ready 1"])
        #expect(try stats(yard, .init(queue: "mail"), all) == ["plain cancelled 1"])
        #expect(try stats(yard, .init(key: "ada"), all) == ["plain ready 2"])
        #expect(try stats(yard, .init(since: old + .seconds(1)), all) == ["plain cancelled 1", "plain ready 3"])
        #expect(try stats(yard, .init(kind: "none"), all).isEmpty)
    }
}
