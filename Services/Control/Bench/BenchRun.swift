import Linux
import MillraceProtocol
import Telemetry

/// Submits jobs as fast as the runner takes them and sees them through.
struct BenchRun {
    var count: Int
    var connections: Int
    var batch: Int
    var kind: String
    var queue: String
    var place: Place
    var time: any TimeSource = SystemTime()

    /// What a connection sees of its share.
    private struct Share: Sendable {
        var calls: [Duration] = []
        var ids: [JobID] = []
        var durabilities: Set<JobDurability> = []
    }

    func submit() async throws -> BenchReport.Submitted {
        let callers = try (0..<connections).map { _ throws(Failure) in
            try Caller(service: KnownService.runner.name, at: place)
        }
        defer { callers.forEach { $0.close() } }
        for caller in callers { _ = try await caller.call(ServicePing.self, Empty()) }
        let begin = time.boot()
        let shares = try await withThrowingTaskGroup(of: Share.self) { group in
            for (index, caller) in callers.enumerated() {
                let jobs = count / connections + (index < count % connections ? 1 : 0)
                group.addTask { try await submit(jobs, by: caller) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        return BenchReport.Submitted(
            took: time.boot() - begin, calls: Quantiles(shares.flatMap(\.calls)), ids: Set(shares.flatMap(\.ids)),
            durabilities: shares.reduce(into: []) { $0.formUnion($1.durabilities) }, begin: begin)
    }

    /// One call at a time: the next is made when the one before is answered.
    private func submit(_ jobs: Int, by caller: Caller) async throws -> Share {
        let job = JobSpecification(kind: kind, queue: queue)
        var share = Share(), left = jobs
        while left > 0 {
            let size = min(batch, left)
            let begin = time.boot()
            let receipts: [JobReceipt]
            if batch == 1 {
                receipts = [try await caller.call(JobSubmit.self, job).value]
            } else {
                let params = JobSubmitBatch.Params(jobs: Array(repeating: job, count: size))
                receipts = try await caller.call(JobSubmitBatch.self, params).value.jobs
            }
            share.calls.append(time.boot() - begin)
            share.ids += receipts.map(\.id)
            share.durabilities.formUnion(receipts.map(\.durability))
            left -= size
        }
        return share
    }

    /// Between two looks at whether all are over.
    private static let pause = Duration.milliseconds(20)
    /// Jobs whose times are looked at, the latest.
    static let sample = 20_000

    /// Waits until the jobs are over, as long as some end now and then.
    ///
    /// - Parameter patience: for so long none may end.
    func life(of submitted: BenchReport.Submitted, patience: Duration) async throws -> BenchReport.Life {
        let caller = try Caller(service: KnownService.runner.name, at: place)
        defer { caller.close() }
        guard let last = submitted.ids.max() else { return BenchReport.Life(took: .zero, isWhole: true) }
        var progress = Progress(at: time.boot())
        while try await newestOpen(caller, from: last) != nil {
            // The newest may be the last to end: whether any do is asked less often, because it costs more.
            let now = time.boot()
            if now - progress.asked > patience / 4 {
                progress.saw(try await open(caller), at: now)
                if now - progress.changed > patience {
                    return BenchReport.Life(took: now - submitted.begin, isWhole: false)
                }
            }
            try await time.sleep(for: Self.pause)
        }
        var life = BenchReport.Life(took: time.boot() - submitted.begin, isWhole: true)
        try await look(at: submitted.ids, by: caller, into: &life)
        return life
    }

    private struct Progress {
        private(set) var asked: Duration
        private(set) var changed: Duration
        private var open: Int?

        init(at now: Duration) {
            asked = now
            changed = now
        }

        mutating func saw(_ open: Int, at now: Duration) {
            asked = now
            if open != self.open { changed = now }
            self.open = open
        }
    }

    /// Jobs of the queue that are not over.
    private func open(_ caller: Caller) async throws -> Int {
        let queues = try await caller.call(QueueList.self, Empty()).value.queues
        return queues.first { $0.name == queue }.map { $0.running + $0.ready + $0.held + $0.scheduled } ?? 0
    }

    /// The newest of the jobs that is not over; nil when all are.
    private func newestOpen(_ caller: Caller, from last: JobID) async throws -> JobID? {
        let params = JobList.Params(
            states: [.scheduled, .ready, .running], kind: kind, queue: queue, limit: 1, before: JobID(last.rawValue + 1)
        )
        return try await caller.call(JobList.self, params).value.jobs.first?.id
    }

    /// What the rows say of when each job started and ended; they count in milliseconds.
    private func look(at ids: Set<JobID>, by caller: Caller, into life: inout BenchReport.Life) async throws {
        guard let last = ids.max(), let first = ids.min() else { return }
        var before: JobID? = JobID(last.rawValue + 1), starts: [Duration] = [], ends: [Duration] = []
        while let next = before, next > first, ends.count < Self.sample {
            let page = try await caller.call(
                JobList.self, JobList.Params(kind: kind, queue: queue, limit: 1000, before: next)
            ).value
            for job in page.jobs where ids.contains(job.id) {
                if let started = job.startedAt { starts.append(started - job.submittedAt) }
                if let finished = job.finishedAt { ends.append(finished - job.submittedAt) }
                life.states[job.state, default: 0] += 1
            }
            before = page.nextBefore
        }
        life.starts = Quantiles(starts)
        life.ends = Quantiles(ends)
    }
}
