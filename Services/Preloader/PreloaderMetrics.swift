import DatasetFiles
import Linux
import Preloading
import Telemetry

extension Preloader {
    /// What is told of the datasets, each with its name for a label.
    func knownFamilies() async -> [FamilySnapshot] {
        let known = KnownNumbers(since: host.registry.source.started)
        let datasets = shelf.all.map { entry in
            (name: entry.definition.name, done: entry.dataset.figures, load: entry.dataset.load)
        }
        func counter(_ name: String, _ help: String, _ value: KeyPath<DatasetFigures, UInt64>) -> FamilySnapshot {
            known.counters(
                "millrace_preloader_\(name)", help, label: "dataset",
                datasets.map { ($0.name, Double($0.done[keyPath: value])) })
        }
        func gauge(
            _ name: String, _ help: String, unit: String = "", _ value: KeyPath<DatasetLoad, Int>
        ) -> FamilySnapshot {
            known.gauges(
                "millrace_preloader_\(name)", help, unit: unit, label: "dataset",
                datasets.map { ($0.name, Double($0.load[keyPath: value])) })
        }
        let times = shelf.all.map { (name: $0.definition.name, times: $0.dataset.times) }
        return [
            counter("asks", "Calls that asked for keys.", \.asks),
            counter("keys_asked", "Keys that were asked for.", \.keysAsked),
            counter("hits", "Keys answered from the cache, stale values and known absence included.", \.hits),
            counter("stale_hits", "Keys answered from the cache while a new value was loaded.", \.staleHits),
            counter("joined", "Keys answered by a load that another had begun.", \.joined),
            counter("duplicates", "Keys named more than once in one call.", \.duplicates),
            counter("keys_refused", "Keys that were refused because too many waited.", \.refused),
            counter("keys_loaded", "Keys that went to the source.", \.keysLoaded),
            counter("refreshes", "Keys loaded only to keep the cache new.", \.refreshes),
            counter("logical_batches", "Lists of keys that were given to the source.", \.batches),
            counter("physical_requests", "Requests to the source: each page and each try.", \.requests),
            counter("calls_saved", "Requests that asking key by key would have cost beyond these.", \.callsSaved),
            counter("failed_batches", "Batches that failed.", \.failedBatches),
            counter("cancelled_batches", "Batches that nobody waited for any more.", \.cancelledBatches),
            counter("faulty_batches", "Batches whose answer was not as agreed.", \.faultyBatches),
            known.counters(
                "millrace_preloader_evicted", "Keys that left the cache for want of room.", label: "dataset",
                datasets.map { ($0.name, Double($0.load.evicted)) }),
            known.gauges(
                "millrace_preloader_hit_rate", "The share of keys that the cache answered.", label: "dataset",
                datasets.map { ($0.name, $0.done.hitRate) }),
            gauge("cache_entries", "Keys in the cache.", \.entries),
            gauge("cache_bytes", "What the cache holds.", unit: "bytes", \.bytes),
            gauge("keys_waiting", "Keys that wait or are on their way.", \.waiting),
            gauge("batches_running", "Batches that are on their way.", \.running),
            known.distributions(
                "millrace_preloader_window_delay_seconds", "From the coming of a batch's first key to its start.",
                label: "dataset", times.map { ($0.name, $0.times.windowDelay) }),
            known.distributions(
                "millrace_preloader_load_seconds", "From the start of a batch to its end.", label: "dataset",
                times.map { ($0.name, $0.times.load) }),
        ]
    }
}
