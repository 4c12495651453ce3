import Linux
import MillraceProtocol
import MillraceService
import MillraceStore

/// How the runner is: for `STATUS=`, `service.status` and `service.metrics`.
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

    func metrics() async -> [ServiceMetrics.Metric] {
        // What cannot be read now is told as it was.
        if let counts = try? await store.read({ try JobStore.ready($0) }) { instruments.ready(counts) }
        let load = load()
        let store = store.statistics
        let counts = state.withLock { $0.dispatcher.counts }
        return [
            .init("millrace_runner_jobs_active", .gauge, Double(load.jobs)),
            .init("millrace_runner_jobs_live", .gauge, Double(live.total)),
            .init("millrace_runner_jobs_submitted_total", .counter, Double(submitted.load(ordering: .relaxed))),
            .init("millrace_runner_jobs_started_total", .counter, Double(counts.started)),
            .init("millrace_runner_jobs_succeeded_total", .counter, Double(counts.succeeded)),
            .init("millrace_runner_jobs_failed_total", .counter, Double(counts.failed)),
            .init("millrace_runner_jobs_partial_total", .counter, Double(counts.partial)),
            .init("millrace_runner_jobs_cancelled_total", .counter, Double(counts.cancelled)),
            .init("millrace_runner_attempts_lost_total", .counter, Double(counts.lost)),
            .init("millrace_runner_calls", .gauge, Double(load.calls)),
            .init("millrace_runner_workers", .gauge, Double(load.workers)),
            .init("millrace_runner_store_writes_total", .counter, Double(store.commits)),
            .init("millrace_runner_store_transactions_total", .counter, Double(store.transactions)),
            .init("millrace_runner_store_checkpoints_total", .counter, Double(store.checkpoints)),
            .init("millrace_runner_store_largest_batch", .gauge, Double(store.largestBatch)),
            .init("millrace_runner_store_pending", .gauge, Double(store.pending)),
        ]
    }
}
