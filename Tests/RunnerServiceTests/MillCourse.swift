import Linux
import MillraceProtocol
import TestSupport

@testable import RunnerService

/// A random course of a mill: everything that can happen to a runner from outside, in any order.
final class MillCourse {
    static let kinds: [KindDeclaration] = [
        .batch, .plain, .list, KindDeclaration(name: "limited", stages: [.process]),
        KindDeclaration(name: "metered", stages: [.plan, .preload, .process]),
    ]
    private static let queues: [String?] = [nil, nil, nil, "side"]
    private static let keys: [String?] = [nil, nil, nil, "a", "b"]

    let mill: Mill
    var random: SeededGenerator
    /// What was done, for whoever looks into a failure.
    private(set) var log: [String] = []
    private(set) var jobs: [JobID] = []
    private(set) var workers: [Int] = []
    private var permits: [Int64] = []
    /// Items that were answered as done.
    private(set) var done: Set<String> = []
    private(set) var doneTwice: [String] = []

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        var rules = Dispatcher.Rules(bounds: Bounds(jobs: 6, calls: 12, kinds: ["list": 2], queues: ["side": 2]))
        rules.bounds.users[3] = 1
        rules.definitions = [
            "api": ResourceBook.Definition(rate: 2, burst: 2, failures: 3, pause: .seconds(5)),
            "db": ResourceBook.Definition(rate: 0.5, burst: 1),
        ]
        rules.needs = [
            "limited": ResourceBook.Needs(tokens: ["api"], breaker: "api"),
            "metered": ResourceBook.Needs(tokens: ["db", "api"]),
        ]
        rules.retryRatios = ["limited": 0.2]
        rules.itemTimeouts = ["list": .seconds(20)]
        var store = StoreRules()
        store.defaultKeyLimit = KeyLimit(running: 2, waiting: 3)
        store.keyLimits["list"] = KeyLimit(running: 1, waiting: 3, ordered: true)
        mill = try Mill(rules, store: store)
        try mill.handle(.workerJoined(.canary(since: mill.time.wall(), pid: 1)))
    }

    func chance(_ part: Double) -> Bool { Double.random(in: 0..<1, using: &random) < part }
    func some<T>(_ values: some Collection<T>) -> T? { values.randomElement(using: &random) }
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private func note(_ text: @autoclosure () -> String) {
        let text = text()
        if log.last != text { log.append(text) }
    }

    // MARK: Steps

    func step() throws {
        switch number(0...99) {
        case 0..<17: try submit()
        case 17..<24: try join()
        case 24..<28: try leave()
        case 28..<30:
            guard let worker = some(workers) else { break }
            note("retire \(worker)")
            try mill.handle(.workerRetires(worker))
        case 30..<60: try answer()
        case 60..<64: if let id = some(jobs) { try change("cancel \(id)") { _ = try mill.cancel(id) } }
        case 64..<72: try alter()
        case 72..<80:
            let span = Duration.milliseconds(number(1...(chance(0.2) ? 40_000 : 3000)))
            note("advance \(span)")
            try mill.advance(by: span)
        case 80..<85: try rule()
        case 85..<90: try permit()
        case 90..<97: try beLazy()
        case 97: try stop()
        case 98:
            note("the next claim or promotion fails")
            mill.failures += 1
        default:
            guard let id = some(mill.dispatcher.jobs.keys.sorted()), mill.dispatcher.jobs[id]?.isPlain == false else {
                break
            }
            let slots = number(1...4)
            note("slots \(id) \(slots)")
            try mill.handle(.slots(id, slots))
        }
    }

    /// Something that the rules of jobs may refuse.
    private func change(_ what: String, _ body: () throws -> Void) throws {
        note(what)
        do { try body() } catch let error as JobError { note("refused: \(error)") }
    }

    private func submit() throws {
        guard jobs.count < 40 else { return try answer() }
        if chance(0.05) {
            note("canary")
            jobs.append(
                try mill.submit(
                    JobSpecification(kind: Canary.kind, queue: Canary.lane.queue, maxAttempts: 1), uid: Canary.lane.uid
                ).id)
            return
        }
        var wanted = JobSpecification(kind: some(Self.kinds.map(\.name))!)
        wanted.queue = some(Self.queues)!
        wanted.key = some(Self.keys)!
        wanted.backoffMs = 500
        if chance(0.3) { wanted.priority = number(-3...3) }
        if chance(0.2) { wanted.runAt = mill.time.wall() + .seconds(number(0...30)) }
        if chance(0.15) { wanted.timeoutMs = number(1...20) * 1000 }
        if chance(0.15) { wanted.itemTimeoutMs = number(1...10) * 1000 }
        if chance(0.2) { wanted.after = Set((0..<2).compactMap { _ in some(jobs.suffix(10)) }).sorted() }
        if wanted.after?.isEmpty == true { wanted.after = nil }
        if wanted.after != nil, chance(0.4) { wanted.afterMode = .always }
        if chance(0.15) {
            wanted.uniqueKey = some(["u", "v"])
            wanted.uniqueMode = some([.reject, .replace, .keep])
        }
        if chance(0.1) { wanted.attached = true }
        if chance(0.1) {
            wanted.hooks = [JobHook(on: [.succeeded, .failed, .cancelled], action: .job(.init(kind: "plain")))]
        }
        let uid = UInt32(number(1...3))
        try change("submit \(wanted.kind) for \(uid) in \(wanted.queue ?? "default")") {
            let receipt = try mill.submit(wanted, uid: uid)
            note("→ \(receipt.id) \(receipt.state) \(receipt.hold.map(\.rawValue) ?? "")")
            if !jobs.contains(receipt.id) { jobs.append(receipt.id) }
        }
    }

    private func join() throws {
        guard workers.count < 4 else { return }
        let offered = Self.kinds.filter { _ in chance(0.7) }
        guard !offered.isEmpty else { return }
        let capacity = chance(0.3) ? number(8...16) : number(1...4)
        workers.append(try mill.join(offered, capacity: capacity))
        note("worker \(workers.last!) for \(offered.map(\.name)) with \(capacity) places")
    }

    private func leave() throws {
        workers.removeAll { mill.dispatcher.workers[$0] == nil }
        guard let worker = some(workers) else { return }
        note("worker \(worker) leaves")
        workers.removeAll { $0 == worker }
        try mill.leave(worker)
    }

    /// Answers a call in one of all possible ways.
    func answer(well: Bool = false) throws {
        guard let fence = some(mill.calls.keys.sorted()), let call = mill.calls[fence] else { return }
        let ending = end(of: call, fence, well: well)
        note(
            "answer \(fence & 0xffff_ffff) \(call.stage) of \(mill.dispatcher.leases[fence].map { "\($0.job)" } ?? "-") \("\(ending)".prefix(40))"
        )
        try mill.answer(fence, ending)
    }

    private func end(of call: Mill.Call, _ fence: Int64, well: Bool) -> LeaseEnd {
        if !well {
            switch number(0...99) {
            case 0..<10: return .transient
            case 10..<16: return .fatal
            case 16..<20: return .away(for: .milliseconds(number(0...8000)))
            case 20..<24: return .snoozed(for: .milliseconds(number(0...8000)))
            case 24..<28: return .lost("killed")
            case 28..<29 where call.stage == .process: return .planned(.items(1))
            case 29..<60 where mill.cancelled.contains(fence): return .stopped
            default: break
            }
        }
        switch call {
        case .plan: return .planned(.items(number(0...6), slots: chance(0.5) ? number(1...5) : nil))
        case .preload: return .preloaded
        case .process(let params):
            // Only what the dispatcher still waits for counts.
            if mill.dispatcher.leases[fence] != nil {
                let item = "\(params.job.id)/\(params.item.index)"
                if params.job.kind == "batch", !done.insert(item).inserted { doneTwice.append(item) }
            }
            return .done
        case .summarize: return .summary
        }
    }

    /// What people do to jobs.
    private func alter() throws {
        guard let id = some(jobs) else { return }
        switch number(0...4) {
        case 0: try change("bury \(id)") { try mill.bury(id) }
        case 1: try change("redrive \(id)") { try mill.redrive(.init(ids: [id])) }
        case 2: try change("retry \(id)") { try mill.retry(id) }
        case 3: try change("redrive buried") { try mill.redrive(.init(buried: true)) }
        default:
            var wanted = JobEdit.Params(id: id)
            switch number(0...4) {
            case 0: wanted.priority = number(-5...5)
            case 1: wanted.queue = some(["default", "side"])
            case 2: wanted.key = some(["a", "b"])
            case 3: wanted.runAt = mill.time.wall() + .seconds(number(-5...20))
            default: wanted.timeoutMs = number(1...20) * 1000
            }
            try change("edit \(wanted)") { try mill.edit(wanted) }
        }
    }

    private func rule() throws {
        // Who lowers a limit while a claim is under way gets one more; that is not looked at here.
        guard mill.isSettled else { return try mill.settle() }
        let choice = number(0...9)
        note("rule \(choice)")
        switch choice {
        case 0: try mill.pause(queue: some(["default", "side"]))
        case 1: try mill.pause(kind: some(Self.kinds)!.name)
        case 2, 3: try mill.resume()
        case 4: try mill.rule { $0.bounds.jobs = number(1...16) }
        case 5: try mill.rule { $0.bounds.calls = number(1...20) }
        case 6: try mill.rule { $0.bounds.kinds[some(Self.kinds)!.name] = number(0...3) }
        case 7: try mill.rule { $0.bounds.users[UInt32(number(1...3))] = number(0...3) }
        case 8: try mill.rule { $0.definitions["api"]?.rate = chance(0.3) ? nil : Double(number(1...5)) }
        default: try mill.handle(.breakerForced(some(["api", "db"])!, open: some([true, false, nil, nil])!))
        }
    }

    private func permit() throws {
        if permits.isEmpty || chance(0.4) {
            let name = some(["api", "db", "other"])!
            let count = number(1...3)
            permits.append(try mill.acquire(name, count, worker: some(workers)))
            note("permit \(permits.last!) of \(count) \(name)")
        } else if let permit = some(permits) {
            permits.removeAll { $0 == permit }
            let choice = number(0...2)
            note("permit \(permit) ends \(choice)")
            if choice == 0 || mill.isGranted(permit) == nil {
                try mill.handle(.permitReturned(permit))
            } else {
                try mill.handle(.permitReported(permit, succeeded: choice == 1))
            }
        }
    }

    /// The disk is slow for a while.
    private func beLazy() throws {
        guard mill.isLazy else {
            note("lazy")
            return mill.isLazy = true
        }
        switch number(0...3) {
        case 0:
            note("settle")
            mill.isLazy = false
            try mill.settle()
        case 1:
            for _ in 0..<number(1...5) { mill.tell() }
        default:
            for _ in 0..<number(1...5) { try mill.write() }
        }
    }

    private func stop() throws {
        if !mill.dispatcher.draining, chance(0.5) {
            note("drain")
            return try mill.handle(.drain)
        }
        note("restart")
        try restart()
    }

    private func restart() throws {
        mill.isLazy = false
        workers = []
        permits = []
        mill.failures = 0
        // The runner gives up what was not written; who was told that something is done is not affected.
        try mill.settle()
        try mill.restart()
        try mill.handle(.workerJoined(.canary(since: mill.time.wall(), pid: 1)))
    }

    // MARK: The end

    /// Lets everything come to its end: nothing hinders any more, every call is answered well, time goes by.
    ///
    /// - Returns: the jobs that are not over all the same.
    func finish() throws -> [JobID] {
        note("finish")
        mill.failures = 0
        mill.isLazy = false
        try mill.settle()
        if mill.dispatcher.draining { try restart() }
        try mill.rule { rules in
            rules.pauses = Pauses()
            rules.bounds.kinds = [:]
            rules.bounds.users = [:]
        }
        for name in ["api", "db"] { try mill.handle(.breakerForced(name, open: nil)) }
        for permit in permits { try mill.handle(.permitReturned(permit)) }
        try mill.join(Self.kinds)
        try mill.redrive(.init(buried: true))
        var rounds = 0
        while rounds < 3000 {
            rounds += 1
            let canaries = mill.calls.keys
            if canaries.isEmpty {
                let live = try live()
                if live.isEmpty { return [] }
                note("advance 5 s")
                try mill.advance(by: .seconds(5))
            } else {
                try answer(well: true)
            }
        }
        return try live()
    }

    func live() throws -> [JobID] {
        try mill.store.readBlocking {
            try $0.query("SELECT id FROM job WHERE finished_at IS NULL ORDER BY id") { JobID($0.int(0)) }
        }
    }
}
