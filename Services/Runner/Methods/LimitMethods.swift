import Linux
import MillraceProtocol
import MillraceRPC
import MillraceStore
import Resilience

/// The wire side of limits and breakers.
extension Runner {
    func registerLimits(on router: inout RPCRouter) {
        router.on(LimitList.self) { [self] _, _ in LimitList.Result(limits: try await limitViews()) }
        router.on(LimitSet.self) { [self] params, _ in try await setLimit(params) }
        router.onReply(BreakerList.self) { [self] _, _, reply in
            reply.succeed(BreakerList.Result(breakers: breakerViews()))
        }
        router.on(BreakerOpen.self) { [self] params, _ in try await force(params.name, open: true) }
        router.on(BreakerClose.self) { [self] params, _ in try await force(params.name, open: false) }
        router.on(BreakerReset.self) { [self] params, _ in try await force(params.name, open: nil) }
    }

    // MARK: Limits

    private func setLimit(_ params: LimitSet.Params) async throws -> LimitView {
        try Rules.check(params)
        let scope = params.scope
        let name = try params.name.map { try Self.canonicalName($0, scope) }
        var limit = state.withLock { $0.book.stored.limit(scope, name) } ?? LimitRule(scope: scope, name: name)
        if params.clear == true {
            try await store.write { try JobStore.clearLimit($0, scope, name) }
            adjust { book in book.stored.limits.removeAll { $0.scope == scope && $0.name == name } }
        } else {
            limit.running = params.running ?? limit.running
            limit.waiting = params.waiting ?? limit.waiting
            limit.ratePerSecond = params.ratePerSecond ?? limit.ratePerSecond
            limit.burst = params.burst ?? limit.burst
            let new = limit
            try await store.write { try JobStore.setLimit($0, new) }
            adjust { book in
                book.stored.limits.removeAll { $0.scope == scope && $0.name == name }
                book.stored.limits.append(new)
            }
        }
        log.notice("the limit of \(scope.rawValue) \(name ?? "") was \(params.clear == true ? "cleared" : "set")")
        return try await limitViews().first { $0.scope == scope && $0.name == name }
            ?? LimitView(scope: scope, name: name, used: 0, waitingNow: 0, source: .default)
    }

    /// Users are counted by number, and may be named.
    private static func canonicalName(_ name: String, _ scope: LimitScope) throws(JobError) -> String {
        guard scope == .user else {
            guard NameRule.isName(name) else { throw .invalid(field: "name", Rules.nameRule("name")) }
            return name
        }
        if UInt32(name) != nil { return name }
        guard let user = SystemUser.named(name) else {
            throw .invalid(field: "name", "there is no user \"\(name)\" on this machine")
        }
        return "\(user.id)"
    }

    private func limitViews() async throws -> [LimitView] {
        let lanes = try await store.read { try JobStore.lanes($0) }.filter { !$0.lane.isOwn }
        let (book, dispatcher) = state.withLock { ($0.book, $0.dispatcher.snapshot(now: time.boot())) }
        return LimitBook(book: book, lanes: lanes, dispatcher: dispatcher).views
    }

    // MARK: Breakers

    private func force(_ name: String, open: Bool?) async throws -> BreakerView {
        guard NameRule.isName(name) else { throw JobError.invalid(field: "name", Rules.nameRule("name")) }
        // A name that is misspelt would be kept otherwise, and the breaker that was meant left as it is.
        guard breakerViews().contains(where: { $0.name == name }) else { throw JobError.noBreaker(name) }
        try await store.write { try JobStore.forceBreaker($0, name, open: open) }
        handle(.breakerForced(name, open: open))
        let what =
            switch open {
            case true?: "opened by hand"
            case false?: "closed by hand"
            case nil: "back to its own judgement"
            }
        log.notice("the breaker of \(name) is \(what)")
        guard let view = breakerViews().first(where: { $0.name == name }) else { throw JobError.noBreaker(name) }
        return view
    }

