import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

/// `job.submitBatch` in a whole runner.
@Suite(.heavy) struct BatchTests {
    private let folder = TemporaryDirectory()
    private static let kinds = """
        kinds:
          - { name: one, command: [/bin/true], key: { running: 1, waiting: 0 } }
          - { name: two, command: [/bin/true] }
        """

    private func run(_ body: (HostedRunner) async throws -> Void) async throws {
        let hosted = try await HostedRunner(folder, kinds: Self.kinds)
        do {
            try await hosted.call("queue.pause", #"{"queue":"default"}"#)
            try await hosted.call("queue.drain", #"{"queue":"closed"}"#)
            try await hosted.call("queue.drain", #"{"kind":"two"}"#)
            try await body(hosted)
        } catch {
            await hosted.drain(within: .zero)
            throw error
        }
        await hosted.drain(within: .zero)
    }

    @Test func anErrorSaysWhichJobItIsAbout() async throws {
        try await run { runner in
            let known = #"{"kind":"one","idempotencyKey":"once","uniqueKey":"only","key":"full"}"#
            let id = try #require(try await runner.call("job.submit", known)["id"].int)
            let wrong = [
                (#"{"kind":"three"}"#, "kind.unknown", "kind"),
                (#"{"kind":"two"}"#, "kind.draining", "kind"),
                (#"{"kind":"one","queue":"closed"}"#, "queue.draining", "queue"),
                (#"{"kind":"one","priority":5000}"#, "params.invalid", "priority"),
                (#"{"kind":"one","idempotencyKey":"once","params":[2]}"#, "job.keyReused", "idempotencyKey"),
                (#"{"kind":"one","uniqueKey":"only"}"#, "job.uniqueTaken", "uniqueKey"),
                (#"{"kind":"one","key":"full"}"#, "key.full", "key"),
                ("{\"kind\":\"one\",\"after\":[\(id),999999]}", "job.notFound", "after[1]"),
            ]
            for (job, reason, field) in wrong {
                func refusal(_ method: String, _ params: String) async throws -> [String?] {
                    let data = try await runner.request(method, params)["error"]["data"]
                    return [data["reason"].string, data["field"].string]
                }
                #expect(try await refusal("job.submit", job) == [reason, field])
                #expect(try await refusal("job.submitBatch", "{\"jobs\":[\(job)]}") == [reason, "jobs[0].\(field)"])
                let second = "{\"jobs\":[{\"kind\":\"one\"},\(job)]}"
                #expect(try await refusal("job.submitBatch", second) == [reason, "jobs[1].\(field)"])
            }
            #expect(try await runner.call("job.list")["jobs"].elements.count == 1, "all of a batch or none")
        }
    }

    @Test func aBatchThatIsSentAgainWithItsKeyIsTheSameJobs() async throws {
        try await run { runner in
            let meta = #"{"idempotencyKey":"night"}"#
            let jobs = #"{"jobs":[{"kind":"one","params":[1]},{"kind":"one","params":[2],"idempotencyKey":"own"}]}"#
            let first = try await runner.call("job.submitBatch", jobs, meta: meta)["jobs"].elements
            let again = try await runner.call("job.submitBatch", jobs, meta: meta)["jobs"].elements
            #expect(again.map { $0["id"].int } == first.map { $0["id"].int })
            #expect(
                again.map { $0["duplicate"].bool } == [true, true]
                    && first.map { $0["duplicate"].bool } == [false, false])
            #expect(try await runner.call("job.list")["jobs"].elements.count == 2)
            // Each job's key is its own: it can be submitted by itself.
            let single = try await runner.call("job.submit", #"{"kind":"one","params":[1],"idempotencyKey":"night/0"}"#)
            #expect(single["id"].int == first[0]["id"].int)

            let other = #"{"jobs":[{"kind":"one","params":[3]}]}"#
            let reused = try await runner.request("job.submitBatch", other, meta: meta)["error"]["data"]
            #expect(reused["reason"].string == "job.keyReused" && reused["field"].string == "jobs[0].idempotencyKey")
            let long = String(repeating: "k", count: 255)
            let refused = try await runner.request("job.submitBatch", other, meta: "{\"idempotencyKey\":\"\(long)\"}")
            #expect(refused["error"]["data"]["status"].string == "INVALID_ARGUMENT")
        }
    }
}
