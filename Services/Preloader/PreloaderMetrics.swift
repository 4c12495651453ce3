import Linux
import MillraceProtocol
import MillraceService
import Preloading

/// The figures of `service.metrics`, each dataset's with its name for a label.
extension Preloader {
    func metrics() async -> [ServiceMetrics.Metric] {
        shelf.all.flatMap { entry -> [ServiceMetrics.Metric] in
            let stats = entry.stats
            func metric(_ name: String, _ kind: ServiceMetrics.Kind, _ value: Double) -> ServiceMetrics.Metric {
                ServiceMetrics.Metric(
                    "millrace_preloader_\(name)", kind, value, labels: ["dataset": entry.definition.name])
            }
            func counter(_ name: String, _ value: Int) -> ServiceMetrics.Metric {
                metric("\(name)_total", .counter, Double(value))
            }
            return [
                counter("asks", stats.asks), counter("keys_asked", stats.keysAsked), counter("hits", stats.hits),
                counter("stale_hits", stats.staleHits), counter("joined", stats.joined),
                counter("keys_refused", stats.refused), counter("keys_loaded", stats.keysLoaded),
                counter("logical_batches", stats.logicalBatches),
                counter("physical_requests", stats.physicalRequests), counter("calls_saved", stats.callsSaved),
                counter("failed_batches", stats.failedBatches),
                counter("cancelled_batches", stats.cancelledBatches),
                counter("faulty_batches", stats.faultyBatches), counter("evicted", stats.evicted),
                metric("hit_rate", .gauge, stats.hitRate), metric("cache_entries", .gauge, Double(stats.entries)),
                metric("cache_bytes", .gauge, Double(stats.bytes)),
                metric("keys_waiting", .gauge, Double(stats.waiting)),
                metric("batches_running", .gauge, Double(stats.running)),
                metric("window_delay_p50_seconds", .gauge, Double(stats.windowDelayP50Us) / 1e6),
                metric("window_delay_p99_seconds", .gauge, Double(stats.windowDelayP99Us) / 1e6),
                metric("load_p50_seconds", .gauge, Double(stats.loadP50Us) / 1e6),
                metric("load_p99_seconds", .gauge, Double(stats.loadP99Us) / 1e6),
            ]
        }
    }
}