    func breakerViews() -> [BreakerView] {
        let resources = self.state.withLock { $0.dispatcher.resources.resources }
        let now = now()
        return resources.sorted { $0.key < $1.key }.map { name, resource in
            var until: Timestamp?
            let state: BreakerState
            switch resource.breaker.state {
            case .closed: state = .closed
            case .open(let end):
                state = .open
                until = now.wall + (end - now.boot)
            case .halfOpen: state = .halfOpen
            case .forcedOpen: state = .forcedOpen
            case .forcedClosed: state = .forcedClosed
            }
            return BreakerView(
                name: name, state: state, failures: resource.breaker.failures,
                threshold: resource.breaker.threshold, pauseMs: Int(resource.breaker.pause.milliseconds), until: until)
        }
    }
}

/// The limits in force, with what is used of them.
private struct LimitBook {
    let book: RuleBook
    let lanes: [LaneCount]
    let dispatcher: Dispatcher.Snapshot

    var views: [LimitView] {
        var views = [machine]
        views += counted(.queue, dispatcher.bounds.queues, book.waiting.queues) { $0.queue }
        views += counted(.kind, dispatcher.bounds.kinds, book.waiting.kinds) { $0.kind }
        views += users
        views += keys
        views += resources
        return views
    }

    private func running(_ suits: (Lane) -> Bool = { _ in true }) -> Int {
        lanes.reduce(0) { $0 + (suits($1.lane) ? $1.running : 0) }
    }

    private func waiting(_ suits: (Lane) -> Bool = { _ in true }) -> Int {
        lanes.reduce(0) { $0 + (suits($1.lane) ? $1.total - $1.running : 0) }
    }

    private var machine: LimitView {
        LimitView(
            scope: .machine, running: dispatcher.bounds.jobs, waiting: book.waiting.total, used: running(),
            waitingNow: waiting(), source: book.stored.limit(.machine, nil) == nil ? .default : .set)
    }

    private func counted(
        _ scope: LimitScope, _ runningLimits: [String: Int], _ waitingLimits: [String: Int],
        _ name: @escaping (Lane) -> String
    ) -> [LimitView] {
        Set(runningLimits.keys).union(waitingLimits.keys).sorted().map { key in
            LimitView(
                scope: scope, name: key, running: runningLimits[key], waiting: waitingLimits[key],
                used: running { name($0) == key }, waitingNow: waiting { name($0) == key },
                source: isSet(scope, key) ? .set : .file)
        }
    }

    private func isSet(_ scope: LimitScope, _ name: String) -> Bool {
        book.stored.limit(scope, name) != nil
            || scope == .queue
                && book.stored.queues.contains { $0.name == name && ($0.runningLimit ?? $0.waitingLimit) != nil }
    }

    private var users: [LimitView] {
        let bounds = dispatcher.bounds
        var views = [
            LimitView(
                scope: .user, running: bounds.jobs(of: .max), waiting: book.waiting.user > 0 ? book.waiting.user : nil,
                used: 0, waitingNow: 0, source: book.stored.limit(.user, nil) == nil ? .default : .set)
        ]
        for uid in Set(bounds.users.keys).union(book.waiting.users.keys).sorted() {
            views.append(
                LimitView(
                    scope: .user, name: "\(uid)", running: bounds.jobs(of: uid), waiting: book.waiting.users[uid],
                    used: running { $0.uid == uid }, waitingNow: waiting { $0.uid == uid }, source: .set))
        }
        return views
    }

    private var keys: [LimitView] {
        let rules = book.store
        func view(_ name: String?, _ limit: KeyLimit, _ source: LimitSource) -> LimitView {
            LimitView(
                scope: .key, name: name, running: limit.places, waiting: limit.waiting, used: 0, waitingNow: 0,
                source: source)
        }
        return [
            view(nil, rules.defaultKeyLimit, book.stored.limit(.key, nil) == nil ? .default : .set)
        ]
            + rules.keyLimits.sorted { $0.key < $1.key }.map { name, limit in
                view(name, limit, isSet(.key, name) ? .set : .file)
            }
    }

    private var resources: [LimitView] {
        dispatcher.resources.sorted { $0.key < $1.key }.compactMap { name, resource in
            guard let rate = resource.definition.rate else { return nil }
            return LimitView(
                scope: .resource, name: name, ratePerSecond: rate, burst: resource.definition.burst,
                used: resource.definition.burst - (resource.bucket?.tokens(at: dispatcher.now) ?? 0),
                waitingNow: resource.line.count, source: isSet(.resource, name) ? .set : .file)
        }
    }
}
