import Linux
import MillraceProtocol
import Resilience

/// What is known of the kinds of jobs, by number: who serves them, who waits for a place, what the rules say of them.
///
/// Workers may name kinds as they like, and come and go: those that nobody holds are forgotten when they become many.
struct KindTable: Sendable {
    struct Entry: Sendable {
        let name: String
        /// The runner's own.
        let isOwn: Bool
        /// The workers that serve it, in the order in which they came.
        var serving: [Int] = []
        /// What they implement; of workers that differ, the first one's word counts. Nil where nobody serves it.
        var stages: Stages?
        /// The lanes of it that are known. Whatever waits or runs of it stands in one of them.
        var lanes = 0
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
        /// The retries that it has left; nil before the first.
        var budget: RetryBudget?

        /// Whether its number is somebody's, a worker's or a lane's and with it a job's, or there is something to remember: that
        /// its demand was said, or its budget, which kinds of rules alone have, and those are few.
        var isHeld: Bool { isOwn || !serving.isEmpty || lanes > 0 || demand > 0 || retryRatio != nil }
    }

    private var numbers: [String: Int] = [:]
    private(set) var entries: [Entry] = []
    /// Numbers of kinds that were forgotten.
    private var free: [Int] = []
    /// So many kinds are kept before those that nobody holds are forgotten.
    private var patience = Self.leastPatience
    private static let leastPatience = 1024

    /// How many are known.
    var count: Int { numbers.count }

    /// Nil for a kind that nobody has named.
    func number(of name: String) -> Int? { numbers[name] }

    subscript(number: Int) -> Entry {
        _read { yield entries[number] }
        _modify { yield &entries[number] }
    }

    /// The number of a kind; a new one is governed by these rules.
    mutating func number(_ name: String, _ rules: Dispatcher.Rules) -> Int {
        if let known = numbers[name] { return known }
        if numbers.count >= patience { forgetIdle() }
        let entry = Entry(name: name, isOwn: name == Canary.kind)
        let number = free.popLast() ?? entries.count
        if number < entries.count { entries[number] = entry } else { entries.append(entry) }
        numbers[name] = number
        obey(rules, number)
        return number
    }

    private mutating func forgetIdle() {
        for (name, number) in numbers where !entries[number].isHeld {
            numbers[name] = nil
            // Nothing of it is left to be counted or said.
            entries[number] = Entry(name: "", isOwn: false, isDemandStale: false)
            free.append(number)
        }
        patience = max(Self.leastPatience, 2 * numbers.count)
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
