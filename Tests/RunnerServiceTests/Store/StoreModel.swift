import Linux
import MillraceProtocol

@testable import RunnerService

/// The rules of the store in plain words: all jobs in an array, every question answered by looking at all of them.
struct StoreModel {
    struct Job {
        var id: JobID
        var lane: Lane
        var key: String?
        var unique: String?
        var priority: Int
        var state: JobState
        var hold: JobHold?
        var keepsPlace = false
        var rank: Int64
        var runAt: Timestamp
        var waitsFor: Set<JobID> = []
        var mode = DependencyMode.success
        var attached: Bool

        var isAdmitted: Bool {
            key != nil && (state == .running || keepsPlace || (state == .ready && hold == nil))
        }
        var isInLane: Bool { state == .ready && hold == nil }
        var isWaiting: Bool { state == .ready || state == .scheduled }
        var place: String {
            "\(state)\(hold.map { "/\($0)" } ?? "")\(keepsPlace ? " keeps" : "") \(rank) \(waitsFor.count)"
        }
    }

    var rules: StoreRules
    var now: Timestamp
    var jobs: [Job] = []

    func index(_ id: JobID) -> Int { jobs.firstIndex { $0.id == id }! }

    func admitted(_ kind: String, _ key: String) -> Int {
        jobs.count { $0.isAdmitted && $0.lane.kind == kind && $0.key == key }
    }

    /// The line of a key, the next first.
    func line(_ kind: String, _ key: String) -> [Job] {
        jobs.filter { $0.hold == .key && $0.lane.kind == kind && $0.key == key }
            .sorted { ($0.rank, $0.id) < ($1.rank, $1.id) }
    }

    /// A lane, the next first.
    func lane(_ lane: Lane) -> [Job] {
        jobs.filter { $0.isInLane && $0.lane == lane }.sorted { ($0.rank, $0.id) < ($1.rank, $1.id) }
    }

    func live(_ kind: String, _ unique: String) -> Job? {
        jobs.first { $0.unique == unique && $0.lane.kind == kind && !$0.state.isFinal }
    }

    mutating func fill(_ kind: String, _ key: String?) {
        guard let key else { return }
        while admitted(kind, key) < rules.keyLimit(of: kind).places, let next = line(kind, key).first {
            jobs[index(next.id)].hold = nil
            jobs[index(next.id)].rank = rules.rank(at: now, priority: next.priority)
        }
    }

    /// The job is ready from now on, in its lane or in the line of its key.
    mutating func stand(_ index: Int, since: Timestamp) {
        let kind = jobs[index].lane.kind
        jobs[index].state = .ready
        jobs[index].hold = nil
        jobs[index].keepsPlace = false
        jobs[index].rank = rules.rank(at: since, priority: jobs[index].priority)
        guard let key = jobs[index].key else { return }
        let others = jobs.count { $0.isAdmitted && $0.lane.kind == kind && $0.key == key && $0.id != jobs[index].id }
        if others < rules.keyLimit(of: kind).places && line(kind, key).isEmpty { return }
        jobs[index].hold = .key
        if rules.keyLimit(of: kind).ordered { jobs[index].rank = 0 }
        fill(kind, key)
    }

    /// True if the line of the key takes no other submission.
    func isFull(_ kind: String, _ key: String?) -> Bool {
        guard let key else { return false }
        let limit = rules.keyLimit(of: kind)
        return admitted(kind, key) >= limit.places && line(kind, key).count >= limit.waiting
    }

    mutating func submit(
        _ id: JobID, _ wanted: JobSpecification, lane: Lane, replacing replaced: Job?
    ) {
        var job = Job(
            id: id, lane: lane, key: wanted.key, unique: wanted.uniqueKey, priority: wanted.priority ?? 0,
            state: .scheduled, hold: nil, rank: 0, runAt: wanted.runAt ?? now, mode: wanted.afterMode ?? .success,
            attached: wanted.attached ?? false)
        job.rank = rules.rank(at: max(job.runAt, now), priority: job.priority)
        if let replaced { end(replaced.id, .cancelled, fills: false) }
        let parents = (wanted.after ?? []).map { jobs[self.index($0)] }
        let isDoomed = job.mode == .success && parents.contains { $0.state.isFinal && $0.state != .succeeded }
        job.waitsFor = isDoomed ? [] : Set(parents.filter { !$0.state.isFinal }.map(\.id))
        jobs.append(job)
        let index = jobs.count - 1
        if isDoomed {
            jobs[index].state = .cancelled
        } else if !job.waitsFor.isEmpty {
            jobs[index].hold = .dependency
            if job.runAt <= now { jobs[index].state = .ready }
        } else if job.runAt <= now {
            if let replaced, replaced.key == job.key, replaced.isInLane || replaced.keepsPlace || replaced.hold == .key
            {
                jobs[index].state = .ready
                jobs[index].hold = replaced.hold
                let isSame = replaced.isInLane && replaced.lane == lane && replaced.priority == job.priority
                if isSame || replaced.hold == .key { jobs[index].rank = replaced.rank }
            } else {
                stand(index, since: now)
            }
        }
        if let replaced { fill(replaced.lane.kind, replaced.key) }
    }

