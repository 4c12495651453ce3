import Linux
import Telemetry
import TestSupport

extension Registry {
    static func sample(_ time: ManualTime = ManualTime(wall: Timestamp("2026-11-21T12:00:00Z")!)) -> Registry {
        Registry(service: "runner", instance: "i1", time: time)
    }
}

extension Snapshot {
    subscript(name: String) -> FamilySnapshot? { families.first { $0.description.name == name } }
}

extension FamilySnapshot {
    subscript(labels: String...) -> SeriesValue? { series.first { $0.labels == labels }?.value }
}
