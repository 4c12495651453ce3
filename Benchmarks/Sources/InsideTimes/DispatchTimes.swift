import Foundation
import JSONCodec
import Linux
import MillraceProtocol

@testable import RunnerInside

/// What the dispatcher costs for one item of a large job and for one plain job, in nanoseconds: everything it does from
/// the claim to the end, with nothing behind it.
struct DispatchTimes: Encodable {
    var item: Double
    var plain: Double

    private static let items = 20_000
    private static let plains = 20_000
    private static let places = 64

    init(rounds: Int) throws {
        var item: [Double] = [], plain: [Double] = []
        for _ in 0..<rounds {
            item.append(Self.planned())
            plain.append(Self.plain())
        }
        self.item = median(item)
        self.plain = median(plain)
    }

    // MARK: A job of many items

    private static func planned() -> Double {
        var mill = Mill(stages: [.plan, .process])
        _ = mill.handle(.lanesReady([Mill.lane]))
        _ = mill.handle(.claimed([Mill.job(1)], exhausted: [Mill.lane]))
        let plan = WorkloadPlan.Result(
            items: (0..<items).map { WorkloadPlan.Result.Item(key: "item-\($0)", input: .null) }, slots: 20)
        guard let fence = mill.leases.popLast() else { preconditionFailure("nothing is planned") }
        _ = mill.handle(.leaseEnded(fence, .planned(plan), AttemptFacts()))
        let pending = plan.items.enumerated().map { index, item in
            PendingItem(
                brief: ItemBrief(index: index, key: item.key, input: .null), attempts: 0, crashes: 0,
                notBefore: Timestamp(milliseconds: 0))
        }
        let start = threadTime()
        _ = mill.handle(.planSaved(JobID(1), pending))
        var done = 0
        while let fence = mill.leases.popLast() {
            _ = mill.handle(.leaseEnded(fence, .processed(.init(output: .emptyObject)), AttemptFacts()))
            done += 1
            while let id = mill.saves.popLast() { _ = mill.handle(.itemSaved(id)) }
        }
        let time = threadTime() - start
        precondition(done == items && mill.finished == 1, "\(done) items done, \(mill.finished) jobs ended")
        return time / Double(items)
    }

    // MARK: Jobs that are their own item

    private static func plain() -> Double {
        var mill = Mill(stages: [.process])
        let jobs = (1...plains).map { Mill.job(Int64($0)) }
        var next = 0
        let start = threadTime()
        var claims = mill.handle(.lanesReady([Mill.lane]))
        while mill.finished < plains {
            // One claim at a time, as many as there is room for, like the store.
            if claims > 0, next < plains {
                let count = min(claims, plains - next)
                let claimed = Array(jobs[next..<next + count])
                next += count
                claims = mill.handle(.claimed(claimed, exhausted: next == plains ? [Mill.lane] : []))
                continue
            }
            guard let fence = mill.leases.popLast() else { preconditionFailure("nothing runs") }
            claims = max(
                claims, mill.handle(.leaseEnded(fence, .processed(.init(output: nil)), AttemptFacts())))
        }
        return (threadTime() - start) / Double(plains)
    }

    // MARK: A dispatcher with one worker

    private struct Mill {
        static let lane = Lane(queue: "default", kind: "noop", uid: 0)

        private var dispatcher = Dispatcher(run: 1)
        private var now = Dispatcher.Now(wall: Timestamp(milliseconds: 1_800_000_000_000), boot: .seconds(1000))
        /// Calls in work.
        var leases: [Int64] = []
        /// Jobs of items that are to be kept.
        var saves: [JobID] = []
        var finished = 0
        private var effects: [Effect] = []

        init(stages: [WorkloadStage]) {
            let kind = KindDeclaration(name: "noop", summary: "", stages: stages)
            _ = handle(
                .workerJoined(
                    Worker(id: 1, name: "noop", pid: 2, kinds: [kind], capacity: places, since: now.wall)))
        }

        /// Takes the event in and notes what it brings about; how many jobs are to be claimed.
        mutating func handle(_ event: consuming Dispatcher.Event) -> Int {
            now.boot += .microseconds(10)
            var claims = 0
            dispatcher.handle(event, now: now, &effects)
            while let effect = effects.popLast() {
                switch consume effect {
                case .claim(let requests): claims += requests.reduce(0) { $0 + $1.count }
                case .plan(let lease, _), .process(let lease, _), .summarize(let lease, _, _):
                    leases.append(lease.fence)
                case .saveItem(let lease, _, _): saves.append(lease.job)
                case .finish: finished += 1
                default: break
                }
            }
            return claims
        }

        static func job(_ number: Int64) -> ClaimedJob {
            let id = JobID(number)
            let params = JSONRaw(unchecked: Array(#"{"n":1}"#.utf8))
            let correlation = "0123456789abcdef0123456789abcdef"
            let now = Timestamp(milliseconds: 1_800_000_000_000)
            return ClaimedJob(
                brief: JobBrief(id: id, kind: "noop", params: params, correlationId: correlation),
                view: JobView(
                    id: id, kind: "noop", state: .running, queue: "default", priority: 0, submittedAt: now, runAt: now,
                    startedAt: now, user: 0, correlationId: correlation, items: ItemCounts(), maxAttempts: 3,
                    cause: "started"),
                backoff: .seconds(1), attempts: 0, crashes: 0, slots: nil, items: [], task: nil)
        }
    }
}
