import DatasetFiles
import Linux
import MillraceProtocol
import Preloading
import Resilience
import Telemetry

extension DatasetShelf.Entry {
    var stats: DatasetStats {
        let (done, load, times) = (dataset.figures, dataset.load, dataset.times)
        let (delay, took) = (times.windowDelay.distribution, times.load.distribution)
        let microseconds = { (times: DistributionValue, share: Double) in
            Int(((times.quantile(share, scale: Distribution.nanosecond) ?? 0) * 1e6).rounded())
        }
        return DatasetStats(
            dataset: definition.name, asks: Int(done.asks), keysAsked: Int(done.keysAsked), hits: Int(done.hits),
            staleHits: Int(done.staleHits), joined: Int(done.joined), duplicates: Int(done.duplicates),
            refused: Int(done.refused), keysLoaded: Int(done.keysLoaded), refreshes: Int(done.refreshes),
            logicalBatches: Int(done.batches), physicalRequests: Int(done.requests),
            callsSaved: Int(done.callsSaved), hitRate: done.hitRate, failedBatches: Int(done.failedBatches),
            cancelledBatches: Int(done.cancelledBatches), faultyBatches: Int(done.faultyBatches),
            windowDelayP50Us: microseconds(delay, 0.5), windowDelayP99Us: microseconds(delay, 0.99),
            loadP50Us: microseconds(took, 0.5), loadP99Us: microseconds(took, 0.99), entries: load.entries,
            bytes: load.bytes,
            evicted: Int(load.evicted), waiting: load.waiting, running: load.running, breaker: gate.breakerState)
    }
}

extension CallerView {
    init(_ row: CallerBook.Row) {
        self.init(
            user: row.caller.user, unit: row.caller.unit, kind: row.caller.kind, dataset: row.dataset,
            calls: Int(row.calls), keys: Int(row.keys), keyByKeyRuns: Int(row.runs), keyByKeyCalls: Int(row.runCalls),
            longestRun: Int(row.longestRun), wouldSave: Int(row.saved))
    }
}

extension DatasetView {
    init(_ definition: DatasetDefinition) {
        let rules = definition.rules
        self.init(
            name: definition.name, summary: definition.summary, source: DatasetSourceKind(definition.source),
            scope: definition.scope == .shared ? .shared : .user, rows: DatasetRowMode(rules.rows),
            file: definition.place.description, windowSize: rules.window.size,
            windowAgeMs: rules.window.age.seconds * 1000, chunk: rules.chunk, parallelism: rules.parallelism,
            cacheEntries: rules.cache.isOn ? rules.cache.entries : 0, cacheBytes: rules.cache.bytes,
            ttlMs: Int(rules.cache.ttl.milliseconds), negativeTtlMs: Int(rules.cache.negativeTTL.milliseconds),
            staleMs: Int(rules.cache.stale.milliseconds), timeoutMs: Int(rules.timeout.milliseconds),
            resource: definition.resource?.name)
    }
}

extension DatasetSourceKind {
    init(_ source: DatasetDefinition.Source) {
        self =
            switch source {
            case .sqlite: .sqlite
            case .http: .http
            case .file: .file
            case .notion: .notion
            }
    }
}

extension DatasetRowMode {
    init(_ rows: DatasetRules.Rows) {
        self =
            switch rows {
            case .one: .one
            case .first: .first
            case .all: .all
            }
    }
}
