/// How many jobs run, by everything they are bounded by.
struct Load: Sendable, Hashable {
    /// Without the runner's own.
    private(set) var jobs = 0
    private(set) var kinds: [String: Int] = [:]
    private(set) var queues: [String: Int] = [:]
    private(set) var users: [UInt32: Int] = [:]

    mutating func add(_ lane: Lane) { change(lane, by: 1) }
    mutating func remove(_ lane: Lane) { change(lane, by: -1) }

    private mutating func change(_ lane: Lane, by number: Int) {
        guard !lane.isOwn else { return }
        jobs += number
        Self.change(&kinds, lane.kind, by: number)
        Self.change(&queues, lane.queue, by: number)
        Self.change(&users, lane.uid, by: number)
    }

    private static func change<Key>(_ counts: inout [Key: Int], _ key: Key, by number: Int) {
        let count = counts[key, default: 0] + number
        counts[key] = count == 0 ? nil : count
    }
}

/// Whose turn it is: each user's share of the jobs taken grows by one with each job, and the one with the least comes
/// next. Who comes back after a pause starts where the others are, without credit for the time he was away.
struct Shares: Sendable, Hashable {
    private var taken: [UInt32: Int] = [:]
    /// The share of whoever was served last.
    private var level = 0

    func share(of user: UInt32) -> Int { max(taken[user] ?? 0, level) }

    mutating func charge(_ user: UInt32) {
        let before = share(of: user)
        level = before
        taken[user] = before + 1
        // Those who stand at the level need not be remembered.
        if taken.count > 1000 { taken = taken.filter { $0.value > level } }
    }
}
