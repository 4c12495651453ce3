import MillraceProtocol

/// How many jobs run, by everything they are bounded by. Without the runner's own.
struct Load: Sendable, Hashable {
    var jobs = 0
    var kinds: [String: Int] = [:]
    var queues: [String: Int] = [:]
    var users: [UInt32: Int] = [:]

    mutating func add(_ lane: Lane) {
        guard !lane.isOwn else { return }
        jobs += 1
        kinds[lane.kind, default: 0] += 1
        queues[lane.queue, default: 0] += 1
        users[lane.uid, default: 0] += 1
    }
}

/// Whose turn it is: each user's share of the jobs taken grows by one with each job, and the one with the least comes
/// next. Who comes back after a pause starts where the others are, without credit for the time he was away.
struct Shares: Sendable {
    private var taken = NumberTable<UInt32, Int>()
    /// The share of whoever was served last.
    private var level = 0

    func share(of user: UInt32) -> Int { max(taken[user] ?? 0, level) }

    mutating func charge(_ user: UInt32) {
        let before = share(of: user)
        level = before
        taken.set(user, before + 1)
        guard taken.count > 1000 else { return }
        // Those who stand at the level need not be remembered.
        var kept = NumberTable<UInt32, Int>()
        for (user, share) in zip(taken.keys, taken.values) where share > level { kept.set(user, share) }
        taken = kept
    }
}
