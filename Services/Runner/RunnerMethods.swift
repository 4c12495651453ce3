import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC
import MillraceStore
import Resilience

/// The wire side of the runner: from a method to the rule.
extension Runner {
    func register(on router: inout RPCRouter) {
        router.onReply(JobSubmit.self) { [self] params, context, reply in
            var specification = params
            if specification.idempotencyKey == nil { specification.idempotencyKey = context.meta.idempotencyKey }
            submit([specification], context) { reply.resolve($0.map { $0[0] }) }
        }
        router.onReply(JobSubmitBatch.self) { [self] params, context, reply in
            guard (1...1000).contains(params.jobs.count) else {
                throw JobError.invalid(field: "jobs", "a batch has 1 to 1,000 jobs, not \(params.jobs.count)")
            }
            submit(params.jobs, context) { reply.resolve($0.map(JobSubmitBatch.Result.init(jobs:))) }
        }
        router.on(JobShow.self) { [self] params, _ in
            try Rules.checkLimit(params.limit)
            return try await store.read { try JobStore.detail($0, params) }
        }
        router.on(JobList.self) { [self] params, _ in
            try Rules.checkLimit(params.limit)
            return try await store.read { try JobStore.list($0, params) }
        }
        router.on(JobWatch.self) { [self] params, context in try await watch(params.id, context) }
        router.on(JobCancel.self) { [self] params, _ in try await cancel(params) }
        router.on(JobRetry.self) { [self] params, _ in try await retry(params.id) }
        router.onReply(WorkerRegister.self) { [self] params, context, reply in
            try Rules.check(params)
            let pid = context.peer.credentials?.pid ?? 0
            reply.succeed(try register(params, session: context.session, pid: pid))
        }
        router.onReply(WorkerList.self) { [self] _, _, reply in
            reply.succeed(WorkerList.Result(workers: workerViews()))
        }
        router.onReply(KindList.self) { [self] _, _, reply in
            let workers = workerViews()
            let views = kinds.declarations.map { kind in
                KindView(
                    name: kind.name, summary: kind.summary, stages: kind.stages,
                    workers: workers.count { $0.kinds.contains(kind.name) })
            }
            reply.succeed(KindList.Result(kinds: views))
        }
    }

    // MARK: Submitting

    /// Checks, writes, and answers after the commit.
    private func submit(
        _ specifications: [JobSpecification], _ context: RPCContext,
        _ answer: @escaping @Sendable (Result<[JobReceipt], any Error>) -> Void
    ) {
        do {
            for (index, specification) in specifications.enumerated() {
                try Rules.check(specification, at: specifications.count > 1 ? "jobs[\(index)]." : "")
            }
        } catch {
            return answer(.failure(error))
        }
        guard let unknown = specifications.map(\.kind).first(where: { !kinds.knows($0) }) else {
            return write(specifications, context, answer)
        }
        guard supervisor.mayStillStart(within: .seconds(5)) else {
            return answer(.failure(JobError.unknownKind(unknown, known: kinds.names)))
        }
        // The first worker may still be starting: a kind that nobody declared yet is waited for, once, for a moment.
        let waiting = Task {
            let known = await kinds.waits(for: unknown, until: Deadline(after: .seconds(5), time: time), time: time)
            if known {
                submit(specifications, context, answer)
            } else {
                answer(.failure(JobError.unknownKind(unknown, known: kinds.names)))
            }
        }
        context.onCancel { waiting.cancel() }
    }

    private func write(
        _ specifications: [JobSpecification], _ context: RPCContext,
        _ answer: @escaping @Sendable (Result<[JobReceipt], any Error>) -> Void
    ) {
        do {
            try backlog.reserve(specifications.count)
        } catch {
            return answer(.failure(error))
        }
        let now = time.wall()
        let uid = context.peer.credentials?.uid ?? 0
        let submissions = specifications.map {
            Submission(specification: $0, uid: uid, correlationId: context.correlationId)
        }
        let session = context.session
        store.submit({ db in try submissions.map { try JobStore.submit(db, $0, now: now) } }) { [self] result in
            answer(result)
            guard case .success(let receipts) = result else { return backlog.add(-submissions.count) }
            backlog.add(-receipts.count(where: \.duplicate))
            taken(zip(specifications, receipts), session)
        }
    }

