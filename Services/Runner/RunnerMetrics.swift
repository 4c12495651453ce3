import Linux
import MillraceProtocol
import MillraceService
import MillraceStore
import Telemetry

/// How the runner is: for `STATUS=`, `service.status` and, beside what it counts, `service.metrics`.
extension Runner {
    func status() async -> ServiceReport {
        let load = load()
        var checks: [ServiceStatus.Check] = []
        var figures: [String: Double] = [
            "jobs_active": Double(load.jobs), "calls": Double(load.calls), "workers": Double(load.workers),
            "watchers": Double(watchers.count), "jobs_live": Double(live.total),
        ]
        if let failure = store.statistics.lastFailure {
            checks.append(.init("store", .fail, reason: "the last write failed: \(failure)"))
        } else {
            checks.append(.init("store", .ok))
        }
        if load.workers > 0 {
            checks.append(.init("workers", .ok))
        } else {
            let problems = (pools?.views ?? []).compactMap { pool in
                pools?.problem(of: pool.name).map { "\(pool.name) \($0)" }
            }
            let reason = (["no worker is connected; jobs wait"] + problems).joined(separator: "; ")
            checks.append(.init("workers", .warn, reason: reason))
        }
        let open = breakerViews().filter { $0.state == .open || $0.state == .forcedOpen }
        if !open.isEmpty {
            let names = open.map(\.name).joined(separator: ", ")
            checks.append(.init("breakers", .warn, reason: "open: \(names)"))
        }
        figures["breakers_open"] = Double(open.count)
        let workers = load.workers == 1 ? "1 worker" : "\(load.workers) workers"
        let waiting = max(0, live.total - load.jobs)
        return ServiceReport(
            "\(load.jobs) running, \(waiting) waiting, \(load.calls) in work at \(workers)", checks: checks,
            figures: figures)
    }

    /// Kinds, queues, pools, breakers, buckets, the database's line.
    func knownFamilies() async -> [FamilySnapshot] {
        // What cannot be read now is told as it was.
        if let counts = try? await store.read({ try JobStore.ready($0) }) { instruments.ready(counts) }
        let (queued, ofKinds) = (live.queues, live.kinds)
        let now = time.boot()
        let (load, counts, resources) = state.withLock {
            ($0.dispatcher.load, $0.dispatcher.counts, $0.dispatcher.resources.resources)
        }
        let (work, running) = (self.load(), load.queues)
        let names = Set(queued.keys).union(running.keys)
        let kinds = Set(ofKinds.keys).union(load.kinds.keys)
        let pools = pools?.views ?? []
        let store = store.statistics
        let known = KnownNumbers(since: host.registry.source.started)
        return [
            known.gauges(
                "millrace_kind_waiting", "Jobs that do not run: ready, held or before their time.", label: "kind",
                kinds.map { ($0, Double(max(0, ofKinds[$0, default: 0] - load.kinds[$0, default: 0]))) }),
            known.gauges(
                "millrace_kind_running", "Jobs that run.", label: "kind",
                kinds.map { ($0, Double(load.kinds[$0, default: 0])) }),
            known.gauges(
                "millrace_queue_waiting", "Jobs that do not run: ready, held or before their time.", label: "queue",
                names.map { ($0, Double(max(0, queued[$0, default: 0] - running[$0, default: 0]))) }),
            known.gauges(
                "millrace_queue_running", "Jobs that run.", label: "queue",
                names.map { ($0, Double(running[$0, default: 0])) }),
            known.gauges(
                "millrace_pool_total", "Worker processes there may be.", label: "pool",
                pools.map { ($0.name, Double($0.processes)) }),
            known.gauges(
                "millrace_pool_running", "Worker processes there are.", label: "pool",
                pools.map { ($0.name, Double($0.running.count)) }),
            known.gauges(
                "millrace_resource_tokens", "Tokens left in a bucket.", label: "resource",
                resources.compactMap { name, resource in resource.bucket.map { (name, Double($0.tokens(at: now))) } }),
            known.gauges(
                "millrace_resource_waiting", "Who waits for a token.", label: "resource",
                resources.map { ($0.key, Double($0.value.line.count)) }),
            known.stateSets(
                "millrace_breaker_state", "Whether calls to a dependency are let through.",
                states: BreakerState.allCases.map(\.rawValue), label: "name",
                breakerViews().map { ($0.name, $0.state.rawValue) }),
            known.gauge("millrace_runner_workers", "Workers that are connected.", Double(work.workers)),
            known.gauge("millrace_runner_calls", "Calls that workers are at.", Double(work.calls)),
            known.counter("millrace_jobs_started", "Jobs that began to run.", Double(counts.started)),
            known.counter("millrace_attempts_lost", "Attempts that ended with their worker.", Double(counts.lost)),
            known.gauge("millrace_store_pending", "Writes that wait for the database.", Double(store.pending)),
            known.gauge(
                "millrace_store_largest_batch", "The most writes that shared a transaction.", merging: .max,
                Double(store.largestBatch)),
            known.counter(
                "millrace_store_checkpoints", "Moves of the log into the database.", Double(store.checkpoints)),
        ]
    }
}
