public import Linux

/// Makes families of numbers that somebody knows when asked and does not count in a registry.
public struct KnownNumbers: Sendable {
    private let created: Timestamp

    /// - Parameter created: since when counters count.
    public init(since created: Timestamp) {
        self.created = created
    }

    public func gauge(
        _ name: String, _ help: String, unit: String = "", merging: Merging = .sum, _ value: Double
    ) -> FamilySnapshot {
        FamilySnapshot(
            FamilyDescription(name, help, .gauge, unit: unit, merging: merging),
            [SeriesSnapshot(created: created, .gauge(value))])
    }

    public func counter(_ name: String, _ help: String, unit: String = "", _ value: Double) -> FamilySnapshot {
        FamilySnapshot(
            FamilyDescription(name, help, .counter, unit: unit),
            [SeriesSnapshot(created: created, .counter(CounterValue(value)))])
    }

    /// A series for each value of the label, ``Registry/limit`` at most.
    public func gauges(
        _ name: String, _ help: String, unit: String = "", label: String, _ values: some Sequence<(String, Double)>
    ) -> FamilySnapshot {
        series(FamilyDescription(name, help, .gauge, unit: unit, labels: [label]), values.map { ($0, .gauge($1)) })
    }

    /// A series for each value of the label, ``Registry/limit`` at most.
    public func counters(
        _ name: String, _ help: String, unit: String = "", label: String, _ values: some Sequence<(String, Double)>
    ) -> FamilySnapshot {
        series(
            FamilyDescription(name, help, .counter, unit: unit, labels: [label]),
            values.map { ($0, .counter(CounterValue($1))) })
    }

    /// A series in seconds for each value of the label, ``Registry/limit`` at most.
    public func distributions(
        _ name: String, _ help: String, label: String, _ values: some Sequence<(String, Distribution)>
    ) -> FamilySnapshot {
        series(
            FamilyDescription(
                name, help, .distribution, unit: "seconds", labels: [label], scale: Distribution.nanosecond),
            values.map { ($0, $1.read()) })
    }

    /// A series for each value of the label, of the states that are named for it; ``Registry/limit`` at most.
    public func stateSets(
        _ name: String, _ help: String, states: [String], label: String, _ values: some Sequence<(String, String)>
    ) -> FamilySnapshot {
        series(
            FamilyDescription(name, help, .stateSet, labels: [label], merging: .each, states: states),
            values.map { name, state in (name, .states(states.map { $0 == state })) })
    }

    private func series(_ description: FamilyDescription, _ values: [(String, SeriesValue)]) -> FamilySnapshot {
        FamilySnapshot(
            description,
            values.sorted { $0.0 < $1.0 }.prefix(Registry.limit).map {
                SeriesSnapshot([$0.0], created: created, $0.1)
            })
    }
}
