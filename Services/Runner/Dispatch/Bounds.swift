import MillraceProtocol

/// How much may run at once, by what it is counted for. Zero stands for no bound of its own.
struct Bounds: Sendable, Hashable {
    /// Jobs that run at once.
    var jobs = 128
    /// Calls to workers at once, over all jobs.
    var calls = 256
    /// Jobs at once of one kind, queue or user.
    var kinds: [String: Int] = [:]
    var queues: [String: Int] = [:]
    var users: [UInt32: Int] = [:]
    /// Of a user that ``users`` does not name.
    var user = 0
    /// An item or job that lost its worker so often has failed.
    var crashes = 3
    /// Items that run at once in a job whose plan does not say.
    var slots = 5
    /// Items one job may have.
    var items = 100_000
    /// How long a worker may take to heed a cancellation.
    var grace = Duration.seconds(30)

    /// Jobs of one user at once: some places are kept free, so that a user with many jobs never makes all others wait
    /// for one of his to end.
    func jobs(of user: UInt32) -> Int {
        let bound = users[user] ?? self.user
        return min(bound > 0 ? bound : .max, jobs - headroom)
    }

    private var headroom: Int { jobs < 4 ? 0 : max(1, jobs / 8) }
}

/// Places that users share: those of a kind at its workers, or of a queue.
struct Space: Sendable, Hashable {
    var free: Int
    var total: Int

    static let unbounded = Space(free: .max, total: .max)

    /// How many of all are kept for users who run fewer jobs than they are; of few places none.
    var kept: Int { total < .max ? total / 8 : 0 }

    /// How many of the free ones a user may take who runs `held` jobs already.
    func room(besides held: Int) -> Int { min(free, max(free - kept, kept - held, 0)) }
}

/// Queues and kinds whose jobs do not start.
struct Pauses: Sendable, Hashable {
    var queues: Set<String> = []
    var kinds: Set<String> = []
}
