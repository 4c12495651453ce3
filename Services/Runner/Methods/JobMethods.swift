import JSONCodec
import Linux
import MillraceProtocol
import MillraceRPC
import MillraceStore
import Resilience

/// The wire side of jobs: from a method to the rule.
extension Runner {
    func registerJobs(on router: inout RPCRouter) {
        router.onReply(JobSubmit.self) { [self] params, context, reply in
            var specification = params
            if specification.idempotencyKey == nil { specification.idempotencyKey = context.meta.idempotencyKey }
            submit([specification], .single, context) { reply.resolve($0.map { $0[0] }) }
        }
        router.onReply(JobSubmitBatch.self) { [self] params, context, reply in
            guard (1...1000).contains(params.jobs.count) else {
                throw JobError.invalid(field: "jobs", "a batch has 1 to 1,000 jobs, not \(params.jobs.count)")
            }
            let jobs = try Rules.keyed(params.jobs, by: context.meta.idempotencyKey)
            submit(jobs, .batch, context) { reply.resolve($0.map(JobSubmitBatch.Result.init(jobs:))) }
        }
        router.on(JobShow.self) { [self] params, _ in
            try Rules.checkLimit(params.limit)
            return try await store.read { try JobStore.detail($0, params) }
        }
        router.on(JobList.self) { [self] params, _ in
            try Rules.checkLimit(params.limit)
            if let ids = params.ids, !(1...1000).contains(ids.count) {
                throw JobError.invalid(field: "ids", "a list has 1 to 1,000 jobs, not \(ids.count)")
            }
            return try await store.read { try JobStore.list($0, params) }
        }
        router.on(JobStats.self) { [self] params, _ in try await stats(params) }
        router.on(JobWatch.self) { [self] params, context in try await watch(params.id, context) }
        router.on(JobWhy.self) { [self] params, _ in try await why(params.id) }
        router.on(JobCancel.self) { [self] params, _ in
            try Rules.checkReason(params.reason)
            return try await withCheckedThrowingContinuation { continuation in
                cancel(params) { continuation.resume(with: $0) }
            }
        }
        router.on(JobRetry.self) { [self] params, _ in try await retry(params.id) }
        router.on(JobEdit.self) { [self] params, _ in try await edit(params) }
        router.on(JobBury.self) { [self] params, _ in try await bury(params) }
        router.on(JobRedrive.self) { [self] params, _ in try await redrive(params) }
    }

    // MARK: Looking

    /// A piece at a time: whoever writes or reads meanwhile does not wait for the whole. A job that changes meanwhile is counted
    /// once, as it was or as it is.
    private func stats(_ wanted: JobStats.Params) async throws -> JobStats.Result {
        struct Group: Hashable {
            var kind: String
            var state: JobState
        }
        var counts: [Group: Int] = [:]
        let numbers = try await store.read { try JobStore.numbers($0) }
        var next = numbers?.lowerBound ?? 1
        while let numbers, next <= numbers.upperBound {
            let piece = next...min(numbers.upperBound, next + JobStore.counted - 1)
            for count in try await store.read({ try JobStore.stats($0, wanted, piece) }) {
                counts[Group(kind: count.kind, state: count.state), default: 0] += count.jobs
            }
            next = piece.upperBound + 1
        }
        let states = JobState.allCases
        return JobStats.Result(
            counts: Set(counts.keys.map(\.kind)).sorted().flatMap { kind in
                states.compactMap { state in
                    counts[Group(kind: kind, state: state)].map { JobStats.Count(kind: kind, state: state, jobs: $0) }
                }
            })
    }

    // MARK: Submitting

    /// Checks, writes, and answers after the commit.
    private func submit(
        _ specifications: [JobSpecification], _ form: SubmissionForm, _ context: RPCContext,
        _ answer: @escaping @Sendable (Result<[JobReceipt], any Error>) -> Void
    ) {
        do {
            for (index, specification) in specifications.enumerated() {
                try Rules.check(specification, at: form.path(of: index))
            }
        } catch {
            return answer(.failure(error))
        }
        guard let index = specifications.firstIndex(where: { !self.kinds.knows($0.kind) }) else {
            return write(specifications, form, context, answer)
        }
        let unknown = specifications[index].kind
        guard pools?.mayStillStart(within: .seconds(5)) ?? true else {
            return answer(.failure(form.error(unknownKind(unknown), of: index)))
        }
        // The first worker may still be starting: a kind that nobody declared yet is waited for, once, for a moment.
        let waiting = Task {
            let known = await kinds.waits(for: unknown, until: Deadline(after: .seconds(5), time: time), time: time)
            if known {
                submit(specifications, form, context, answer)
            } else {
                answer(.failure(form.error(unknownKind(unknown), of: index)))
            }
        }
        context.onCancel { waiting.cancel() }
    }