    private func taken(_ jobs: some Sequence<(JobSpecification, JobReceipt)>, _ session: RPCSession) {
        var ready: Set<String> = []
        for (specification, receipt) in jobs where !receipt.duplicate {
            if receipt.state == .ready {
                ready.insert(specification.kind)
            } else if let runAt = specification.runAt {
                handle(.jobScheduled(runAt))
            }
            if specification.attached == true {
                session.onClose { [weak self] _ in self?.abandon(receipt.id) }
            }
            log.debug(
                "job submitted",
                metadata: [
                    "job-id": "\(receipt.id)", "job-kind": "\(specification.kind)",
                    "correlation-id": "\(receipt.correlationId)",
                ])
        }
        if !ready.isEmpty { handle(.jobsReady(ready)) }
    }

    /// An attached job ends with the connection that submitted it.
    private func abandon(_ id: JobID) {
        cancel(JobCancel.Params(id: id, reason: "its client hung up")) { [log] result in
            if case .failure(let error) = result {
                log.error("an attached job was not cancelled: \(error)", metadata: ["job-id": "\(id)"])
            }
        }
    }

    // MARK: Watching, cancelling, retrying

    private func watch(_ id: JobID, _ context: RPCContext) async throws -> JobDetail {
        let watch = watchers.watch(id)
        defer { watchers.leave(watch) }
        let start = try await store.read { try JobStore.detail($0, JobShow.Params(id: id)) }
        if start.job.state.isFinal { return start }
        context.progress(JobProgress(job: runningView(id) ?? start.job.withoutPayload))
        for await event in watch.events {
            switch event {
            case .progress(let progress): context.progress(progress)
            case .ended(let detail): return detail
            }
        }
        throw CancellationError()
    }

    private func cancel(_ params: JobCancel.Params) async throws -> JobCancel.Result {
        if let reason = params.reason, reason.count > 500 {
            throw JobError.invalid(field: "reason", "a reason has at most 500 characters")
        }
        return try await withCheckedThrowingContinuation { continuation in
            cancel(params) { continuation.resume(with: $0) }
        }
    }

    private func cancel(
        _ params: JobCancel.Params, _ answer: @escaping @Sendable (Result<JobCancel.Result, any Error>) -> Void
    ) {
        let now = time.wall()
        store.submit({ db in
            let wasOver = try JobStore.isOver(db, params.id)
            return (try JobStore.cancel(db, params.id, reason: params.reason, now: now), wasOver)
        }) { [self] result in
            switch result {
            case .failure(let error): answer(.failure(error))
            case .success(let (job, wasOver)):
                let running = job.state == .running
                answer(.success(JobCancel.Result(id: job.id, state: job.state, cancelling: running)))
                if running {
                    handle(.interrupted(job.id, .cancelled(reason: params.reason)))
                } else if job.state == .cancelled, !wasOver {
                    backlog.add(-1)
                    watchers.end(JobDetail(job: job))
                }
            }
        }
    }

    private func retry(_ id: JobID) async throws -> JobRetry.Result {
        let now = time.wall()
        let (result, kind) = try await store.write { db in
            (try JobStore.retry(db, id, now: now), try JobStore.job(db, id).kind)
        }
        backlog.add(1)
        handle(.jobsReady([kind]))
        return result
    }
}

extension JobView {
    /// As it stands in lists and progress.
    var withoutPayload: JobView {
        var view = self
        view.params = nil
        view.result = nil
        return view
    }
}
