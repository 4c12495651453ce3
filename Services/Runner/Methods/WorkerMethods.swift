import MillraceProtocol
import MillraceRPC

/// The wire side of workers, kinds and pools.
extension Runner {
    func registerWorkers(on router: inout RPCRouter) {
        router.onReply(WorkerRegister.self) { [self] params, context, reply in
            try Rules.check(params)
            let worker = try admit(params, session: context.session)
            // First the answer: a worker that waits for it may not look at what comes before it.
            reply.succeed(WorkerRegister.Result(worker: worker.id, run: run))
            join(worker, session: context.session)
        }
        router.onReply(WorkerList.self) { [self] _, _, reply in
            reply.succeed(WorkerList.Result(workers: workerViews()))
        }
        router.onReply(KindList.self) { [self] _, _, reply in reply.succeed(KindList.Result(kinds: kindViews())) }
        router.onReply(PoolList.self) { [self] _, _, reply in reply.succeed(poolListing()) }
        router.onReply(PoolResize.self) { [self] params, _, reply in
            try resize(params)
            reply.succeed(poolListing())
        }
    }

    private func kindViews() -> [KindView] {
        let (book, load, workers) = state.withLock { ($0.book, $0.dispatcher.load, $0.dispatcher.workers.values) }
        let bounds = book.dispatch.bounds
        return kinds.declarations.filter { $0.name != Canary.kind }.map { kind in
            let declared = book.catalog.kinds[kind.name]
            let serving = workers.filter { $0.id > Worker.own && $0.serves(kind.name) }
            let stages = serving.first?.kinds.first { $0.name == kind.name }?.stages ?? kind.stages
            var pool = serving.lazy.compactMap(\.pool).first
            if case .worker(let name)? = declared?.program { pool = name }
            return KindView(
                name: kind.name, summary: kind.summary, stages: stages, workers: serving.count,
                state: book.gate(.kind, kind.name)?.state ?? .open,
                program: book.isOwn(kind.name) ? .command : pool != nil ? .worker : .outside,
                file: book.catalog.places[kind.name].map { "\($0)" }, running: load.kinds[kind.name, default: 0],
                concurrency: bounds.kinds[kind.name], pool: pool)
        }
    }

    private func poolListing() -> PoolListing {
        let (bounds, load, calls) = state.withLock {
            ($0.dispatcher.bounds, $0.dispatcher.load, $0.dispatcher.leases.count)
        }
        return PoolListing(
            pools: pools?.views ?? [], jobs: PlaceUse(limit: bounds.jobs, used: load.jobs),
            calls: PlaceUse(limit: bounds.calls, used: calls))
    }

    private func resize(_ params: PoolResize.Params) throws {
        func within(_ value: Int, _ range: ClosedRange<Int>, _ field: String) throws(JobError) {
            guard !range.contains(value) else { return }
            throw .invalid(field: field, "\(field) is \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        switch (params.pool, params.processes, params.job, params.slots, params.jobs, params.calls) {
        case (let pool?, let processes?, nil, nil, nil, nil):
            try pools?.resize(pool, processes: processes)
        case (nil, nil, let job?, let slots?, nil, nil):
            try within(slots, 1...20, "slots")
            guard runningView(job) != nil else { throw JobError.notRunning(job) }
            handle(.slots(job, slots))
        case (nil, nil, nil, nil, let jobs?, nil):
            try within(jobs, 1...10_000, "jobs")
            adjust { $0.adjusted.jobs = jobs }
        case (nil, nil, nil, nil, nil, let calls?):
            try within(calls, 1...10_000, "calls")
            adjust { $0.adjusted.calls = calls }
        default:
            throw JobError.invalid(
                field: nil, "give pool and processes, or job and slots, or jobs, or calls; one of these forms")
        }
    }

    /// Changes the rules in force.
    func adjust(_ change: (inout RuleBook) -> Void) {
        let book = state.withLock { state in
            change(&state.book)
            return state.book
        }
        live.limits = book.waiting
        let keysChanged = state.withLock { state in
            defer { state.storeRules = book.store }
            return state.storeRules.keyLimits != book.store.keyLimits
                || state.storeRules.defaultKeyLimit != book.store.defaultKeyLimit
        }
        handle(.ruled(book.dispatch))
        if keysChanged { refill() }
    }
}
