import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import MillraceStore

/// Those who do the work: processes of the runner's own pools, and workers from outside.
extension Runner: WorkerPoolsOwner {
    /// Makes the connection's process a worker until the connection closes; nothing is given to it before ``join(_:session:)``.
    func admit(_ offer: WorkerRegister.Params, session: RPCSession) throws -> Worker {
        let credentials = session.peer.credentials
        let pid = credentials?.pid ?? 0
        let pool = pools?.pool(of: pid)
        let since = time.wall()
        let (worker, passedOver, learned) = try state.withLock { state throws(JobError) in
            guard !state.dispatcher.draining else { throw JobError.draining }
            guard !state.workers.values.contains(where: { $0 === session }) else { throw JobError.alreadyRegistered }
            var (kinds, refusals) = ([KindDeclaration](), [JobError]())
            for kind in offer.kinds {
                if let refusal = reservation(of: kind.name, from: pool, session, state.book) {
                    refusals.append(refusal)
                } else {
                    kinds.append(kind)
                }
            }
            // A process of the runner's own goes without what the operator has given to others.
            if let refusal = refusals.first, pool == nil || kinds.isEmpty { throw refusal }
            let learned = try self.kinds.learn(kinds, from: pool, keeping: state.kindsInUse)
            state.lastWorker += 1
            state.workers[state.lastWorker] = session
            if pool != nil { state.pooled[pid] = state.lastWorker }
            let capacity = pool.flatMap { state.book.catalog.workers[$0]?.capacity } ?? offer.capacity
            let worker = Worker(
                id: state.lastWorker, name: offer.name, pid: pid, uid: credentials?.uid ?? 0, pool: pool,
                kinds: kinds, capacity: capacity, since: since)
            return (worker, refusals, learned)
        }
        for refusal in passedOver {
            log.warning("worker \(worker.label) goes without a kind: \(refusal.rpcError.message)")
        }
        if !learned.forgotten.isEmpty {
            log.warning(
                "\(learned.forgotten.count) kinds that nobody serves were forgotten, so that others can be known")
        }
        if !learned.news.isEmpty || !learned.forgotten.isEmpty {
            note("the kinds of \(worker.label)") { db in
                try JobStore.forget(db, kinds: learned.forgotten)
                for kind in learned.news { try JobStore.remember(db, kind, now: since) }
            }
        }
        if pool != nil, !learned.news.isEmpty { expel() }
        log.info(
            "worker \(worker.label) joined",
            metadata: [
                "kinds": "\(worker.kinds.map(\.name).joined(separator: " "))", "capacity": "\(worker.capacity)",
            ])
        return worker
    }

    /// Lets the worker have work, which may be given to it here and now.
    func join(_ worker: Worker, session: RPCSession) {
        session.onClose { [weak self] _ in self?.left(worker) }
        pools?.registered(pid: worker.pid, worker: worker.id, load: PoolLoad(calls: 0, capacity: worker.capacity))
        handle(.workerJoined(worker))
        // The kind may have got its owner since it was admitted.
        expel([worker])
    }

    /// Why a worker may not serve the kind: the runner does it by itself, or it belongs to a pool that the worker is no process
    /// of. What only a pool's processes have said of themselves, whoever may change the runner may say too: that is how somebody
    /// runs a back office by hand.
    private func reservation(
        of kind: String, from pool: String?, _ session: RPCSession?, _ book: RuleBook
    ) -> JobError? {
        if book.isOwn(kind) { return .reservedKind(kind) }
        let isTrusted = session?.peer.may(.admin) == true
        let owners = book.owners(of: kind, registeredBy: isTrusted ? nil : kinds.pool(of: kind))
        return owners.isEmpty || pool.map(owners.contains) == true ? nil : .pooledKind(kind, owners[0])
    }

    /// Parts from workers that serve what has come to belong to somebody else: hangs up on those from outside, and lets
    /// processes of pools work off what they have.
    ///
    /// - Parameter suspects: nil for all.
    func expel(_ suspects: [Worker]? = nil) {
        let found = state.withLock { state -> [(worker: Worker, refusal: JobError, session: RPCSession?)] in
            (suspects ?? Array(state.dispatcher.workers.values)).compactMap { worker in
                guard worker.id > Worker.own else { return nil }
                for kind in worker.kinds {
                    let session = state.workers[worker.id]
                    if let refusal = reservation(of: kind.name, from: worker.pool, session, state.book) {
                        return (worker, refusal, session)
                    }
                }
                return nil
            }
        }
        for (worker, refusal, session) in found {
            log.warning("worker \(worker.label) has to go: \(refusal.rpcError.message)")
            if worker.pool == nil { session?.close() } else { pools?.outdated(pid: worker.pid) }
        }
    }

    private func left(_ worker: Worker) {
        state.withLock { state in
            state.workers[worker.id] = nil
            if state.pooled[worker.pid] == worker.id { state.pooled[worker.pid] = nil }
        }
        log.notice("worker \(worker.label) left")
        handle(.workerLeft(worker.id))
        if worker.pool != nil { pools?.left(pid: worker.pid) }
    }

    func adopt(_ descriptor: Descriptor, pid: Int32, pool: String) async throws -> RPCSession {
        guard let server else { throw JobError.draining }
        let own = PeerCredentials.current
        let credentials = PeerCredentials(pid: pid, uid: own.uid, gid: own.gid, groups: own.groups)
        return try await server.adopt(connected: descriptor, peer: Peer(credentials: credentials, access: .write))
    }

    func retire(pid: Int32) {
        guard let worker = state.withLock({ $0.pooled[pid] }) else { return }
        handle(.workerRetires(worker))
    }

    /// Tells the pools how busy a process of theirs is.
    func tellLoad(of worker: Int) {
        let load = state.withLock { state -> (pid: Int32, load: PoolLoad)? in
            guard let known = state.dispatcher.workers[worker], known.pool != nil else { return nil }
            return (known.pid, PoolLoad(calls: known.running, capacity: known.capacity))
        }
        if let load { pools?.changed(pid: load.pid, load: load.load) }
    }

    /// Jobs wait for a place at workers of these kinds.
    func demand(_ kinds: [String: Int]) {
        var waiting: [String: Int] = [:]
        state.withLock { state in
            for (kind, number) in kinds {
                for pool in state.book.pools(of: kind) { waiting[pool, default: 0] += number }
            }
        }
        for (pool, number) in waiting { pools?.demand(pool: pool, waiting: number) }
    }

    func workerViews() -> [WorkerView] {
        state.withLock { $0.dispatcher.workers.values.filter { $0.id > Worker.own }.sorted { $0.id < $1.id } }
            .map { worker in
                WorkerView(
                    id: worker.id, name: worker.name, pid: worker.pid, kinds: worker.kinds.map(\.name),
                    capacity: worker.capacity, running: worker.running, since: worker.since, pool: worker.pool,
                    user: worker.uid, state: worker.isRetiring ? .retiring : .ready)
            }
    }
}
