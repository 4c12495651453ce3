import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC

/// A call that can be withdrawn: to a worker, or a command.
enum RunningCall: Sendable {
    case worker(CallHandle)
    case command(CommandHandle)

    func cancel() {
        switch self {
        case .worker(let call): call.requestCancellation()
        case .command(let command): command.cancel()
        }
    }
}

/// Calls to those who do the work. Whatever happens, a lease ends exactly once.
extension Runner {
    func session(_ worker: Int) -> RPCSession? {
        state.withLock { $0.workers[worker] }
    }

    func call<M: RPCMethod>(
        _ method: M.Type, _ params: M.Params, _ lease: Lease, correlationId: String,
        _ success: @escaping @Sendable (M.Result) -> LeaseEnd
    ) {
        guard let session = session(lease.worker) else { return handle(.workerLeft(lease.worker)) }
        let pid = session.peer.credentials?.pid ?? 0
        if M.self == WorkloadProcess.self {
            state.withLock { $0.meters.begin(lease.fence, pid: pid, now: time.boot()) }
        }
        let call = session.send(
            method, params, options: CallOptions(correlationId: correlationId),
            progress: { [weak self] raw in
                guard let self else { return }
                guard let progress = try? JSON.decode(WorkloadProgress.self, from: raw.bytes) else {
                    return log.debug("a worker's progress does not read", metadata: ["worker": "\(lease.workerName)"])
                }
                handle(.message(lease.fence, Payload.cut(progress.message)))
            },
            completion: { [self] result in
                let facts = state.withLock { state in
                    state.calls[lease.fence] = nil
                    return state.meters.end(lease.fence, now: time.boot())
                }
                switch result {
                case .success(let value): handle(.leaseEnded(lease.fence, success(value), facts))
                // The worker must be gone for the dispatcher before its items are given out again.
                case .failure(let error) where error.isLossOfConnection: handle(.workerLeft(lease.worker))
                case .failure(let error): handle(.leaseEnded(lease.fence, .failed(Payload.kept(error)), facts))
                }
                tellLoad(of: lease.worker)
            })
        state.withLock { state in
            // The answer may have come before we got here.
            if state.dispatcher.leases[lease.fence] != nil { state.calls[lease.fence] = .worker(call) }
        }
        tellLoad(of: lease.worker)
    }

    /// Runs a command for an item; the runner is its worker.
    func runCommand(_ lease: Lease, _ params: WorkloadProcess.Params) {
        let job = params.job
        let definition = state.withLock { state in
            state.book.command(of: job.kind, task: state.dispatcher.jobs[job.id]?.task)
        }
        guard let commands, let definition else {
            // The kinds were read again just now. The job is not to blame: it waits until somebody serves its kind.
            let error = RPCError(
                .aborted, "no command is declared for the kind \(job.kind) any more", reason: "job.snoozed",
                retryAfterMs: 100)
            return handle(.leaseEnded(lease.fence, .failed(error), AttemptFacts()))
        }
        let attempt = CommandAttempt(
            jobID: job.id, kind: job.kind, correlationId: job.correlationId, attempt: params.attempt,
            fence: lease.fence, params: job.params)
        let handle = commands.start(attempt, definition) { [self] outcome in
            state.withLock { $0.calls[lease.fence] = nil }
            self.handle(.leaseEnded(lease.fence, outcome.leaseEnd, outcome.facts))
        }
        state.withLock { state in
            if state.dispatcher.leases[lease.fence] != nil { state.calls[lease.fence] = .command(handle) }
        }
    }
}

/// What processes use while they work on an item.
struct ProcessMeters: Sendable {
    private struct Meter {
        var pid: Int32
        var since: Duration
        /// What the process had used before; nil when it worked on something else at the time.
        var before: Duration?
    }

    private var meters: [Int64: Meter] = [:]
    /// Items in work, by process.
    private var busy: [Int32: Int] = [:]
    /// The most memory that busy processes were seen to have, and when that was.
    private var peaks: [Int32: (seen: Duration, bytes: Int64?)] = [:]
    /// Reading the peak costs more than a short item does: it is read for longer ones, and not again for so long.
    private static let glance = Duration.milliseconds(50)

    mutating func begin(_ fence: Int64, pid: Int32, now: Duration) {
        guard pid > 0 else { return }
        let others = busy[pid, default: 0]
        busy[pid] = others + 1
        if others == 1 { for (fence, meter) in meters where meter.pid == pid { meters[fence]?.before = nil } }
        meters[fence] = Meter(pid: pid, since: now, before: others == 0 ? ProcessClock.used(by: pid) : nil)
    }

    mutating func end(_ fence: Int64, now: Duration) -> AttemptFacts {
        guard let meter = meters.removeValue(forKey: fence) else { return AttemptFacts() }
        let left = busy[meter.pid, default: 1] - 1
        busy[meter.pid] = left == 0 ? nil : left
        defer { if left == 0 { peaks[meter.pid] = nil } }
        var facts = AttemptFacts()
        if let before = meter.before, let after = ProcessClock.used(by: meter.pid) { facts.cpu = after - before }
        if now - meter.since >= Self.glance { facts.peakBytes = peak(of: meter.pid, now: now) }
        return facts
    }

    private mutating func peak(of pid: Int32, now: Duration) -> Int64? {
        if let last = peaks[pid], now - last.seen < Self.glance { return last.bytes }
        let bytes = ProcessClock.peakBytes(of: pid)
        peaks[pid] = (now, bytes)
        return bytes
    }
}

extension CommandOutcome {
    /// A command that was killed is a lost worker: it may have been the machine's doing, and says nothing of the work.
    var leaseEnd: LeaseEnd {
        switch result {
        case .success(let output):
            return Payload.fault(output, "output").map { .failed($0) } ?? .processed(.init(output: output))
        case .failure(let error) where error.reason == "command.signal" || error.reason == RPCError.Reason.stopping:
            return .lost(error.message)
        case .failure(let error): return .failed(Payload.kept(error))
        }
    }

    var facts: AttemptFacts {
        var facts = AttemptFacts(cpu: exit == nil ? nil : cpuTime, peakBytes: peakBytes)
        switch exit {
        case .exited(let code)?: facts.exitCode = code
        case .signalled(let signal)?: facts.signal = signal
        case nil: break
        }
        return facts
    }
}
