import Linux
import MillraceProtocol

/// Those who do the work, and the leases they hold.
extension Dispatcher {
    mutating func join(_ worker: Worker) {
        if let known = workers[worker.id] { forget(known) }
        var worker = worker
        worker.running = workers[worker.id]?.running ?? 0
        workers.set(worker.id, worker)
        saysDemandAgain = true
        for declared in worker.kinds {
            let kind = kinds.number(declared.name, rules)
            kinds[kind].serving.append(worker.id)
            serversChanged(of: kind)
            free(kind)
        }
        for job in jobs.values where worker.serves(job.lane.kind) { touch(job.id) }
    }

    private mutating func forget(_ worker: Worker) {
        for declared in worker.kinds {
            guard let kind = kinds.number(of: declared.name) else { continue }
            kinds[kind].serving.removeAll { $0 == worker.id }
            serversChanged(of: kind)
        }
    }

    private mutating func serversChanged(of kind: Int) {
        let name = kinds[kind].name
        let first = kinds[kind].serving.first.flatMap { workers[$0] }
        kinds[kind].stages = first?.kinds.first { $0.name == name }.map { Stages($0.stages) }
        kinds[kind].isDemandStale = true
    }

    mutating func leave(_ id: Int, now: Now) {
        guard let worker = workers.remove(id) else { return }
        saysDemandAgain = true
        forget(worker)
        for lease in leases.values.filter({ $0.worker == id }).sorted(by: { $0.fence < $1.fence }) {
            end(lease.fence, .lost, AttemptFacts(), now: now)
        }
    }

    mutating func retire(_ id: Int) {
        guard let row = workers.row(of: id) else { return }
        workers[row: row].isRetiring = true
        for declared in workers[row: row].kinds {
            if let kind = kinds.number(of: declared.name) { kinds[kind].isDemandStale = true }
        }
        dropIfRetired(row)
    }

    /// Opens a lease for a worker that has a free place.
    ///
    /// - Parameters:
    ///   - row: where the job lies.
    ///   - worker: where the worker lies.
    mutating func lease(
        _ stage: WorkloadStage, of row: Int, item: Int? = nil, to worker: Int, pass: ResourceBook.Pass? = nil, now: Now
    ) -> Lease {
        lastFence += 1
        var lease = Lease(
            fence: lastFence, job: jobs[row: row].id, stage: stage, item: item, worker: workers[row: worker].id,
            workerName: workers[row: worker].label, since: now.boot)
        lease.isPlain = item != nil && jobs[row: row].isPlain
        lease.pass = pass
        leases.set(lastFence, lease)
        workers[row: worker].running += 1
        jobs[row: row].add(lease: lastFence)
        return lease
    }

    /// Withdraws the call if it takes longer than that.
    mutating func limit(_ fence: Int64, to span: Duration, now: Now) {
        leases.change(fence) { $0.deadline = now.boot + span }
        timers.add(.lease(fence), at: now.boot + span)
    }

    /// Takes a lease off the books; its place is free.
    mutating func close(_ fence: Int64) -> Lease? {
        let wereFull = leases.count >= bounds.calls
        guard let lease = leases.remove(fence) else { return nil }
        if let row = jobs.row(of: lease.job) { jobs[row: row].remove(lease: fence) }
        let worker = workers.row(of: lease.worker)
        if let worker { workers[row: worker].running -= 1 }
        if lines > 0 {
            if wereFull {
                for kind in kinds.entries.indices { free(kind) }
            } else if let worker {
                for declared in workers[row: worker].kinds {
                    if let kind = kinds.number(of: declared.name) { free(kind) }
                }
            }
        }
        if let worker { dropIfRetired(worker) }
        return lease
    }

    /// A place for the kind may be free again.
    mutating func free(_ kind: Int) {
        if !kinds[kind].line.isEmpty, !freed.contains(kind) { freed.append(kind) }
    }

    private mutating func dropIfRetired(_ row: Int) {
        guard workers[row: row].isRetiring, workers[row: row].running == 0 else { return }
        effects.append(.drop(worker: workers[row: row].id, because: ""))
    }

    /// Where the least busy worker with a free place for the kind lies.
    func freeWorker(for kind: Int, where suits: (Worker) -> Bool = { _ in true }) -> Int? {
        guard leases.count < bounds.calls || kind == canary else { return nil }
        var best: Int?
        for id in kinds[kind].serving {
            guard let row = workers.row(of: id), workers[row: row].free > 0, suits(workers[row: row]) else { continue }
            if let known = best,
                (workers[row: known].running, workers[row: known].id) <= (workers[row: row].running, id)
            {
                continue
            }
            best = row
        }
        return best
    }

    func hasPlace(for kind: Int) -> Bool { freeWorker(for: kind) != nil }

    /// Free places of all workers of the kind.
    func places(for kind: Int) -> Int {
        var free = 0
        for id in kinds[kind].serving {
            if let row = workers.row(of: id) { free += max(0, workers[row: row].free) }
        }
        return kind == canary ? free : min(free, bounds.calls - leases.count)
    }
}
