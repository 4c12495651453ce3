import Linux
import MillraceProtocol

/// The jobs at work: taken in, looked after when something concerns them, forgotten.
extension Dispatcher {
    mutating func touch(_ id: JobID) { touched.append(id) }

    mutating func advanceAll(now: Now) {
        // Those who waited for a place come before those who just got to it.
        serveLines(now: now)
        var next = 0
        while next < touched.count {
            let id = touched[next]
            next += 1
            advance(id, now: now)
            if !freed.isEmpty { serveLines(now: now) }
        }
        touched.removeAll(keepingCapacity: true)
    }

    private mutating func serveLines(now: Now) {
        while let kind = freed.popLast() {
            // Once around: each takes what one turn gives it and stands at the end again if it wants more.
            var turns = kinds[kind].line.count
            while turns > 0, hasPlace(for: kind), let id = kinds[kind].line.first {
                turns -= 1
                kinds[kind].line.removeFirst()
                leftLine(of: kind)
                if let row = jobs.row(of: id) { jobs[row: row].isBlocked = false }
                advance(id, now: now, itsTurn: true)
                if turns == 0, hasPlace(for: kind) { turns = kinds[kind].line.count }
            }
        }
    }

    /// Puts the job in line for a place at a worker of its kind.
    mutating func block(_ row: Int) {
        guard !jobs[row: row].isBlocked else { return }
        jobs[row: row].isBlocked = true
        let kind = jobs[row: row].kind
        if kinds[kind].line.isEmpty { lines += 1 }
        kinds[kind].line.append(jobs[row: row].id)
        kinds[kind].isDemandStale = true
    }

    private mutating func leftLine(of kind: Int) {
        if kinds[kind].line.isEmpty { lines -= 1 }
        kinds[kind].isDemandStale = true
    }

    mutating func take(_ claimed: ClaimedJob, now: Now) {
        let number = number(of: claimed.lane)
        let lane = lanes[number]
        lanes[number].running += 1
        let job = ActiveJob(claimed, lane: lane, number: number, needs: kinds[lane.kind].needs, now: now)
        if !lane.isOwn {
            running += 1
            kinds[lane.kind].running += 1
            lanes[queue: lane.queue].running += 1
            let user = lane.lane.uid
            if let row = users.row(of: user) { users[row: row] += 1 } else { users.set(user, 1) }
            shares.charge(user)
            welcome(user, now: now)
            counts.started += 1
        }
        if let deadline = job.deadline { timers.add(.timeout(job.id), at: deadline) }
        awaitItems(jobs.insert(job))
        touch(job.id)
    }

    /// Looks after the job again when the pause of the next of its items is over.
    mutating func awaitItems(_ row: Int) {
        guard let next = jobs[row: row].later.last?.at else { return }
        if let known = jobs[row: row].wakeAt, known <= next { return }
        jobs[row: row].wakeAt = next
        timers.add(.items(jobs[row: row].id), at: next)
    }

    /// Forgets a job; whoever preloaded for it is told.
    @discardableResult
    mutating func drop(_ id: JobID, now: Now) -> ActiveJob? {
        if let row = jobs.row(of: id) { forgo(row, now: now) }
        guard let job = jobs.remove(id) else { return nil }
        let lane = lanes[job.laneNumber]
        lanes[job.laneNumber].running -= 1
        if !lane.isOwn {
            running -= 1
            kinds[lane.kind].running -= 1
            lanes[queue: lane.queue].running -= 1
            leave(lane.lane.uid, now: now)
        }
        if job.isBlocked {
            kinds[lane.kind].line.removeAll { $0 == id }
            leftLine(of: lane.kind)
        }
        guard !job.isPlain else { return job }
        for worker in workers.keys.sorted() where workers[worker]?.prepared[id] != nil {
            workers.change(worker) { $0.prepared[id] = nil }
            effects.append(.release(id, worker: worker))
        }
        return job
    }

    /// A job of the user runs no more.
    private mutating func leave(_ user: UInt32, now: Now) {
        guard let row = users.row(of: user) else { return }
        users[row: row] -= 1
        if users[row: row] == 0 { users.remove(user) }
        welcome(user, now: now)
    }
}
