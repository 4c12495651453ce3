public import CoreMetrics
import Linux
public import Telemetry

/// Lets what libraries count through swift-metrics be counted here: `MetricsSystem.bootstrap(TelemetryFactory(registry))`.
///
/// Labels become names ("http.client.requests" is `http_client_requests`), dimensions become labels in the order of the first
/// use. What fits no family of that name (other dimensions, another kind) is counted as refused and otherwise passed over.
public final class TelemetryFactory: MetricsFactory {
    private let registry: Registry
    private let refusals: Telemetry.Counter
    private let families = Locked<[String: Known]>([:])

    private enum Known {
        case counters(Family<Telemetry.Counter>, [String])
        case gauges(Family<Telemetry.Gauge>, [String])
        case histograms(Family<Histogram>, [String])
        case timers(Family<Distribution>, [String])

        var labels: [String] {
            switch self {
            case .counters(_, let labels), .gauges(_, let labels), .histograms(_, let labels), .timers(_, let labels):
                labels
            }
        }
    }

    public init(_ registry: Registry) {
        self.registry = registry
        refusals = registry.counter(
            "millrace_metrics_foreign_refused", "Instruments of libraries that fit no family of their name.")
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions).map(CounterHandle.init) ?? CounterHandle(nil)
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions).map(FloatingPointCounterHandle.init) ?? FloatingPointCounterHandle(nil)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        GaugeHandle(gauge(label, dimensions))
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return GaugeHandle(gauge(label, dimensions)) }
        let name = Self.name(label)
        let family = find(name, dimensions) { names in
            .histograms(
                registry.histograms(
                    name, Self.help(label), unit: "", labels: names, bounds: Self.bounds, scale: 1e-3), names)
        }
        guard case .histograms(let family, _) = family else { return RecorderHandle(nil) }
        return RecorderHandle(family.with(dimensions.map(\.1)))
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let base = Self.name(label)
        let name = base.hasSuffix("_seconds") ? base : base + "_seconds"
        let family = find(name, dimensions) { names in
            .timers(registry.distributions(name, Self.help(label), labels: names), names)
        }
        guard case .timers(let family, _) = family else { return TimerHandle(nil) }
        return TimerHandle(family.with(dimensions.map(\.1)))
    }

    // A series that nobody holds any more is the registry's to drop.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> Telemetry.Counter? {
        let name = Self.name(label)
        let family = find(name, dimensions) { names in
            .counters(registry.counters(name, Self.help(label), labels: names), names)
        }
        guard case .counters(let family, _) = family else { return nil }
        return family.with(dimensions.map(\.1))
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> Telemetry.Gauge? {
        let name = Self.name(label)
        let family = find(name, dimensions) { names in
            .gauges(registry.gauges(name, Self.help(label), labels: names), names)
        }
        guard case .gauges(let family, _) = family else { return nil }
        return family.with(dimensions.map(\.1))
    }

    private func find(_ name: String, _ dimensions: [(String, String)], make: ([String]) -> Known) -> Known? {
        let names = dimensions.map { Self.label($0.0) }
        return families.withLock { families in
            if let known = families[name] {
                if known.labels == names { return known }
                refusals.increment()
                return nil
            }
            guard Set(names).count == names.count, FamilyDescription(name, "", .gauge, labels: names).problem == nil
            else {
                refusals.increment()
                return nil
            }
            let known = make(names)
            families[name] = known
            return known
        }
    }

    private static let bounds: [Double] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]

    private static func help(_ label: String) -> String { "\(label), as a library counts it." }

    /// A metric name of our form; the endings that the exposition adds itself are taken off.
    static func name(_ label: String) -> String {
        var name = legal(label)
        while let suffix = FamilyDescription.reserved.first(where: name.hasSuffix) { name.removeLast(suffix.count) }
        return name.isEmpty ? "unnamed" : name
    }

    static func label(_ dimension: String) -> String {
        let name = legal(dimension)
        return name.hasPrefix("__") || FamilyDescription.ownLabels.contains(name) ? "of_\(name)" : name
    }

    private static func legal(_ text: String) -> String {
        let name = String(
            text.unicodeScalars.map { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                    ? Character(scalar) : "_"
            })
        return name.first.map { $0.isNumber } ?? false ? "_" + name : name
    }
}
