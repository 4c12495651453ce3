import MillraceProtocol
import Testing

@testable import RunnerService

/// Workers from outside name kinds as they like, and come and go.
struct KindTableTests {
    private func madeUp(_ round: Int) -> [KindDeclaration] {
        (0..<100).map { KindDeclaration(name: "made-up-\(round)-\($0)", stages: [.process]) }
    }

    @Test func kindsThatNobodyHoldsAreForgottenWhenTheyBecomeMany() throws {
        let mill = try Mill()
        try mill.join([.plain])
        let runs = try mill.submit(JobSpecification(kind: "plain")).id
        let waits = try mill.submit(JobSpecification(kind: "absent")).id

        for round in 0..<40 { try mill.leave(try mill.join(madeUp(round))) }
        #expect(mill.dispatcher.kinds.count <= 1200 && mill.dispatcher.kinds.entries.count <= 1200)

        // What is held is what it was.
        #expect(try mill.codes(waits) == [.noWorker])
        try mill.answerFirst(.process, .done)
        #expect(try mill.job(runs).state == .succeeded)
        try mill.join([KindDeclaration(name: "absent", stages: [.process])])
        try mill.answerFirst(.process, .done)
        #expect(try mill.job(waits).state == .succeeded)
    }

    @Test func kindsWhoseJobsAreOverAreForgottenToo() throws {
        let mill = try Mill()
        for round in 0..<30 {
            let kinds = madeUp(round)
            let worker = try mill.join(kinds)
            for kind in kinds { try mill.submit(JobSpecification(kind: kind.name)) }
            while !mill.calls.isEmpty { try mill.answerFirst(.process, .done) }
            try mill.leave(worker)
        }
        // Their lanes are forgotten first, 1,024 of which are kept.
        #expect(mill.dispatcher.kinds.count <= 2200 && mill.dispatcher.kinds.entries.count <= 2200)
        #expect(mill.dispatcher.counts.started == 3000)
        #expect(mill.dispatcher.load.jobs == 0)
    }
}
