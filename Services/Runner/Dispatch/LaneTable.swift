import MillraceProtocol

/// The lanes in which jobs stand or run, by number, and their queues: what all jobs of a lane share is looked up once.
struct LaneTable: Sendable {
    struct Entry: Sendable {
        let lane: Lane
        let kind: Int
        let queue: Int
        let isOwn: Bool
        /// Its place among the hungry ones of its kind.
        var hungryAt: Int?
        /// Jobs of it that run.
        var running = 0
    }

    struct Queue: Sendable {
        let name: String
        var running = 0
        /// How many may run; 0 is no bound.
        var limit = 0
        var isPaused = false

        mutating func obey(_ rules: Dispatcher.Rules) {
            limit = rules.bounds.queues[name] ?? 0
            isPaused = rules.pauses.queues.contains(name)
        }
    }

    private var numbers: [Lane: Int] = [:]
    private(set) var entries: [Entry] = []
    private var queueNumbers: [String: Int] = [:]
    private(set) var queues: [Queue] = []
    /// In how many of them a job may be ready.
    private(set) var hungry = 0
    /// The lane that was asked for last.
    private var latest = -1
    private var free: [Int] = []
    private var freeQueues: [Int] = []
    /// So many lanes are kept before those that are idle are forgotten.
    private var patience = 1024

    subscript(number: Int) -> Entry {
        _read { yield entries[number] }
        _modify { yield &entries[number] }
    }

    subscript(queue number: Int) -> Queue {
        _read { yield queues[number] }
        _modify { yield &queues[number] }
    }

    /// Nil for a lane that is not known.
    mutating func number(of lane: Lane) -> Int? {
        // Claims come lane by lane.
        if latest >= 0, entries[latest].lane == lane { return latest }
        guard let known = numbers[lane] else { return nil }
        latest = known
        return known
    }

    func queue(named name: String) -> Queue? { queueNumbers[name].map { queues[$0] } }

    /// Takes in a lane that is not known; a new kind or queue is governed by these rules.
    mutating func add(_ lane: Lane, _ kinds: inout KindTable, _ rules: Dispatcher.Rules) -> Int {
        if numbers.count >= patience { forgetIdle(&kinds) }
        let entry = Entry(
            lane: lane, kind: kinds.number(lane.kind, rules), queue: queueNumber(lane.queue, rules), isOwn: lane.isOwn)
        kinds[entry.kind].lanes += 1
        latest = Self.put(entry, &entries, &free)
        numbers[lane] = latest
        return latest
    }

    private mutating func queueNumber(_ name: String, _ rules: Dispatcher.Rules) -> Int {
        if let known = queueNumbers[name] { return known }
        var queue = Queue(name: name)
        queue.obey(rules)
        let number = Self.put(queue, &queues, &freeQueues)
        queueNumbers[name] = number
        return number
    }

    private static func put<T>(_ value: T, _ values: inout [T], _ free: inout [Int]) -> Int {
        if let number = free.popLast() {
            values[number] = value
            return number
        }
        values.append(value)
        return values.count - 1
    }

    mutating func obey(_ rules: Dispatcher.Rules) {
        for number in queues.indices { queues[number].obey(rules) }
    }

    /// Anybody may make up names of queues: lanes in which nothing waits or runs are forgotten when they become many.
    private mutating func forgetIdle(_ kinds: inout KindTable) {
        var used: Set<Int> = []
        for (lane, number) in numbers {
            if entries[number].hungryAt != nil || entries[number].running > 0 {
                used.insert(entries[number].queue)
            } else {
                numbers[lane] = nil
                free.append(number)
                kinds[entries[number].kind].lanes -= 1
            }
        }
        for (name, number) in queueNumbers where !used.contains(number) {
            queueNumbers[name] = nil
            freeQueues.append(number)
        }
        latest = -1
        patience = max(1024, 2 * numbers.count)
    }

    // MARK: Hungry lanes

    /// Notes that a job may be ready in the lane.
    mutating func becomesHungry(_ number: Int, _ kinds: inout KindTable) {
        guard entries[number].hungryAt == nil else { return }
        let kind = entries[number].kind
        entries[number].hungryAt = kinds[kind].hungry.count
        hungry += 1
        kinds[kind].hungry.append(number)
        kinds[kind].isDemandStale = true
    }

    /// Notes that none is.
    mutating func isSated(_ number: Int, _ kinds: inout KindTable) {
        guard let place = entries[number].hungryAt else { return }
        let kind = entries[number].kind
        let last = kinds[kind].hungry.removeLast()
        if last != number {
            kinds[kind].hungry[place] = last
            entries[last].hungryAt = place
        }
        entries[number].hungryAt = nil
        hungry -= 1
        kinds[kind].isDemandStale = true
    }
}

extension Space {
    init(_ queue: LaneTable.Queue) {
        self = queue.limit > 0 ? Space(free: queue.limit - queue.running, total: queue.limit) : .unbounded
    }
}
