import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import RunnerService

/// Random sequences of operations on the store and on the model of its rules.
@Suite struct StorePropertyTests {
    private static let keys: [String?] = [nil, "a", "b"]
    private static let kinds = ["plain", "ordered"]

    private struct Mismatch: Error, CustomStringConvertible {
        var description: String
    }

    private final class Trial {
        let yard: JobYard
        var model: StoreModel
        var generator: SeededGenerator
        var log: [String] = []
        var changes = Changes()
        /// Where jobs stood before the step.
        var before: Set<String> = []

        init(seed: UInt64) throws {
            yard = try JobYard()
            yard.rules.defaultKeyLimit = KeyLimit(running: 2, waiting: 3)
            yard.rules.keyLimits["ordered"] = KeyLimit(waiting: 3, ordered: true)
            model = StoreModel(rules: yard.rules, now: yard.now)
            generator = SeededGenerator(seed: seed)
        }

        func some<T>(_ values: [T]) -> T? { values.randomElement(using: &generator) }
        func chance(_ part: Double) -> Bool { Double.random(in: 0..<1, using: &generator) < part }
    }

    private func submit(_ trial: Trial) throws {
        var wanted = JobSpecification(kind: trial.some(Self.kinds)!)
        wanted.key = trial.some(Self.keys)!
        if trial.chance(0.3) { wanted.priority = Int.random(in: -3...3, using: &trial.generator) }
        if trial.chance(0.2) {
            wanted.runAt = trial.yard.now + .seconds(Int.random(in: 0...90, using: &trial.generator))
        }
        if trial.chance(0.2) { wanted.queue = "slow" }
        if trial.chance(0.1) { wanted.attached = true }
        if trial.chance(0.25) {
            wanted.uniqueKey = trial.some(["u", "v"])!
            wanted.uniqueMode = trial.some([UniqueMode.reject, .replace, .keep])!
        }
        if trial.chance(0.25), !trial.model.jobs.isEmpty {
            let parents = Set((0..<2).compactMap { _ in trial.some(trial.model.jobs.suffix(15).map(\.id)) })
            wanted.after = parents.sorted()
            if trial.chance(0.4) { wanted.afterMode = .always }
        }
        let uid: UInt32 = trial.chance(0.2) ? 7 : 1000
        let lane = Lane(queue: wanted.queue ?? "default", kind: wanted.kind, uid: uid)
        let live = wanted.uniqueKey.flatMap { trial.model.live(wanted.kind, $0) }
        trial.log.append("submit \(wanted) by \(uid)")
        let taken: Taken
        do {
            taken = try trial.yard.submit(wanted, uid: uid)
        } catch JobError.uniqueTaken(_, let id) {
            guard let live, live.id == id, wanted.uniqueMode == .reject || !live.isWaiting else {
                throw Mismatch(description: "not taken")
            }
            return
        } catch JobError.keyFull {
            var other = trial.model
            if let live { other.end(live.id, .cancelled, fills: false) }
            guard other.isFull(wanted.kind, wanted.key) else { throw Mismatch(description: "not full") }
            return
        }
        trial.changes = taken.changes
        if let live, wanted.uniqueMode == .keep {
            guard taken.receipt.duplicate, taken.receipt.id == live.id else { throw Mismatch(description: "not kept") }
            return
        }
        guard taken.receipt.replaced == live?.id else { throw Mismatch(description: "not replaced") }
        let wasFull = trial.model.isFull(wanted.kind, wanted.key)
        trial.model.submit(taken.receipt.id, wanted, lane: lane, replacing: live)
        let job = trial.model.jobs.last!
        guard !wasFull || live != nil || job.hold != .key else { throw Mismatch(description: "taken beyond the limit") }
        guard taken.receipt.state == job.state, taken.receipt.hold == job.hold else {
            throw Mismatch(description: "receipt \(taken.receipt)")
        }
    }

