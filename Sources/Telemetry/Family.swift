import Linux

/// The series of one name, told apart by the values of their labels.
public final class Family<Handle: Instrument>: AnyFamily, Sendable {
    /// The value of every label of the series that counts what has no series of its own.
    public static var overflow: String { "_other" }

    private struct Entry {
        var labels: [String]
        var handle: Handle
        var created: Timestamp
        var activity: UInt64
        var changed: Duration
    }

    private struct State {
        var places: [[String]: Int] = [:]
        var entries: [Entry] = []
        var overflow: Entry?
        var refused: UInt64 = 0
        var expired: UInt64 = 0
    }

    public let description: FamilyDescription
    /// Series at most, beside the overflow series.
    public let limit: Int
    private let idle: Duration?
    private let time: any TimeSource
    private let make: @Sendable () -> Handle
    private let state = Locked(State())

    init(
        _ description: FamilyDescription, limit: Int, idle: Duration?, time: any TimeSource,
        make: @escaping @Sendable () -> Handle
    ) {
        self.description = description
        self.limit = limit
        self.idle = idle
        self.time = time
        self.make = make
    }

    /// The series with these values of the family's labels, in their order; made when it is not there. Past the limit it is the
    /// overflow series. Get it once and keep it: a series that is held is never dropped.
    public func with(_ labels: String...) -> Handle { with(labels) }

    /// The same with the values as an array.
    public func with(_ labels: [String]) -> Handle {
        precondition(labels.count == description.labels.count, "\(description.name) has other labels")
        let labels = labels.map(Self.bounded)
        return state.withLock { state in
            if let place = state.places[labels] { return state.entries[place].handle }
            guard state.entries.count < limit else {
                state.refused += 1
                if let overflow = state.overflow { return overflow.handle }
                let entry = entry(labels.map { _ in Self.overflow })
                state.overflow = entry
                return entry.handle
            }
            let entry = entry(labels)
            state.places[labels] = state.entries.count
            state.entries.append(entry)
            return entry.handle
        }
    }

    private func entry(_ labels: [String]) -> Entry {
        Entry(labels: labels, handle: make(), created: time.wall(), activity: 0, changed: time.boot())
    }

    /// At most 200 bytes, cut at a character.
    private static func bounded(_ label: String) -> String {
        guard label.utf8.count > 200 else { return label }
        var cut = label.prefix(199)
        while cut.utf8.count > 197 { cut.removeLast() }
        return cut + "…"
    }

    func snapshot() -> FamilySnapshot {
        let now = time.boot()
        return state.withLock { state in
            if let idle { Self.drop(&state, now: now, idle: idle) }
            let entries = state.overflow.map { state.entries + [$0] } ?? state.entries
            let series = entries.map { SeriesSnapshot($0.labels, created: $0.created, $0.handle.read()) }
            return FamilySnapshot(description, series, guarding: report(state))
        }
    }

    private func report(_ state: State) -> GuardReport? {
        guard !description.labels.isEmpty else { return nil }
        var report = GuardReport(
            series: state.entries.count, limit: limit, refused: state.refused, expired: state.expired)
        if state.refused > 0 {
            let widths = description.labels.indices.map { label in
                GuardReport.Width(
                    label: description.labels[label], values: Set(state.entries.map { $0.labels[label] }).count)
            }
            report.widest = widths.max { $0.values < $1.values }
        }
        return report
    }

    /// Drops what nobody holds and what has not changed for long.
    private static func drop(_ state: inout State, now: Duration, idle: Duration) {
        var dropped = false
        var index = 0
        while index < state.entries.count {
            let activity = state.entries[index].handle.activity
            if activity != state.entries[index].activity {
                state.entries[index].activity = activity
                state.entries[index].changed = now
            } else if now - state.entries[index].changed >= idle,
                isKnownUniquelyReferenced(&state.entries[index].handle)
            {
                state.entries.remove(at: index)
                state.expired += 1
                dropped = true
                continue
            }
            index += 1
        }
        guard dropped else { return }
        state.places = Dictionary(
            uniqueKeysWithValues: state.entries.enumerated().map { ($0.element.labels, $0.offset) })
    }
}

/// A family of whatever instruments.
protocol AnyFamily: Sendable {
    var description: FamilyDescription { get }
    func snapshot() -> FamilySnapshot
}