    /// - Parameter known: those that repeat a submission of before: no gate and no limit concerns them.
    private func write(
        _ specifications: [JobSpecification], _ form: SubmissionForm, known: Set<Int> = [], _ context: RPCContext,
        _ answer: @escaping @Sendable (Result<[JobReceipt], any Error>) -> Void
    ) {
        let uid = context.peer.credentials?.uid ?? 0
        let correlationId = context.correlationId
        let (rules, book, load) = state.withLock { state in
            (state.storeRules, state.book, live.isLimited ? state.dispatcher.load : Load())
        }
        // Beside the lock: for its key a large params is read.
        let submissions = specifications.map { specification in
            Submission(
                specification, rules, uid: uid, correlationId: correlationId, durability: book.durability(of:))
        }
        let now = time.wall()
        let new = submissions.indices.filter { !known.contains($0) }
        let lanes = new.map { submissions[$0].lane }
        do {
            try state.withLock { state throws(JobError) in
                for (index, lane) in zip(new, lanes) {
                    if let refusal = state.book.refusal(of: lane) { throw form.error(refusal, of: index) }
                }
            }
            try live.reserve(lanes, running: load)
        } catch {
            guard known.isEmpty, submissions.contains(where: { $0.specification.idempotencyKey != nil }) else {
                return answer(.failure(error))
            }
            // Whoever repeats what was taken in gets the same answer. It is asked for where the first submission may still be
            // on its way to the disk, and only here, so that the others do not pay for it.
            return store.submit(
                .crash,
                { db in
                    let known = try form.each(submissions) { try JobStore.repeated(db, $0, now: now) }
                    return Set(known.indices.filter { known[$0] != nil })
                }
            ) { [self] result in
                switch result {
                case .success(let known) where known.isEmpty: answer(.failure(error))
                case .success(let known): write(specifications, form, known: known, context, answer)
                case .failure(let fault): answer(.failure(fault))
                }
            }
        }
        let session = context.session
        let durability = submissions.contains { $0.durability == .disk } ? Durability.disk : .crash
        let turn = state.withLock { state in
            state.submissions.begin(lanes.count, of: uid, isGuest: state.dispatcher.isGuest(uid))
        }
        store.submit(
            durability, turn: turn,
            { db in try form.each(submissions) { try JobStore.submit(db, $0, rules, now: now) } }
        ) { [self] result in
            state.withLock { $0.submissions.end(turn, of: uid) }
            answer(result.map { $0.map(\.receipt) })
            guard case .success(let taken) = result else {
                for lane in lanes { live.remove(lane) }
                return
            }
            accept(zip(submissions, taken), known, session)
        }
    }

    private func accept(_ jobs: some Sequence<(Submission, Taken)>, _ known: Set<Int>, _ session: RPCSession) {
        var changes = Changes()
        for (number, (submission, taken)) in jobs.enumerated() {
            changes.merge(taken.changes)
            if taken.receipt.duplicate {
                if !known.contains(number) { live.remove(submission.lane) }
            } else {
                instruments.came(submission.lane)
                // The job it would have repeated is forgotten since.
                if known.contains(number) { live.add(submission.lane) }
            }
            let id = taken.receipt.id
            if submission.specification.attached == true, !taken.receipt.duplicate {
                attached.tie(id, to: session) { [weak self] in self?.abandon($0) }
            }
            guard log.logLevel <= .debug else { continue }
            log.debug(
                "job submitted",
                metadata: [
                    "job-id": "\(id)", "job-kind": "\(submission.specification.kind)",
                    "correlation-id": "\(taken.receipt.correlationId)",
                ])
        }
        absorb(changes)
    }

    /// An attached job ends with the connection that submitted it.
    private func abandon(_ id: JobID) {
        cancel(JobCancel.Params(id: id, reason: "its client hung up")) { [log] result in
            if case .failure(let error) = result {
                log.error("an attached job was not cancelled: \(error)", metadata: ["job-id": "\(id)"])
            }
        }
    }

    // MARK: Watching and asking why

    private func watch(_ id: JobID, _ context: RPCContext) async throws -> JobDetail {
        let watch = watchers.watch(id)
        defer { watchers.leave(watch) }
        let start = try await store.read { try JobStore.detail($0, JobShow.Params(id: id)) }
        if start.job.state.isFinal { return start }
        context.progress(JobProgress(job: runningView(id) ?? start.job.withoutPayload))
        for await event in watch.events {
            switch event {
            case .progress(let progress): context.progress(progress)
            case .ended(var detail):
                // What goes round in memory bears no params, and those of the beginning may have been edited since.
                detail.job.params = try await store.read { try JobStore.job($0, id) }.params
                try Payload.fit(&detail)
                return detail
            }
        }
        throw CancellationError()
    }

    private func why(_ id: JobID) async throws -> JobWhy.Result {
        let rules = state.withLock { $0.storeRules }
        let facts = try await store.read { try JobStore.whyFacts($0, id, rules) }
        let (reasons, book) = state.withLock { ($0.dispatcher.why(facts, now: now()), $0.book) }
        return JobWhy.Result(
            id: id, state: facts.view.state, reasons: reasons.map { explained($0, facts.lane, book) })
    }