    mutating func end(_ id: JobID, _ state: JobState, fills: Bool = true) {
        var ending: [(JobID, JobState)] = [(id, state)]
        while let (id, state) = ending.popLast() {
            let job = jobs[index(id)]
            if job.state.isFinal { continue }
            jobs[index(id)].state = state
            jobs[index(id)].hold = nil
            jobs[index(id)].keepsPlace = false
            jobs[index(id)].waitsFor = []
            if job.isAdmitted, fills { fill(job.lane.kind, job.key) }
            var falling: [(JobID, JobState)] = []
            for follower in jobs where follower.waitsFor.contains(id) {
                if follower.mode == .success, state != .succeeded {
                    falling.append((follower.id, .cancelled))
                } else {
                    let place = index(follower.id)
                    jobs[place].waitsFor.remove(id)
                    if jobs[place].waitsFor.isEmpty, follower.hold == .dependency { settle(place) }
                }
            }
            ending += falling.reversed()
        }
    }

    /// Nothing but its time and its key may hold the job any more.
    mutating func settle(_ index: Int) {
        if jobs[index].runAt > now {
            jobs[index].state = .scheduled
            jobs[index].hold = nil
            jobs[index].rank = rules.rank(at: jobs[index].runAt, priority: jobs[index].priority)
        } else {
            stand(index, since: now)
        }
    }

    mutating func postpone(_ id: JobID, until: Timestamp, keepPlace: Bool) {
        let at = index(id)
        jobs[at].state = .scheduled
        jobs[at].runAt = until
        jobs[at].rank = rules.rank(at: until, priority: jobs[at].priority)
        jobs[at].keepsPlace = keepPlace && jobs[at].key != nil
        fill(jobs[at].lane.kind, jobs[at].key)
    }

    mutating func promote() {
        let due = jobs.filter { $0.state == .scheduled && $0.hold == nil && $0.runAt <= now }
        for job in due.sorted(by: { ($0.runAt, $0.id) < ($1.runAt, $1.id) }) {
            let at = index(job.id)
            if job.keepsPlace {
                jobs[at].state = .ready
                jobs[at].keepsPlace = false
                jobs[at].rank = rules.rank(at: job.runAt, priority: job.priority)
            } else {
                stand(at, since: job.runAt)
            }
        }
    }

    mutating func bury(_ id: JobID) {
        let job = jobs[index(id)]
        guard job.hold != .bury else { return }
        jobs[index(id)].hold = .bury
        jobs[index(id)].keepsPlace = false
        if job.isAdmitted { fill(job.lane.kind, job.key) }
    }

    mutating func redrive(_ id: JobID) {
        let at = index(id)
        if jobs[at].hold == .bury {
            if jobs[at].waitsFor.isEmpty { settle(at) } else { jobs[at].hold = .dependency }
        } else if jobs[at].state.isFinal, jobs[at].state != .succeeded {
            if let unique = jobs[at].unique, live(jobs[at].lane.kind, unique) != nil { return }
            jobs[at].runAt = now
            jobs[at].attached = false
            stand(at, since: now)
        }
    }

    mutating func edit(_ wanted: JobEdit.Params) {
        let at = index(wanted.id)
        let before = jobs[at]
        jobs[at].key = wanted.key ?? before.key
        jobs[at].priority = wanted.priority ?? before.priority
        jobs[at].lane.queue = wanted.queue ?? before.lane.queue
        jobs[at].runAt = wanted.runAt ?? before.runAt
        let job = jobs[at]
        let isLater = job.runAt > now
        if before.hold == .bury || before.hold == .dependency {
            if wanted.runAt != nil { jobs[at].state = isLater ? .scheduled : .ready }
        } else if wanted.runAt == nil ? before.state == .scheduled : isLater {
            jobs[at].state = .scheduled
            jobs[at].hold = nil
            jobs[at].rank = rules.rank(at: job.runAt, priority: job.priority)
            jobs[at].keepsPlace = before.keepsPlace && job.key == before.key
        } else if before.state == .ready || before.keepsPlace, job.key == before.key {
            jobs[at].state = .ready
            jobs[at].keepsPlace = false
            if before.keepsPlace || job.lane != before.lane || job.priority != before.priority {
                let isOrdered = before.hold == .key && rules.keyLimit(of: job.lane.kind).ordered
                jobs[at].rank = isOrdered ? 0 : rules.rank(at: now, priority: job.priority)
            }
        } else {
            // Out of the one line before into the other.
            jobs[at].hold = nil
            jobs[at].keepsPlace = false
            stand(at, since: now)
        }
        fill(before.lane.kind, before.key)
    }

    mutating func restart() {
        for at in jobs.indices where jobs[at].state == .running { jobs[at].state = .ready }
        for id in jobs.filter({ $0.attached && !$0.state.isFinal }).map(\.id) { end(id, .cancelled) }
        for (kind, key) in Set(jobs.filter { $0.hold == .key }.map { [$0.lane.kind, $0.key!] }).map({ ($0[0], $0[1]) })
        { fill(kind, key) }
    }
}