    private func step(_ trial: Trial) throws {
        trial.changes = Changes()
        let waiting = trial.model.jobs.filter(\.isWaiting).map(\.id)
        let running = trial.model.jobs.filter { $0.state == .running }.map(\.id)
        switch Int.random(in: 0..<100, using: &trial.generator) {
        case 0..<40:
            try submit(trial)
        case 40..<55:
            guard let lane = trial.some(trial.model.jobs.filter(\.isInLane).map(\.lane)) else { return }
            let count = Int.random(in: 1...3, using: &trial.generator)
            trial.log.append("claim \(count) of \(lane)")
            let expected = trial.model.lane(lane).prefix(count).map(\.id)
            let claimed = try trial.yard.claim(lane.kind, count, uid: lane.uid, queue: lane.queue).map(\.brief.id)
            guard claimed == expected else { throw Mismatch(description: "claimed \(claimed), not \(expected)") }
            for id in claimed { trial.model.jobs[trial.model.index(id)].state = .running }
        case 55..<70:
            guard let id = trial.some(running) else { return }
            let state = trial.some([JobState.succeeded, .succeeded, .failed, .cancelled])!
            trial.log.append("finish \(id) \(state)")
            trial.changes = try trial.yard.finish(id, state).changes
            trial.model.end(id, state)
        case 70..<76:
            guard let id = trial.some(running) else { return }
            let delay = Duration.seconds(Int.random(in: 1...60, using: &trial.generator))
            let keeps = trial.chance(0.5)
            trial.log.append("postpone \(id) by \(delay) \(keeps)")
            trial.changes = try trial.yard.postpone(id, by: delay, keepPlace: keeps).changes
            trial.model.postpone(id, until: trial.yard.now + delay, keepPlace: keeps)
        case 76..<80:
            guard let id = trial.some(waiting) else { return }
            trial.log.append("cancel \(id)")
            trial.changes = try trial.yard.cancel(id).changes
            trial.model.end(id, .cancelled)
        case 80..<84:
            guard let id = trial.some(waiting) else { return }
            trial.log.append("bury \(id)")
            trial.changes = try trial.yard.bury(id)
            trial.model.bury(id)
        case 84..<90:
            guard let id = trial.some(trial.model.jobs.map(\.id)) else { return }
            trial.log.append("redrive \(id)")
            trial.changes = try trial.yard.redrive(JobRedrive.Params(ids: [id])).changes
            trial.model.redrive(id)
        case 90..<94:
            guard let id = trial.some(waiting) else { return }
            var wanted = JobEdit.Params(id: id)
            if trial.chance(0.5) { wanted.key = trial.some(["a", "b"])! }
            if trial.chance(0.3) { wanted.priority = Int.random(in: -3...3, using: &trial.generator) }
            if trial.chance(0.3) { wanted.queue = trial.some(["slow", "default"])! }
            if trial.chance(0.3) {
                wanted.runAt = trial.yard.now + .seconds(Int.random(in: -30...60, using: &trial.generator))
            }
            trial.log.append("edit \(wanted)")
            do {
                trial.changes = try trial.yard.edit(wanted).changes
                trial.model.edit(wanted)
            } catch JobError.keyFull(let key, _) {
                let kind = trial.model.jobs[trial.model.index(id)].lane.kind
                guard trial.model.isFull(kind, key) else { throw Mismatch(description: "not full") }
            }
        case 94..<99:
            let span = Duration.milliseconds(Int.random(in: 1...40_000, using: &trial.generator))
            trial.log.append("after \(span)")
            trial.yard.advance(by: span)
            trial.model.now = trial.yard.now
            trial.changes = try trial.yard.promote()
            trial.model.promote()
        default:
            trial.log.append("restart")
            // A new run looks at all lanes.
            trial.changes = try trial.yard.restart()
            trial.changes.lanes = Set(trial.model.jobs.map(\.lane))
            trial.model.restart()
        }
    }

