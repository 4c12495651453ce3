import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

/// Queues and kinds that are paused, drained or full, in a whole runner.
@Suite(.heavy) struct GateTests {
    private let folder = TemporaryDirectory()
    private static let kinds = """
        kinds:
          - { name: one, command: [/bin/true], waiting: 1 }
          - { name: two, command: [/bin/true] }
        """

    private func run(_ time: any TimeSource = SystemTime(), _ body: (HostedRunner) async throws -> Void) async throws {
        let hosted = try await HostedRunner(folder, kinds: Self.kinds, time: time)
        do { try await body(hosted) } catch {
            await hosted.drain(within: .zero)
            throw error
        }
        await hosted.drain(within: .zero)
    }

    private func reason(_ answer: Tree) -> String? { answer["error"]["data"]["reason"].string }

    @Test func whatWasTakenInIsAnsweredAgainWhateverIsDrainedOrFullSince() async throws {
        try await run { runner in
            try await runner.call("queue.pause", #"{"kind":"one"}"#)
            let submission = #"{"kind":"one","idempotencyKey":"once"}"#
            let id = try #require(try await runner.call("job.submit", submission)["id"].int)

            // The kind has one place for a waiting job, and it is taken.
            #expect(reason(try await runner.request("job.submit", #"{"kind":"one"}"#)) == "kind.full")
            #expect(try await runner.call("job.submit", submission)["id"].int == id)
            try await runner.call("queue.drain", #"{"queue":"default"}"#)
            let again = try await runner.call("job.submit", submission)
            #expect(again["id"].int == id && again["duplicate"].bool == true)
            // Those of a batch that are new are still refused, and with them all.
            let side = #"{"kind":"two","queue":"side"}"#
            let both = try await runner.call("job.submitBatch", "{\"jobs\":[\(submission),\(side)]}")["jobs"].elements
            #expect(both.map { $0["duplicate"].bool } == [true, false] && both.first?["id"].int == id)
            let refused = try await runner.request("job.submitBatch", "{\"jobs\":[\(submission),{\"kind\":\"two\"}]}")
            #expect(reason(refused) == "queue.draining")
            let other = try await runner.request(
                "job.submit", #"{"kind":"one","params":{"n":2},"idempotencyKey":"once"}"#)
            #expect(reason(other) == "job.keyReused" && other["error"]["data"]["job"].int == id)
            // Nothing was counted twice, nothing was given back that was not taken.
            try await eventually("the other one is done") { runner.runner.live.total == 1 }
        }
    }

    @Test func aPauseEndsByTheWallClockAlsoAfterThatWasSetBack() async throws {
        let start = Timestamp("2026-11-21T00:00:00Z")!
        let time = ManualTime(wall: start)
        try await run(time) { runner in
            try await runner.call("queue.pause", "{\"queue\":\"default\",\"until\":\"\(start + .seconds(60))\"}")
            time.setWall(start - .seconds(300))

            var opened: Timestamp?
            try await eventually("the pause ends") {
                time.advance(by: .seconds(10))
                let queues = try await runner.call("queue.list")["queues"].elements
                guard queues.first(where: { $0["name"].string == "default" })?["state"].string == "open" else {
                    return false
                }
                opened = time.wall()
                return true
            }
            #expect(try #require(opened) >= start + .seconds(60))
        }
    }
}
