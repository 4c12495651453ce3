import Linux
import MillraceProtocol

/// Counts the jobs that are not over and refuses more than may be.
///
/// The database could count them too, but not within the time a submission may take.
final class LiveJobs: Sendable {
    /// Jobs that may be there besides those that run, by what is counted.
    struct Limits: Sendable, Hashable {
        /// All jobs that are not over.
        var total = 1_000_000
        var kinds: [String: Int] = [:]
        var queues: [String: Int] = [:]
        var users: [UInt32: Int] = [:]
        /// Of a user that ``users`` does not name; 0 is no bound.
        var user = 0
    }

    fileprivate struct State {
        var limits: Limits
        var counts: [Lane: Int] = [:]
        var total = 0
        var kinds: [String: Int] = [:]
        var queues: [String: Int] = [:]
        var users: [UInt32: Int] = [:]
    }

    private let state: Locked<State>

    init(limits: Limits) {
        state = Locked(State(limits: limits))
    }

    var total: Int { state.withLock { $0.total } }

    /// Jobs by queue.
    var queues: [String: Int] { state.withLock { $0.queues } }

    /// Jobs by kind.
    var kinds: [String: Int] { state.withLock { $0.kinds } }

    /// Lanes that have jobs.
    var lanes: [Lane] { state.withLock { Array($0.counts.keys) } }

    var limits: Limits {
        get { state.withLock { $0.limits } }
        set { state.withLock { $0.limits = newValue } }
    }

    /// Whether anything but the total is bounded: only then it matters what runs.
    var isLimited: Bool {
        state.withLock { state in
            let limits = state.limits
            return limits.user > 0 || !limits.users.isEmpty || !limits.kinds.isEmpty || !limits.queues.isEmpty
        }
    }

    func set(_ lanes: [LaneCount]) {
        state.withLock { state in
            for lane in lanes { state.change(lane.lane, by: lane.total) }
        }
    }

    func add(_ lane: Lane) { state.withLock { $0.change(lane, by: 1) } }

    func remove(_ lane: Lane) { state.withLock { $0.change(lane, by: -1) } }

    /// Makes room for jobs that are about to be taken in, or for none of them; what is not used has to be given back.
    ///
    /// - Parameter running: how many run now, which are not counted as waiting; needed where ``isLimited``.
    func reserve(_ lanes: [Lane], running: Load) throws(JobError) {
        let refusal = state.withLock { state -> JobError? in
            for (number, lane) in lanes.enumerated() {
                if let refusal = state.refusal(lane, running) {
                    for taken in lanes.prefix(number) { state.change(taken, by: -1) }
                    return refusal
                }
                state.change(lane, by: 1)
            }
            return nil
        }
        if let refusal { throw refusal }
    }
}

extension LiveJobs.State {
    fileprivate mutating func change(_ lane: Lane, by number: Int) {
        guard !lane.isOwn else { return }
        total += number
        Self.change(&counts, lane, by: number)
        Self.change(&kinds, lane.kind, by: number)
        Self.change(&queues, lane.queue, by: number)
        Self.change(&users, lane.uid, by: number)
    }

    private static func change<Key>(_ counts: inout [Key: Int], _ key: Key, by number: Int) {
        let count = counts[key, default: 0] + number
        counts[key] = count == 0 ? nil : count
    }

    fileprivate func refusal(_ lane: Lane, _ running: Load) -> JobError? {
        if total >= limits.total { return .queueFull(limit: limits.total) }
        func isFull(_ limit: Int?, _ live: Int?, _ running: Int?) -> Bool {
            guard let limit, limit > 0 else { return false }
            return (live ?? 0) - (running ?? 0) >= limit
        }
        if let limit = limits.kinds[lane.kind], isFull(limit, kinds[lane.kind], running.kinds[lane.kind]) {
            return .tooManyWait(.kind, lane.kind, limit: limit)
        }
        if let limit = limits.queues[lane.queue], isFull(limit, queues[lane.queue], running.queues[lane.queue]) {
            return .tooManyWait(.queue, lane.queue, limit: limit)
        }
        let user = limits.users[lane.uid] ?? limits.user
        if isFull(user, users[lane.uid], running.users[lane.uid]) {
            return .tooManyWait(.user, "\(lane.uid)", limit: user)
        }
        return nil
    }
}
