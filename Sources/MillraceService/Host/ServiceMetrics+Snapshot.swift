import MillraceProtocol
import Telemetry

extension ServiceMetrics.Result {
    /// The numbers of a snapshot under the names that they bear on the page of the metrics service. What no number is (the
    /// percentiles of nothing) is left out.
    ///
    /// - Parameter names: only these; all where it is nil.
    init(_ snapshot: Snapshot, names: Set<String>? = nil) {
        var metrics: [ServiceMetrics.Metric] = []
        for family in snapshot.families {
            let description = family.description
            for series in family.series {
                let labels = Dictionary(zip(description.labels, series.labels)) { $1 }
                series.numbers(of: description) { number in
                    let name = description.name + number.suffix
                    guard number.value.isFinite, names?.contains(name) ?? true else { return }
                    var labels = labels
                    if let part = number.part { labels[part.label] = part.value }
                    metrics.append(
                        ServiceMetrics.Metric(
                            name, number.grows ? .counter : .gauge, number.value, labels: labels.isEmpty ? nil : labels)
                    )
                }
            }
        }
        self.init(metrics: metrics)
    }
}