    /// Whatever holds at all times.
    private func check(_ trial: Trial) throws {
        let rows = try trial.yard.read { db in
            try db.query(
                """
                SELECT id, state, hold, keeps_place, rank, waits_for, queue, kind, uid FROM job ORDER BY id
                """
            ) { row in
                (
                    id: JobID(row.int(0)),
                    place: row.text(1) + (row.textOrNil(2).map { "/\($0)" } ?? "") + (row.bool(3) ? " keeps" : "")
                        + " \(row.int(4)) \(row.int(5))",
                    inLane: row.text(1) == "ready" && row.isNull(2),
                    lane: Lane(queue: row.text(6), kind: row.text(7), uid: UInt32(row.int(8)))
                )
            }
        }
        guard rows.map(\.id) == trial.model.jobs.map(\.id) else { throw Mismatch(description: "jobs were lost") }
        for (row, job) in zip(rows, trial.model.jobs) {
            // A job that is over keeps whatever rank it had.
            let expected = job.state.isFinal ? "\(job.state)" : job.place
            guard job.state.isFinal ? row.place.hasPrefix(expected) : row.place == expected else {
                throw Mismatch(description: "job \(job.id) is \(row.place), not \(job.place)")
            }
        }
        for (kind, key) in Self.kinds.flatMap({ kind in ["a", "b"].map { (kind, $0) } }) {
            let (admitted, line) = (trial.model.admitted(kind, key), trial.model.line(kind, key))
            let places = trial.yard.rules.keyLimit(of: kind).places
            guard admitted <= places, line.isEmpty || admitted == places else {
                throw Mismatch(description: "\(kind) \(key): \(admitted) admitted, \(line.count) wait")
            }
            let counted = try trial.yard.read { try JobStore.line($0, kind, key) }
            guard counted == (admitted, line.count) else { throw Mismatch(description: "\(key) counts \(counted)") }
        }
        for job in trial.model.jobs where !job.waitsFor.isEmpty {
            guard job.hold == .dependency || job.hold == .bury else { throw Mismatch(description: "\(job) is early") }
        }
        let standing = Set(rows.filter(\.inLane).map { "\($0.id) \($0.lane)" })
        for row in rows where row.inLane && !trial.before.contains("\(row.id) \(row.lane)") {
            guard trial.changes.lanes.contains(row.lane) else {
                throw Mismatch(description: "nobody is told of job \(row.id) in \(row.lane)")
            }
        }
        trial.before = standing
        let due = trial.model.jobs.filter { $0.state == .scheduled && $0.hold == nil }.map(\.runAt).min()
        let next = try trial.yard.read { try JobStore.nextScheduled($0) }
        guard next == due else { throw Mismatch(description: "next \(String(describing: next))") }
        try checkLanes(trial)
    }

    private func checkLanes(_ trial: Trial) throws {
        var expected: [Lane: LaneCount] = [:]
        for job in trial.model.jobs where !job.state.isFinal {
            var count = expected[job.lane] ?? LaneCount(lane: job.lane)
            if job.hold != nil {
                count.held += 1
            } else if job.state == .ready {
                count.ready += 1
            } else if job.state == .scheduled {
                count.scheduled += 1
            } else {
                count.running += 1
            }
            expected[job.lane] = count
        }
        let lanes = try trial.yard.read { try JobStore.lanes($0) }
        guard lanes == expected.values.sorted(by: { $0.lane < $1.lane }) else {
            throw Mismatch(description: "\(lanes)")
        }
    }

    @Test(arguments: 1...30)
    func theStoreDoesWhatTheRulesSay(seed: Int) throws {
        let trial = try Trial(seed: UInt64(seed))
        do {
            for _ in 0..<200 {
                try step(trial)
                try check(trial)
            }
        } catch {
            Issue.record("seed \(seed): \(error)\n\(trial.log.suffix(12).joined(separator: "\n"))")
        }
        // All can be worked off: nobody waits for ever.
        for id in trial.model.jobs.filter({ $0.hold == .bury }).map(\.id) {
            try trial.yard.redrive(JobRedrive.Params(ids: [id]))
        }
        trial.yard.advance(by: .seconds(3600))
        for _ in 0..<1000 {
            try trial.yard.promote()
            let lanes = try trial.yard.read { try JobStore.lanes($0) }
            if lanes.isEmpty { break }
            for lane in lanes.map(\.lane) { try trial.yard.claim(lane.kind, 10, uid: lane.uid, queue: lane.queue) }
            for id in trial.yard.running.keys.sorted() { try trial.yard.finish(id) }
        }
        #expect(try trial.yard.ids("SELECT id FROM job WHERE finished_at IS NULL").isEmpty)
        #expect(try trial.yard.ids("SELECT admitted FROM line").isEmpty)
    }
}
