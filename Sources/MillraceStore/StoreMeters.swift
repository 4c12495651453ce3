import Linux
public import Telemetry

/// Counts what a database does, for ``DatabaseOptions/meters``.
public final class StoreMeters: Sendable {
    private let commits: Histogram
    private let bodies: Counter
    private let reads: Counter
    private let failures: Counter
    private let readers: Gauge
    private let busy: Gauge
    private let time: any TimeSource

    public init(_ registry: Registry, time: any TimeSource) {
        self.time = time
        commits = registry.histogram(
            "millrace_store_commit_duration_seconds",
            "How long transactions took that wrote, from their beginning to the end of their commit.",
            bounds: Bounds.requests, exemplars: false)
        bodies = registry.counter("millrace_store_writes", "Writes that were committed; many may share a transaction.")
        reads = registry.counter("millrace_store_reads", "Reads that were done.")
        failures = registry.counter(
            "millrace_store_failures", "Writes that failed for a cause of the store's own, such as a full disk.")
        readers = registry.gauge("millrace_store_readers", "Connections for reading.")
        busy = registry.gauge("millrace_store_readers_busy", "Connections for reading that are in use.")
    }

    func now() -> Duration { time.boot() }

    func committed(since began: Duration) { commits.record(time.boot() - began) }

    func wrote(_ count: Int) { bodies.increment(by: UInt64(count)) }

    func failed(_ count: Int) { failures.increment(by: UInt64(count)) }

    func readerCame() { readers.add() }

    func readerWent() { readers.add(-1) }

    func isBusy(_ isBusy: Bool) {
        busy.add(isBusy ? 1 : -1)
        if isBusy { reads.increment() }
    }
}
