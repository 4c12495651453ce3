import Declarations
import JSONCodec
import KindFiles
import Linux
import MillraceProtocol
import MillraceService
import MillraceStore

/// What was set by hand, as the store keeps it.
struct StoredRules: Sendable {
    var gates: [Gate] = []
    var queues: [QueueRule] = []
    var limits: [LimitRule] = []
    /// Breakers that are held open or closed.
    var breakers: [String: Bool] = [:]

    func limit(_ scope: LimitScope, _ name: String?) -> LimitRule? {
        limits.first { $0.scope == scope && $0.name == name }
    }
}

extension JobStore {
    static func storedRules(_ db: Connection) throws -> StoredRules {
        StoredRules(
            gates: try gates(db), queues: try queues(db), limits: try limitRules(db), breakers: try breakers(db))
    }
}

/// Every rule in force: settings, declarations of kinds, and what was set by hand and is kept in the store. Later ones go
/// before earlier ones.
struct RuleBook: Sendable {
    /// Set by `pool.resize`, until the settings are read again.
    struct Adjusted: Sendable, Hashable {
        var jobs: Int?
        var calls: Int?
    }

    var configuration: RunnerConfiguration
    var catalog: KindCatalog
    var stored: StoredRules
    var adjusted = Adjusted()

    /// Reads the folder of declarations; nothing is declared where there is none.
    static func readKinds(
        _ configuration: RunnerConfiguration, _ places: DeclarationPlaces
    ) -> (KindCatalog, [Problem]) {
        let (folder, mayBeAbsent) = places.folder(.kinds, setting: configuration.kinds)
        return KindCatalog.load(folder: folder, mayBeAbsent: mayBeAbsent)
    }

    // MARK: For the dispatcher

    var dispatch: Dispatcher.Rules {
        var rules = Dispatcher.Rules()
        rules.bounds.jobs = machine.running ?? adjusted.jobs ?? configuration.jobs
        rules.bounds.calls = adjusted.calls ?? configuration.calls
        rules.bounds.slots = configuration.slots
        rules.bounds.grace = configuration.grace
        rules.bounds.user = stored.limit(.user, nil)?.running ?? configuration.userJobs
        for kind in catalog.kinds.values {
            rules.bounds.kinds[kind.name] = kind.concurrency
            let needs = ResourceBook.Needs(tokens: kind.resources, breaker: kind.breaker)
            if !needs.names.isEmpty { rules.needs[kind.name] = needs }
            rules.itemTimeouts[kind.name] = kind.itemTimeout
            rules.retryRatios[kind.name] = kind.retry.budget
        }
        for queue in catalog.queues.values { rules.bounds.queues[queue.name] = queue.concurrency }
        for resource in catalog.resources.values {
            rules.definitions[resource.name] = ResourceBook.Definition(
                rate: resource.bucket?.rate, burst: resource.bucket?.burst ?? 1,
                failures: resource.breaker?.failures ?? 5, pause: resource.breaker?.pause ?? .seconds(30))
        }
        for queue in stored.queues where queue.runningLimit != nil {
            rules.bounds.queues[queue.name] = queue.runningLimit
        }
        for limit in stored.limits { apply(limit, to: &rules) }
        for gate in stored.gates where gate.state == .paused {
            switch gate.scope {
            case .queue: rules.pauses.queues.insert(gate.name)
            case .kind: rules.pauses.kinds.insert(gate.name)
            }
        }
        return rules
    }

    private var machine: (running: Int?, waiting: Int?) {
        let limit = stored.limit(.machine, nil)
        return (limit?.running, limit?.waiting)
    }

    private func apply(_ limit: LimitRule, to rules: inout Dispatcher.Rules) {
        guard let name = limit.name else { return }
        switch limit.scope {
        case .kind: rules.bounds.kinds[name] = limit.running ?? rules.bounds.kinds[name]
        case .queue: rules.bounds.queues[name] = limit.running ?? rules.bounds.queues[name]
        case .user:
            if let uid = UInt32(name), let running = limit.running { rules.bounds.users[uid] = running }
        case .resource:
            var definition = rules.definitions[name] ?? ResourceBook.Definition()
            definition.rate = limit.ratePerSecond ?? definition.rate
            definition.burst = limit.burst ?? definition.burst
            rules.definitions[name] = definition
        case .machine, .key: break
        }
    }

    /// Commands and hooks, which the runner carries out by itself.
    func ownHands(since: Timestamp, pid: Int32) -> Worker {
        var kinds = catalog.kinds.values.filter { if case .command = $0.program { true } else { false } }
            .map { KindDeclaration(name: $0.name, summary: $0.summary, stages: [.process]) }
        kinds.append(KindDeclaration(name: HookTask.commandKind, summary: "commands of hooks", stages: [.process]))
        return Worker(
            id: Worker.own, name: "command", pid: pid, kinds: kinds.sorted { $0.name < $1.name },
            capacity: configuration.commands, since: since)
    }

    func isOwn(_ kind: String) -> Bool {
        if kind == Canary.kind || kind == HookTask.commandKind { return true }
        if case .command? = catalog.kinds[kind]?.program { return true }
        return false
    }

