public import Synchronization

/// Facts in labels; nothing is counted.
public final class Info: Instrument {
    init() {}

    public func read() -> SeriesValue { .info }

    public var activity: UInt64 { 0 }
}

/// Which of at most 64 states hold.
public final class StateSet: Instrument {
    @usableFromInline let bits = Atomic<UInt64>(0)
    let states: [String]

    init(_ states: [String]) {
        precondition(states.count <= 64, "a state set has at most 64 states")
        self.states = states
    }

    /// Makes one state hold and the others not; a state that is not in the set makes none hold.
    public func set(_ state: String) {
        bits.store(states.firstIndex(of: state).map { 1 << UInt64($0) } ?? 0, ordering: .relaxed)
    }

    public func read() -> SeriesValue {
        let bits = bits.load(ordering: .relaxed)
        return .states(states.indices.map { bits & 1 << UInt64($0) != 0 })
    }

    public var activity: UInt64 { bits.load(ordering: .relaxed) }
}
