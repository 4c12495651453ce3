public import Linux

/// All families that an instance counts in.
///
/// Names, labels and bounds are the program's own: what no exposition could show, or one name for two things, stops it. What
/// comes from outside is asked with ``FamilyDescription/problem`` first.
public final class Registry: Sendable {
    /// Series of a family, where no other number is given.
    public static let limit = 200

    public let source: Snapshot.Source
    private let time: any TimeSource
    private let state = Locked(State())

    private struct State {
        var families: [any AnyFamily] = []
        var places: [String: Int] = [:]
        var readers: [@Sendable () -> [FamilySnapshot]] = []
        var sequence: UInt64 = 0
    }

    /// - Parameters:
    ///   - instance: of this run of the service; another after a restart.
    ///   - isSingle: whether a new instance means the end of the one before; not so for workers of a pool.
    public init(service: String, instance: String, isSingle: Bool = true, time: any TimeSource) {
        source = Snapshot.Source(service: service, instance: instance, started: time.wall(), isSingle: isSingle)
        self.time = time
    }

    /// All values at this moment.
    public func snapshot() -> Snapshot {
        let (families, readers, sequence) = state.withLock { state in
            state.sequence += 1
            return (state.families, state.readers, state.sequence)
        }
        return Snapshot(
            source: source, sequence: sequence, taken: time.wall(),
            families: families.map { $0.snapshot() }.filter { !$0.series.isEmpty } + readers.flatMap { $0() })
    }

    /// All values at this moment, and families that are not kept here; of two by one name the one from here stands.
    public func snapshot(with others: [FamilySnapshot]) -> Snapshot {
        var snapshot = snapshot()
        let known = Set(snapshot.families.map(\.description.name))
        snapshot.families += others.filter { !$0.series.isEmpty && !known.contains($0.description.name) }
        return snapshot
    }

    /// Asks for values that are not counted here but read when somebody wants to know: at each snapshot, on its thread.
    public func read(_ reader: @escaping @Sendable () -> [FamilySnapshot]) {
        state.withLock { $0.readers.append(reader) }
    }

    /// The family of this description: made, or the one that is there.
    private func family<Handle: Instrument>(
        _ description: FamilyDescription, limit: Int, idle: Duration?, _ make: @escaping @Sendable () -> Handle
    ) -> Family<Handle> {
        if let problem = description.problem { preconditionFailure(problem) }
        let time = time
        return state.withLock { state in
            if let place = state.places[description.name] {
                guard let there = state.families[place] as? Family<Handle>, there.description.fits(description) else {
                    preconditionFailure("\(description.name) is declared twice, as different things")
                }
                return there
            }
            let family = Family(description, limit: limit, idle: idle, time: time, make: make)
            state.places[description.name] = state.families.count
            state.families.append(family)
            return family
        }
    }
}

extension Registry {
    /// - Parameters:
    ///   - limit: series at most; what comes after counts in one series more, whose labels are all "_other".
    ///   - idle: how long a series that nobody holds may stay unchanged before it is dropped; nil for always.
    ///   - exemplars: whether a count can name the request it came from.
    public func counters(
        _ name: String, _ help: String, unit: String = "", labels: [String], limit: Int = Registry.limit,
        idle: Duration? = nil, exemplars: Bool = false
    ) -> Family<Counter> {
        let time = time
        return family(FamilyDescription(name, help, .counter, unit: unit, labels: labels), limit: limit, idle: idle) {
            Counter(exemplars: exemplars ? ExemplarSlots(time) : nil)
        }
    }

    public func counter(_ name: String, _ help: String, unit: String = "", exemplars: Bool = false) -> Counter {
        counters(name, help, unit: unit, labels: [], exemplars: exemplars).with([])
    }

    public func gauges(
        _ name: String, _ help: String, unit: String = "", labels: [String], merging: Merging = .sum,
        limit: Int = Registry.limit, idle: Duration? = nil
    ) -> Family<Gauge> {
        family(
            FamilyDescription(name, help, .gauge, unit: unit, labels: labels, merging: merging), limit: limit,
            idle: idle,
            { Gauge() })
    }

    public func gauge(_ name: String, _ help: String, unit: String = "", merging: Merging = .sum) -> Gauge {
        gauges(name, help, unit: unit, labels: [], merging: merging).with([])
    }

    /// - Parameters:
    ///   - bounds: of the buckets, in the unit that is told, rising.
    ///   - scale: what a tick is worth in that unit; as it stands, ticks are nanoseconds and seconds are told.
    public func histograms(
        _ name: String, _ help: String, unit: String = "seconds", labels: [String],
        bounds: [Double] = Bounds.operations,
        scale: Double = 1e-9, limit: Int = Registry.limit, idle: Duration? = nil, exemplars: Bool = true
    ) -> Family<Histogram> {
        let time = time
        return family(
            FamilyDescription(name, help, .histogram, unit: unit, labels: labels, bounds: bounds, scale: scale),
            limit: limit, idle: idle
        ) {
            Histogram(bounds: bounds, scale: scale, exemplars: exemplars ? ExemplarSlots(time) : nil)
        }
    }

    public func histogram(
        _ name: String, _ help: String, unit: String = "seconds", bounds: [Double] = Bounds.operations,
        scale: Double = 1e-9, exemplars: Bool = true
    ) -> Histogram {
        histograms(name, help, unit: unit, labels: [], bounds: bounds, scale: scale, exemplars: exemplars).with([])
    }

    /// For percentiles; a series takes 19 KB.
    public func distributions(
        _ name: String, _ help: String, unit: String = "seconds", labels: [String], scale: Double = 1e-9,
        limit: Int = 50,
        idle: Duration? = nil
    ) -> Family<Distribution> {
        family(
            FamilyDescription(name, help, .distribution, unit: unit, labels: labels, scale: scale), limit: limit,
            idle: idle, { Distribution(scale: scale) })
    }

    public func distribution(
        _ name: String, _ help: String, unit: String = "seconds", scale: Double = 1e-9
    ) -> Distribution {
        distributions(name, help, unit: unit, labels: [], scale: scale).with([])
    }

    /// Facts that stay as they are; the name without `_info`.
    public func info(_ name: String, _ help: String, _ facts: KeyValuePairs<String, String>) {
        let family = family(
            FamilyDescription(name, help, .info, labels: facts.map(\.key), merging: .each), limit: 1, idle: nil,
            { Info() })
        _ = family.with(facts.map(\.value))
    }

    public func stateSets(
        _ name: String, _ help: String, states: [String], labels: [String], limit: Int = Registry.limit
    ) -> Family<StateSet> {
        family(
            FamilyDescription(name, help, .stateSet, labels: labels, merging: .each, states: states), limit: limit,
            idle: nil, { StateSet(states) })
    }
}