    /// Adds what the dispatcher does not know: who paused it and why, and what keeps a pool from serving.
    private func explained(_ reason: WhyReason, _ lane: Lane, _ book: RuleBook) -> WhyReason {
        var reason = reason
        switch reason.code {
        case .queuePaused, .kindPaused:
            let gate = reason.code == .queuePaused ? book.gate(.queue, lane.queue) : book.gate(.kind, lane.kind)
            if let words = gate?.reason { reason.message += ": \(words)" }
            reason.since = gate?.since
            reason.until = gate?.until
        case .noWorker:
            let troubles = troubles(of: lane.kind, book)
            if troubles.isEmpty { break }
            reason.message += ": " + troubles.map(\.words).joined(separator: "; ")
            reason.worker = troubles[0].pool
        default: break
        }
        return reason
    }

    /// What keeps the pools that a kind's workers come from, or may come from, from serving.
    private func troubles(of kind: String, _ book: RuleBook) -> [(pool: String, words: String)] {
        book.pools(of: kind).compactMap { pool in pools?.problem(of: pool).map { (pool, "\(pool) \($0)") } }
    }

    private func unknownKind(_ kind: String) -> JobError {
        let book = state.withLock { $0.book }
        return .unknownKind(kind, known: kinds.names, troubles: troubles(of: kind, book).map(\.words))
    }

    // MARK: Cancelling, retrying, changing

    private func cancel(
        _ params: JobCancel.Params, _ answer: @escaping @Sendable (Result<JobCancel.Result, any Error>) -> Void
    ) {
        let now = time.wall()
        let rules = state.withLock { $0.storeRules }
        store.submit(
            .disk,
            { db in
                let wasOver = try JobStore.isOver(db, params.id)
                let (job, changes) = try JobStore.cancel(db, params.id, reason: params.reason, rules, now: now)
                return (job, changes, wasOver)
            }
        ) { [self] result in
            switch result {
            case .failure(let error): answer(.failure(error))
            case .success(let (job, changes, wasOver)):
                let running = job.state == .running
                answer(.success(JobCancel.Result(id: job.id, state: job.state, cancelling: running)))
                if running {
                    handle(.interrupted(job.id, .cancelled(reason: params.reason)))
                } else if job.state == .cancelled, !wasOver {
                    ended(JobDetail(job: job))
                }
                absorb(changes)
            }
        }
    }

    private func retry(_ id: JobID) async throws -> JobRetry.Result {
        let now = time.wall()
        let rules = state.withLock { $0.storeRules }
        let (result, changes) = try await store.write { try JobStore.retry($0, id, rules, now: now) }
        absorb(changes)
        return result
    }

    private func edit(_ params: JobEdit.Params) async throws -> JobDetail {
        try Rules.check(params)
        let now = time.wall()
        let rules = state.withLock { $0.storeRules }
        let (before, detail, changes) = try await store.write { db in
            let before = try JobStore.job(db, params.id).lane
            let (detail, changes) = try JobStore.edit(db, params, rules, now: now)
            return (before, detail, changes)
        }
        if before != detail.job.lane {
            live.remove(before)
            live.add(detail.job.lane)
        }
        absorb(changes)
        return detail
    }

    private func bury(_ params: JobBury.Params) async throws -> JobBury.Result {
        try Rules.checkReason(params.reason)
        let now = time.wall()
        let rules = state.withLock { $0.storeRules }
        let (result, changes) = try await store.write { db in
            try JobStore.bury(db, params.id, reason: params.reason, rules, now: now)
        }
        absorb(changes)
        return result
    }

    private func redrive(_ params: JobRedrive.Params) async throws -> JobRedrive.Result {
        try Rules.check(params)
        let now = time.wall()
        let rules = state.withLock { $0.storeRules }
        let (result, changes) = try await store.write { db in
            try JobStore.redrive(db, params, rules, now: now)
        }
        absorb(changes)
        return result
    }
}

/// Whether jobs were submitted by themselves or as the `jobs` of a batch: what is wrong with one stands at its place among them.
enum SubmissionForm: Sendable {
    case single, batch

    /// What the fields of a job begin with.
    func path(of index: Int) -> String { self == .batch ? "jobs[\(index)]." : "" }

    func error(_ error: JobError, of index: Int) -> JobError {
        self == .batch ? .placed(path(of: index), error) : error
    }

    /// Does something for each job, in their order; an error says of which.
    func each<Job, Result>(_ jobs: [Job], _ body: (Job) throws -> Result) throws -> [Result] {
        try jobs.enumerated().map { index, job in
            do {
                return try body(job)
            } catch let error as JobError {
                throw self.error(error, of: index)
            }
        }
    }
}

extension Submission {
    var lane: Lane { Lane(queue: specification.queue ?? "default", kind: specification.kind, uid: uid) }
}

extension JobView {
    var lane: Lane { Lane(queue: queue, kind: kind, uid: user) }

    /// As it stands in lists and progress.
    var withoutPayload: JobView {
        var view = self
        view.params = nil
        view.result = nil
        return view
    }
}
