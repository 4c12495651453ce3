import Linux
import MillraceProtocol

/// What is known of the kinds of jobs, by number: who serves them, who waits for a place, what the rules say of them.
/// Kinds are those that workers or declarations have named: they are few, and none is forgotten.
struct KindTable: Sendable {
    struct Entry: Sendable {
        let name: String
        /// The runner's own.
        let isOwn: Bool
        /// The workers that serve it, in the order in which they came.
        var serving: [Int] = []
        /// What they implement; of workers that differ, the first one's word counts. Nil where nobody serves it.
        var stages: Stages?
        /// Jobs that want a place at a worker, first come first served.
        var line: [JobID] = []
        /// Lanes in which a job may be ready.
        var hungry: [Int] = []
        /// Jobs of it that run.
        var running = 0
        /// How many may; 0 is no bound.
        var limit = 0
        var isPaused = false
        var needs: ResourceBook.Needs?
        var itemTimeout: Duration?
        var retryRatio: Double?
        /// How many were said to wait for a place, and whether that has to be counted anew.
        var demand = 0
        var isDemandStale = true
        /// Whether it had no free place when they were counted.
        var wasFull = false
    }

    private var numbers: [String: Int] = [:]
    private(set) var entries: [Entry] = []

    /// Nil for a kind that nobody has named.
    func number(of name: String) -> Int? { numbers[name] }

    subscript(number: Int) -> Entry {
        _read { yield entries[number] }
        _modify { yield &entries[number] }
    }

    /// The number of a kind; a new one is governed by these rules.
    mutating func number(_ name: String, _ rules: Dispatcher.Rules) -> Int {
        if let known = numbers[name] { return known }
        numbers[name] = entries.count
        entries.append(Entry(name: name, isOwn: name == Canary.kind))
        obey(rules, entries.count - 1)
        return entries.count - 1
    }

    mutating func obey(_ rules: Dispatcher.Rules) {
        for number in entries.indices { obey(rules, number) }
    }

    private mutating func obey(_ rules: Dispatcher.Rules, _ number: Int) {
        let name = entries[number].name
        entries[number].limit = rules.bounds.kinds[name] ?? 0
        entries[number].isPaused = !entries[number].isOwn && rules.pauses.kinds.contains(name)
        entries[number].needs = rules.needs[name]
        entries[number].itemTimeout = rules.itemTimeouts[name]
        entries[number].retryRatio = rules.retryRatios[name]
        entries[number].isDemandStale = true
    }
}

/// The stages that a kind has.
struct Stages: OptionSet, Sendable, Hashable {
    let rawValue: UInt8

    static let plan = Stages(.plan), preload = Stages(.preload), summarize = Stages(.summarize)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    private init(_ stage: WorkloadStage) { self.init([stage]) }

    init(_ stages: some Sequence<WorkloadStage>) {
        rawValue = stages.reduce(0) { bits, stage in
            switch stage {
            case .plan: bits | 1
            case .preload: bits | 2
            case .process: bits | 4
            case .summarize: bits | 8
            }
        }
    }
}