    /// The command to run for a job: that of its kind, or of the hook that made it.
    func command(of kind: String, task: HookTask?) -> CommandDefinition? {
        if case .command(let words)? = task { return CommandDefinition(ProcessDefinition(words)) }
        if case .command(let definition)? = catalog.kinds[kind]?.program { return definition }
        return nil
    }

    /// What is known of kinds without a worker.
    var declarations: [KindDeclaration] {
        catalog.kinds.values.sorted { $0.name < $1.name }.map { kind in
            switch kind.program {
            case .command: KindDeclaration(name: kind.name, summary: kind.summary, stages: [.process])
            case .worker, .outside: KindDeclaration(name: kind.name, summary: kind.summary, stages: [])
            }
        }
    }

    // MARK: For the pools

    var workers: [WorkerDefinition] {
        WorkerDefinition.pools(of: configuration.workerCommands)
            + catalog.workers.values.sorted { $0.name < $1.name }
    }

    /// The pools whose processes alone may serve a kind: that which is declared, else those of the settings where one of their
    /// processes has registered it. None: whoever registers it may.
    func owners(of kind: String, registeredBy pool: String?) -> [String] {
        if case .worker(let pool)? = catalog.kinds[kind]?.program { return [pool] }
        guard let pool else { return [] }
        let pools = pools(of: kind)
        return pools.contains(pool) ? pools : []
    }

    /// Pools whose processes may serve a kind: that which is declared, else those that declare nothing beforehand.
    func pools(of kind: String) -> [String] {
        if case .worker(let pool)? = catalog.kinds[kind]?.program { return [pool] }
        return WorkerDefinition.pools(of: configuration.workerCommands).map(\.name)
    }

    // MARK: For the store

    var store: StoreRules {
        var rules = StoreRules()
        rules.ageing = configuration.ageing
        rules.retention = [
            .succeeded: configuration.keepSucceeded, .partial: configuration.keepFailed,
            .failed: configuration.keepFailed, .cancelled: configuration.keepCancelled,
        ]
        rules.kindRetention[Canary.kind] = Canary.retention
        rules.defaultKeyLimit = keyLimit(KeyLimit(), stored.limit(.key, nil))
        rules.kinds = catalog.kinds
        for kind in catalog.kinds.values {
            rules.keyLimits[kind.name] = KeyLimit(
                running: kind.key.running, waiting: kind.key.waiting, ordered: kind.key.ordered)
            for (outcome, span) in kind.retention {
                rules.kindRetention[kind.name, default: [:]][outcome.state] = span
            }
            let hooks = kind.hooks.map { KindHook($0) }
            if !hooks.isEmpty { rules.hooks[kind.name] = hooks }
        }
        for limit in stored.limits where limit.scope == .key {
            guard let kind = limit.name else { continue }
            rules.keyLimits[kind] = keyLimit(rules.keyLimit(of: kind), limit)
        }
        return rules
    }

    private func keyLimit(_ base: KeyLimit, _ limit: LimitRule?) -> KeyLimit {
        KeyLimit(
            running: limit?.running ?? base.running, waiting: limit?.waiting ?? base.waiting, ordered: base.ordered)
    }

    /// What may wait.
    var waiting: LiveJobs.Limits {
        var limits = LiveJobs.Limits()
        limits.total = machine.waiting ?? configuration.backlog
        for kind in catalog.kinds.values { limits.kinds[kind.name] = kind.waiting }
        for queue in catalog.queues.values { limits.queues[queue.name] = queue.waiting }
        for queue in stored.queues where queue.waitingLimit != nil { limits.queues[queue.name] = queue.waitingLimit }
        limits.user = stored.limit(.user, nil)?.waiting ?? 0
        for limit in stored.limits {
            guard let name = limit.name, let waiting = limit.waiting else { continue }
            switch limit.scope {
            case .kind: limits.kinds[name] = waiting
            case .queue: limits.queues[name] = waiting
            case .user: if let uid = UInt32(name) { limits.users[uid] = waiting }
            case .machine, .key, .resource: break
            }
        }
        return limits
    }

    func durability(of queue: String) -> JobDurability {
        stored.queues.first { $0.name == queue }?.durability
            ?? catalog.queues[queue].map { $0.durability == .crash ? .crash : .disk } ?? .disk
    }

    /// Whether a submission may come in.
    func refusal(of lane: Lane) -> JobError? {
        for gate in stored.gates where gate.state == .draining {
            switch gate.scope {
            case .queue where gate.name == lane.queue: return .drained(.queue, lane.queue)
            case .kind where gate.name == lane.kind: return .drained(.kind, lane.kind)
            default: continue
            }
        }
        return nil
    }
}

extension Outcome {
    var state: JobState {
        switch self {
        case .succeeded: .succeeded
        case .partial: .partial
        case .failed: .failed
        case .cancelled: .cancelled
        }
    }
}

extension KindHook {
    init(_ definition: HookDefinition) {
        let on = Set(definition.outcomes.map(\.state))
        switch definition.action {
        case .command(let words): self.init(on: on, action: .task(.command(words)))
        case .job(let kind, let params, let queue):
            let params = params.map { JSONRaw(unchecked: Array($0.utf8)) }
            self.init(on: on, action: .job(JobHook.FollowUp(kind: kind, params: params, queue: queue)))
        case .http(let url, let secret):
            self.init(on: on, action: .task(.http(JobHook.Callback(url: url, secret: secret))))
        }
    }
}
