import Telemetry

/// One family out of those of several instances and services.
struct MergedFamily {
    /// With the labels `service` and, where instances stand side by side, `instance` in front.
    let description: FamilyDescription
    private(set) var series: [SeriesSnapshot] = []
    private let own: FamilyDescription
    private var places: [[String]: Int] = [:]
    /// Series that have no place in `places` yet: those of the first instance, which cannot meet themselves.
    private var isIndexed = false

    /// Whether the instances of a service keep a series each.
    static func isEach(_ description: FamilyDescription) -> Bool {
        switch description.kind {
        case .info, .stateSet: true
        case .gauge: description.merging == .each
        case .counter, .histogram, .distribution: false
        }
    }

    init(_ description: FamilyDescription) {
        own = description
        var description = description
        description.labels = (Self.isEach(description) ? ["service", "instance"] : ["service"]) + description.labels
        self.description = description
    }

    /// Whether series of that description can stand here.
    func takes(_ other: FamilyDescription) -> Bool { own.fits(other) }

    /// Adds the series of an instance.
    ///
    /// - Parameter isFirst: whether nothing of this service is here yet, so that nothing can meet.
    mutating func add(_ family: FamilySnapshot, service: String, slot: Int, isFirst: Bool) {
        let prefix = Self.isEach(own) ? [service, String(slot)] : [service]
        if isFirst, !isIndexed {
            series.reserveCapacity(series.count + family.series.count)
            for one in family.series {
                series.append(SeriesSnapshot(prefix + one.labels, created: one.created, one.value))
            }
            return
        }
        index()
        for one in family.series {
            let labels = prefix + one.labels
            guard let place = places[labels] else {
                places[labels] = series.count
                series.append(SeriesSnapshot(labels, created: one.created, one.value))
                continue
            }
            series[place].created = min(series[place].created, one.created)
            series[place].value = merged(series[place].value, one.value)
        }
    }

    private mutating func index() {
        guard !isIndexed else { return }
        isIndexed = true
        for (place, one) in series.enumerated() { places[one.labels] = place }
    }

    private func merged(_ one: SeriesValue, _ other: SeriesValue) -> SeriesValue {
        if case (.gauge(let one), .gauge(let other)) = (one, other) {
            switch own.merging {
            case .sum: return .gauge(one + other)
            case .max: return .gauge(max(one, other))
            case .min: return .gauge(min(one, other))
            case .each: return .gauge(other)
            }
        }
        return one.adding(other) ?? other
    }
}
