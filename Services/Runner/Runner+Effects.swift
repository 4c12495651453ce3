import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import MillraceStore

/// Carrying out what the dispatcher wants.
extension Runner {
    func perform(_ effect: Effect) {
        let now = time.wall()
        switch effect {
        case .claim(let requests): claim(requests)
        case .promote:
            let rules = state.withLock { $0.storeRules }
            store.submit(.crash, { try JobStore.promote($0, rules, now: now) }) { [self] result in
                switch result {
                case .success(let changes):
                    handle(.promoted(changes.lanes, next: changes.nextScheduled))
                    absorb(Changes(ended: changes.ended))
                case .failure(let error): failed("no scheduled job could be made ready", error, then: .promoteFailed)
                }
            }
        case .savePlan(let id, let plan, let slots):
            persist("the plan of job \(id)", durability(of: id)) {
                try JobStore.savePlan($0, id, plan, slots: slots)
            } then: { [self] items in
                handle(.planSaved(id, items))
            }
        case .plan(let lease, let params):
            begin(lease)
            call(WorkloadPlan.self, params, lease, correlationId: params.job.correlationId) { plan in
                Payload.fault(plan).map { .failed($0) } ?? .planned(plan)
            }
        case .preload(let lease, let params):
            begin(lease)
            call(WorkloadPreload.self, params, lease, correlationId: params.job.correlationId) { _ in .preloaded }
        case .process(let lease, let params):
            begin(lease)
            switch lease.worker {
            case Worker.canary: handle(.leaseEnded(lease.fence, .processed(.init(output: nil)), AttemptFacts()))
            case Worker.own: runCommand(lease, params)
            default:
                call(WorkloadProcess.self, params, lease, correlationId: params.job.correlationId) { result in
                    Payload.fault(result.output, "output").map { .failed($0) } ?? .processed(result)
                }
            }
        case .summarize(let lease, let brief, let cancelled):
            begin(lease)
            collect(lease, brief, cancelled: cancelled)
        case .endAttempt(let lease, let end):
            note("the end of an attempt") { try JobStore.endAttempt($0, lease, end, now: now) }
        case .notePlain(let lease, let end, let attempts, let crashes):
            note("the end of an attempt") {
                try JobStore.notePlain($0, lease, end, attempts: attempts, crashes: crashes, now: now)
            }
        case .saveItem(let lease, let outcome, let end): save(lease, outcome, end)
        case .postpone(let postponement): postpone(postponement)
        case .finish(let view, let ending, let end): finish(view, ending, end)
        case .cancel(let lease): state.withLock { $0.calls[lease.fence] }?.cancel()
        case .release(let id, let worker): session(worker)?.notify(WorkloadRelease.name, JobReference(id: id))
        case .drop(let worker, let reason):
            if !reason.isEmpty {
                log.warning("a worker \(reason) and is dropped", metadata: ["worker": "\(worker)"])
            }
            session(worker)?.close()
        case .announce(let id, let message): announce(id, message: message)
        case .permit(let number, let outcome):
            state.withLock { $0.permits.removeValue(forKey: number) }?(outcome)
        case .demand(let kinds): demand(kinds)
        }
    }

    private func claim(_ requests: [ClaimRequest]) {
        let now = time.wall()
        // One claim at a time: that of a user with many jobs may not keep the next one's waiting.
        let turn: Turn = state.withLock { $0.dispatcher.guests.areMany } ? .express : .usual
        store.submit(.crash, turn: turn, { try JobStore.claim($0, requests, now: now) }) { [self] result in
            switch result {
            case .success(let claim):
                handle(.claimed(claim.jobs.map(\.asWorkersSeeIt), exhausted: claim.exhausted))
                guard watchers.areThere else { break }
                for job in claim.jobs { announce(job.brief.id) }
            case .failure(let error): failed("no job could be taken", error, then: .claimFailed)
            }
        }
    }

    private func failed(_ what: String, _ error: any Error, then event: Dispatcher.Event) {
        if (error as? StoreError)?.kind == .closed { return }
        log.error("\(what): \(error)")
        handle(event)
    }

