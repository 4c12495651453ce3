import Linux
import MillraceProtocol

/// Those who do the work, and the leases they hold.
extension Dispatcher {
    mutating func join(_ worker: Worker) {
        if let known = workers[worker.id] { forget(known) }
        var worker = worker
        worker.running = workers[worker.id]?.running ?? 0
        workers[worker.id] = worker
        lastDemand = [:]
        for kind in worker.kinds {
            serving[kind.name, default: []].append(worker.id)
            freed.insert(kind.name)
        }
        for job in jobs.values where worker.serves(job.lane.kind) { touch(job.id) }
    }

    private mutating func forget(_ worker: Worker) {
        for kind in worker.kinds {
            serving[kind.name]?.removeAll { $0 == worker.id }
            if serving[kind.name]?.isEmpty == true { serving[kind.name] = nil }
        }
    }

    mutating func leave(_ id: Int, now: Now) {
        guard let worker = workers.removeValue(forKey: id) else { return }
        lastDemand = [:]
        forget(worker)
        for lease in leases.values.filter({ $0.worker == id }).sorted(by: { $0.fence < $1.fence }) {
            end(lease.fence, .lost, AttemptFacts(), now: now)
        }
    }

    /// Opens a lease for a worker that has a free place.
    mutating func lease(
        _ stage: WorkloadStage, of id: JobID, item: Int? = nil, to worker: Int, now: Now
    ) -> Lease {
        lastFence += 1
        let lease = Lease(
            fence: lastFence, job: id, stage: stage, item: item, worker: worker,
            workerName: workers[worker]?.label ?? "", since: now.boot)
        leases[lease.fence] = lease
        workers[worker]?.running += 1
        jobs[id]?.leases.insert(lease.fence)
        return lease
    }

    /// Withdraws the call if it takes longer than that.
    mutating func limit(_ fence: Int64, to span: Duration, now: Now) {
        leases[fence]?.deadline = now.boot + span
        timers.add(.lease(fence), at: now.boot + span)
    }

    /// Takes a lease off the books; its place is free.
    mutating func close(_ fence: Int64) -> Lease? {
        let wereFull = leases.count >= bounds.calls
        guard let lease = leases.removeValue(forKey: fence) else { return nil }
        jobs[lease.job]?.leases.remove(fence)
        workers[lease.worker]?.running -= 1
        if !blocked.isEmpty {
            if wereFull {
                freed.formUnion(blocked.keys)
            } else if let kinds = workers[lease.worker]?.kinds {
                for kind in kinds where blocked[kind.name] != nil { freed.insert(kind.name) }
            }
        }
        dropIfRetired(lease.worker)
        return lease
    }

    mutating func dropIfRetired(_ id: Int) {
        guard let worker = workers[id], worker.isRetiring, worker.running == 0 else { return }
        effects.append(.drop(worker: id, because: ""))
    }

    /// The least busy worker with a free place for the kind.
    func freeWorker(for kind: String, where suits: (Worker) -> Bool = { _ in true }) -> Int? {
        guard leases.count < bounds.calls || kind == Canary.kind else { return nil }
        var best: (id: Int, running: Int)?
        for id in serving[kind] ?? [] {
            guard let worker = workers[id], worker.isFree, suits(worker) else { continue }
            if best.map({ (worker.running, id) < ($0.running, $0.id) }) ?? true { best = (id, worker.running) }
        }
        return best?.id
    }

    func hasPlace(for kind: String) -> Bool { freeWorker(for: kind) != nil }

    /// Free places of all workers of the kind.
    func places(for kind: String) -> Int {
        let free = (serving[kind] ?? []).reduce(0) { sum, id in
            guard let worker = workers[id], worker.isFree else { return sum }
            return sum + worker.capacity - worker.running
        }
        return kind == Canary.kind ? free : min(free, bounds.calls - leases.count)
    }

    /// What the kind's workers implement; of workers that differ, the first one's word counts.
    func stages(of kind: String) -> [WorkloadStage]? {
        guard let first = serving[kind]?.first, let worker = workers[first] else { return nil }
        return worker.kinds.first { $0.name == kind }?.stages
    }
}
