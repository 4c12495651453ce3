import Linux
import MillraceProtocol
import MillraceService
import MillraceStore

/// How the runner is: for `STATUS=`, `service.status`, `service.metrics` and the watchdog.
extension Runner {
    func status() async -> ServiceReport {
        let load = load()
        var checks: [ServiceStatus.Check] = []
        var figures: [String: Double] = [
            "jobs_active": Double(load.jobs), "calls": Double(load.calls), "workers": Double(load.workers),
            "watchers": Double(watchers.count),
        ]
        var backlog = "backlog unknown"
        do {
            let counts = try await store.read { try JobStore.backlog($0) }
            figures["jobs_ready"] = Double(counts.ready)
            figures["jobs_scheduled"] = Double(counts.scheduled)
            figures["jobs_running"] = Double(counts.running)
            backlog = "\(counts.ready) ready, \(counts.scheduled) scheduled"
            checks.append(.init("store", .ok))
        } catch {
            checks.append(.init("store", .fail, reason: "\(error)"))
        }
        checks.append(
            load.workers > 0
                ? .init("workers", .ok) : .init("workers", .warn, reason: "no worker is connected; jobs wait"))
        let workers = load.workers == 1 ? "1 worker" : "\(load.workers) workers"
        return ServiceReport(
            "\(load.jobs) running, \(backlog), \(load.calls) in work at \(workers)", checks: checks, figures: figures)
    }

    func metrics() async -> [ServiceMetrics.Metric] {
        let load = load()
        let store = store.statistics
        return [
            .init("millrace_runner_jobs_active", .gauge, Double(load.jobs)),
            .init("millrace_runner_calls", .gauge, Double(load.calls)),
            .init("millrace_runner_workers", .gauge, Double(load.workers)),
            .init("millrace_runner_store_writes_total", .counter, Double(store.commits)),
            .init("millrace_runner_store_transactions_total", .counter, Double(store.transactions)),
            .init("millrace_runner_store_checkpoints_total", .counter, Double(store.checkpoints)),
            .init("millrace_runner_store_largest_batch", .gauge, Double(store.largestBatch)),
            .init("millrace_runner_store_pending", .gauge, Double(store.pending)),
        ]
    }

    /// Real work: a write that is on disk, read back by another connection.
    func canary() async throws {
        let beat = time.wall().milliseconds
        let run = run
        try await store.write { db in
            try db.run("UPDATE run SET beat_at = ? WHERE id = ?", SQLValue(beat), SQLValue(run))
        }
        let seen = try await store.read { db in
            try db.first("SELECT beat_at FROM run WHERE id = ?", SQLValue(run)) { $0.intOrNil(0) }
        }
        guard seen == beat else { throw StoreError(.corrupt, "what was written is not what was read") }
    }
}
