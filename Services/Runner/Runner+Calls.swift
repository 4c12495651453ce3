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
