import Linux
import MillraceProtocol
import MillraceStore
import TestSupport
import Testing

@testable import RunnerService

/// Random courses held against what must always be true.
struct StateMachineTests {
    /// Random courses: workers come and go, items succeed, fail, break, are cancelled, the runner restarts.
    @Test(arguments: 0..<24) func everyJobEndsAndNoItemIsDoneTwice(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let mill = try Mill(bounds: Bounds(jobs: 4, calls: 12))
        var jobs: [JobID] = []
        var workers: [Int] = []
        var succeeded: Set<String> = []
        func processed(_ fence: Int64) {
            guard case .process(let params)? = mill.calls[fence] else { return }
            #expect(
                succeeded.insert("\(params.job.id)/\(params.item.index)").inserted,
                "item \(params.item.key) of job \(params.job.id) succeeded twice")
        }
        func answerOne() throws {
            guard let fence = mill.calls.keys.sorted().randomElement(using: &random) else { return }
            let ending: LeaseEnd
            switch (mill.calls[fence]!.stage, Int.random(in: 0..<10, using: &random)) {
            case (_, 0): ending = .transient
            case (_, 1): ending = .fatal
            case (_, 2) where mill.cancelled.contains(fence): ending = .stopped
            case (.plan, _):
                ending = .planned(
                    .items(Int.random(in: 0...6, using: &random), slots: Int.random(in: 1...5, using: &random)))
            case (.preload, _): ending = .preloaded
            case (.process, _):
                processed(fence)
                ending = .done
            case (.summarize, _): ending = .summary
            }
            try mill.answer(fence, ending)
        }
        for _ in 0..<250 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0...2:
                let kind = Bool.random(using: &random) ? "batch" : "plain"
                let delay = Bool.random(using: &random) ? Duration.seconds(Int.random(in: 0...5, using: &random)) : nil
                jobs.append(
                    try mill.submit(
                        JobSpecification(
                            kind: kind, priority: Int.random(in: -2...2, using: &random),
                            runAt: delay.map { mill.time.wall() + $0 },
                            timeoutMs: Int.random(in: 0..<6, using: &random) == 0 ? 3000 : nil, backoffMs: 500)
                    ).id)
            case 3: workers.append(try mill.join([.batch, .plain], capacity: Int.random(in: 1...4, using: &random)))
            case 4:
                guard let worker = workers.randomElement(using: &random) else { break }
                workers.removeAll { $0 == worker }
                try mill.leave(worker)
            case 5: try mill.advance(by: .milliseconds(Int.random(in: 1...2000, using: &random)))
            case 6: if let id = jobs.randomElement(using: &random) { _ = try mill.cancel(id) }
            case 7 where Int.random(in: 0..<5, using: &random) == 0:
                try mill.restart()
                workers = []
            default: try answerOne()
            }
            #expect(mill.dispatcher.leases.count <= 12)
            #expect(mill.dispatcher.jobs.count <= 4)
            for worker in mill.dispatcher.workers.values {
                #expect(worker.running <= worker.capacity && worker.running >= 0)
                #expect(mill.dispatcher.leases.values.count { $0.worker == worker.id } == worker.running)
            }
        }
        // Let everything come to its end.
        try mill.join([.batch, .plain])
        var rounds = 0
        while try jobs.contains(where: { try !mill.job($0).state.isFinal }), rounds < 5000 {
            rounds += 1
            if mill.calls.isEmpty { try mill.advance(by: .seconds(10)) } else { try answerOne() }
        }
        for id in jobs {
            let detail = try mill.detail(id)
            #expect(detail.job.state.isFinal, "job \(id) is still \(detail.job.state)")
            #expect(detail.items?.allSatisfy { $0.state.isFinal } == true)
            #expect(detail.attempts?.allSatisfy { $0.endedAt != nil } == true)
            for item in detail.items ?? [] where item.state == .succeeded {
                #expect(succeeded.contains("\(id)/\(item.index)"))
            }
            if let slots = detail.job.slots { #expect(mill.mostItemsAtOnce[id] ?? 0 <= max(slots, 1)) }
            let counts = detail.job.items
            #expect(counts.total == counts.succeeded + counts.failed + counts.cancelled)
        }
        #expect(mill.dispatcher.leases.isEmpty)
        #expect(mill.dispatcher.jobs.isEmpty)
        #expect(mill.dispatcher.workers.values.allSatisfy { $0.prepared.isEmpty && $0.running == 0 })
    }
}
