import JSONCodec
import MillraceProtocol
import MillraceStore
import Testing

@testable import RunnerService

/// Pages of `job.list`.
struct PageTests {
    @Test func aPageEndsBeforeItIsTooLongForAFrameAndTheNextGoesOn() throws {
        let yard = try JobYard()
        let ids = try (0..<250).map { _ in try yard.submit(.plain()).receipt.id }
        // Each byte of it takes six in JSON.
        let message = String(repeating: "\u{1}", count: Payload.words)
        let jobs = try yard.claim("plain", ids.count)
        try yard.write { db, rules, now in
            for job in jobs {
                let error = RPCError(.failedPrecondition, message, reason: "test.never")
                let ending = JobEnding(state: .failed, cause: message, error: error, attempts: 1, crashes: 0)
                _ = try JobStore.finish(db, job.view, ending, rules, now: now)
            }
        }
        var listed: [JobID] = []
        var pages = 0
        var wanted = JobList.Params()
        wanted.limit = 1000
        repeat {
            let page = try yard.read { [wanted] in try JobStore.list($0, wanted) }
            #expect(JSON.encode(page).count < 10 << 20)
            listed += page.jobs.map(\.id)
            wanted.before = page.nextBefore
            pages += 1
        } while wanted.before != nil && pages < 10
        #expect(pages == 2 && listed == ids.reversed())
    }

    /// What an earlier version kept.
    @Test func anErrorThatIsTooLongIsCutWhenItIsRead() throws {
        let yard = try JobYard()
        let id = try yard.submit(.plain()).receipt.id
        try yard.claim("plain")
        try yard.finish(id, .failed)
        let long = String(repeating: "x", count: 9 << 20)
        try yard.write { db, _, _ in
            try db.run(
                "UPDATE job SET cause = ?, error = ? WHERE id = ?", .text(long),
                .blob(Array("{\"code\":1,\"message\":\"\(long)\"}".utf8)), SQLValue(id.rawValue))
        }
        let job = try #require(try yard.read { try JobStore.list($0, JobList.Params()) }.jobs.first)
        #expect(job.cause.utf8.count == Payload.words && job.error?.message.utf8.count == Payload.words)
    }
}
