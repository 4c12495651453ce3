import Linux
import MillraceProtocol
import MillraceRPC
import MillraceStore

/// The wire side of queues and kinds as gates.
extension Runner {
    func registerQueues(on router: inout RPCRouter) {
        router.on(QueueList.self) { [self] _, _ in try await queueList() }
        router.on(QueuePause.self) { [self] params, _ in
            try Rules.checkReason(params.reason)
            if let until = params.until, until <= time.wall() {
                throw JobError.invalid(field: "until", "\(until) is over already")
            }
            return try await setGate(
                queue: params.queue, kind: params.kind, .paused, reason: params.reason, until: params.until)
        }
        router.on(QueueResume.self) { [self] params, _ in
            try await setGate(queue: params.queue, kind: params.kind, .open)
        }
        router.on(QueueDrain.self) { [self] params, _ in
            try Rules.checkReason(params.reason)
            return try await setGate(queue: params.queue, kind: params.kind, .draining, reason: params.reason)
        }
        router.on(QueueSet.self) { [self] params, _ in try await setQueue(params) }
    }

    private func setGate(
        queue: String?, kind: String?, _ new: GateState, reason: String? = nil, until: Timestamp? = nil
    ) async throws -> GateView {
        let scope: Gate.Scope
        let name: String
        switch (queue, kind) {
        case (let queue?, nil): (scope, name) = (.queue, queue)
        case (nil, let kind?): (scope, name) = (.kind, kind)
        default: throw JobError.invalid(field: "queue", "name either a queue or a kind")
        }
        guard NameRule.isName(name) else {
            throw JobError.invalid(field: scope.rawValue, Rules.nameRule(scope.rawValue))
        }
        if scope == .kind, !kinds.knows(name) { throw JobError.unknownKind(name, known: kinds.names) }
        let now = time.wall()
        let gate = Gate(scope: scope, name: name, state: new, reason: reason, until: until, since: now)
        try await store.write { try JobStore.setGate($0, gate) }
        adjust { book in
            book.stored.gates.removeAll { $0.scope == scope && $0.name == name }
            book.stored.gates.append(gate)
        }
        if let until { alarm.ring(in: until - now) }
        log.notice("\(scope.rawValue) \(name) is \(new.rawValue)", metadata: reason.map { ["reason": "\($0)"] } ?? [:])
        let list = try await queueList()
        let views = scope == .queue ? list.queues : list.kinds
        return views.first { $0.name == name } ?? view(name, nil, scope)
    }

    /// Opens what was paused until a time that has come by the wall clock, however that was set meanwhile: called whenever the
    /// alarm rings, which is every half minute at the latest.
    func reopenGates() {
        let now = time.wall()
        let due = state.withLock { state in
            state.book.stored.gates.filter { $0.state == .paused && $0.until.map { $0 <= now } == true }
        }
        for gate in due {
            var open = gate
            open.state = .open
            open.reason = nil
            open.until = nil
            open.since = now
            let opened = open
            note("the end of a pause") { try JobStore.setGate($0, opened) }
            adjust { book in
                book.stored.gates.removeAll { $0.scope == gate.scope && $0.name == gate.name }
                book.stored.gates.append(opened)
            }
            log.notice("\(gate.scope.rawValue) \(gate.name) is open again")
        }
    }

    private func setQueue(_ params: QueueSet.Params) async throws -> QueueView {
        guard NameRule.isName(params.queue) else { throw JobError.invalid(field: "queue", Rules.nameRule("queue")) }
        func limit(_ value: Int?, _ before: Int?, _ most: Int, _ field: String) throws(JobError) -> Int? {
            guard let value else { return before }
            guard (0...most).contains(value) else {
                throw .invalid(field: field, "\(field) is 0 to \(most), not \(value); 0 takes the limit away")
            }
            return value == 0 ? nil : value
        }
        let name = params.queue
        var queue = state.withLock { $0.book.stored.queues.first { $0.name == name } } ?? QueueRule(name: name)
        queue.durability = params.durability ?? queue.durability
        queue.runningLimit = try limit(params.runningLimit, queue.runningLimit, 1_000_000, "runningLimit")
        queue.waitingLimit = try limit(params.waitingLimit, queue.waitingLimit, 100_000_000, "waitingLimit")
        let new = queue
        try await store.write { try JobStore.setQueue($0, new) }
        adjust { book in
            book.stored.queues.removeAll { $0.name == name }
            book.stored.queues.append(new)
        }
        return try await queueList().queues.first { $0.name == name } ?? view(name, nil, .queue)
    }

    func queueList() async throws -> QueueList.Result {
        let lanes = try await store.read { try JobStore.lanes($0) }.filter { !$0.lane.isOwn }
        let book = state.withLock { $0.book }
        func views(_ scope: Gate.Scope, _ name: (Lane) -> String, _ ruled: [String]) -> [GateView] {
            var counts = Dictionary(grouping: lanes) { name($0.lane) }
            for name in ruled where counts[name] == nil { counts[name] = [] }
            return counts.sorted { $0.key < $1.key }.map { view($0.key, $0.value, scope) }
        }
        let gates = book.stored.gates
        return QueueList.Result(
            queues: views(
                .queue, \.queue,
                ["default"] + book.stored.queues.map(\.name) + book.catalog.queues.keys
                    + gates.filter { $0.scope == .queue }.map(\.name)),
            kinds: views(
                .kind, \.kind, book.catalog.kinds.keys + gates.filter { $0.scope == .kind }.map(\.name)))
    }

    private func view(_ name: String, _ counts: [LaneCount]?, _ scope: Gate.Scope) -> GateView {
        let book = state.withLock { $0.book }
        let gate = book.gate(scope, name)
        let bounds = book.dispatch.bounds
        let waiting = book.waiting
        func sum(_ count: KeyPath<LaneCount, Int>) -> Int { (counts ?? []).reduce(0) { $0 + $1[keyPath: count] } }
        return GateView(
            name: name, state: gate?.state ?? .open, reason: gate?.reason, until: gate?.until, since: gate?.since,
            durability: scope == .queue ? book.durability(of: name) : nil, running: sum(\.running),
            ready: sum(\.ready), held: sum(\.held), scheduled: sum(\.scheduled),
            runningLimit: scope == .queue ? bounds.queues[name] : bounds.kinds[name],
            waitingLimit: scope == .queue ? waiting.queues[name] : waiting.kinds[name])
    }
}

extension RuleBook {
    func gate(_ scope: Gate.Scope, _ name: String) -> Gate? {
        stored.gates.first { $0.scope == scope && $0.name == name }
    }
}