    /// The row of a new attempt; a lost one is no loss of work.
    private func begin(_ lease: Lease) {
        let now = time.wall()
        note("the start of an attempt") { try JobStore.beginAttempt($0, lease, isPlain: lease.isPlain, now: now) }
    }

    private func durability(of id: JobID) -> JobDurability {
        state.withLock { $0.dispatcher.jobs[id]?.view.durability ?? .disk }
    }

    private func save(_ lease: Lease, _ outcome: ItemOutcome, _ end: AttemptEnd) {
        let now = time.wall()
        instruments.item(outcome.state)
        if let error = outcome.error {
            logger(lease.job).warning(
                "\(outcome.state == .failed ? "item failed" : "item will be tried again"): \(error)",
                metadata: ["item-key": "\(outcome.key)", "attempt": "\(outcome.attempts)"])
        }
        persist("item \(outcome.key) of job \(lease.job)", durability(of: lease.job)) {
            try JobStore.saveItem($0, lease, outcome, end, now: now)
        } then: { [self] in
            handle(.itemSaved(lease.job))
            guard outcome.state.isFinal, watchers.areThere else { return }
            announce(
                lease.job,
                item: ItemView(
                    index: outcome.number, key: outcome.key, state: outcome.state, attempts: outcome.attempts,
                    crashes: outcome.crashes, error: outcome.error))
        }
    }

    /// Tells those who watch the job how it stands, and what is new: an item that has ended, a word of its worker.
    private func announce(_ id: JobID, item: ItemView? = nil, message: String? = nil) {
        guard watchers.isWatched(id), let view = runningView(id) else { return }
        watchers.publish(JobProgress(job: view, item: item, message: message))
    }

    private func postpone(_ put: Postponement) {
        let now = time.wall()
        let rules = state.withLock { $0.storeRules }
        let keepPlace = rules.keyLimit(of: put.view.kind).ordered
        let id = put.view.id
        logger(id).notice("\(put.cause)", metadata: ["run-at": "\(put.until)"])
        persist("the pause of job \(id)", put.view.durability) {
            try JobStore.postpone(
                $0, id, until: put.until, cause: put.cause, attempts: put.attempts, crashes: put.crashes,
                end: put.end.map { ($0.lease, $0.end) }, keepPlace: keepPlace, rules, now: now)
        } then: { [self] job, changes in
            if job.state.isFinal { ended(JobDetail(job: job)) }
            absorb(changes)
        }
    }

    private func finish(_ view: JobView, _ ending: JobEnding, _ end: EndedAttempt?) {
        let now = time.wall()
        let rules = state.withLock { $0.storeRules }
        persist("the end of job \(view.id)", view.durability) {
            try JobStore.finish($0, view, ending, end: end.map { ($0.lease, $0.end) }, rules, now: now)
        } then: { [self] detail, changes in
            ended(detail)
            absorb(changes)
        }
    }

    private func collect(_ lease: Lease, _ brief: JobBrief, cancelled: Bool) {
        // On the writer's connection, so that every checkpoint sent before is seen.
        store.submit(.crash, { try JobStore.items($0, brief.id, inputs: false) }) { [self] result in
            switch result {
            case .success(let items):
                call(
                    WorkloadSummarize.self, WorkloadSummarize.Params(job: brief, items: items, cancelled: cancelled),
                    lease, correlationId: brief.correlationId
                ) { summary in
                    Payload.fault(summary.result, "result").map { .failed($0) } ?? .summarized(summary)
                }
            case .failure(let error):
                handle(.leaseEnded(lease.fence, .failed(Self.face(of: error)), AttemptFacts()))
            }
        }
    }
}

extension ClaimedJob {
    /// A callback's destination is kept beside the job's params; the worker that makes the request gets both.
    var asWorkersSeeIt: ClaimedJob {
        guard case .http(let callback)? = task else { return self }
        var job = self
        let event = brief.params
        var json = JSONWriter()
        json.object {
            $0.member("url", callback.url)
            $0.member("secret", ifPresent: callback.secret)
            $0.member("event", event)
        }
        job.brief.params = JSONRaw(unchecked: json.bytes)
        return job
    }
}
