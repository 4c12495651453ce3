import Linux
import MillraceProtocol

/// One caller who waits for keys of one dataset. Guarded by the lock of the dataset.
final class Ask: @unchecked Sendable {
    let keys: [LoadKey]
    /// When he stops waiting, on the boot clock.
    let deadline: Duration?
    /// In the order of the keys; what is nil is still waited for.
    var outcomes: [KeyOutcome?]
    /// How many of them are nil.
    var open = 0
    /// What he waits for; a key that he named twice is in it once.
    var loads: [KeyLoad] = []
    var isDone = false
    /// Called once, outside of the lock.
    private let completion: @Sendable ([KeyOutcome]) -> Void

    init(
        _ keys: [LoadKey], _ outcomes: [KeyOutcome?], deadline: Duration?,
        completion: @escaping @Sendable ([KeyOutcome]) -> Void
    ) {
        self.keys = keys
        self.outcomes = outcomes
        self.deadline = deadline
        self.completion = completion
    }

    var results: [KeyOutcome] { outcomes.map { $0 ?? .missing } }

    /// Hands over what he waited for.
    func complete() { completion(results) }
}

/// A key that waits for its source, or is on its way from it. Guarded by the lock of the dataset.
final class KeyLoad: @unchecked Sendable {
    enum Phase: Hashable {
        /// In a window.
        case gathering
        /// Out of it, waiting for a place at the source.
        case released
        /// In the chunk of this number.
        case loading(Int)
        /// Answered, or given up.
        case over
    }

    let key: LoadKey
    let since: Duration
    /// Whether the cache wants it too, so that it goes on without anybody waiting.
    let isRefresh: Bool
    var phase = Phase.gathering
    /// Whether what comes may be kept: not when the key was cleared or primed meanwhile.
    var isCacheable = true
    /// How many asks wait.
    private var live = 0
    private var waiters: [(ask: Ask, place: Int)] = []

    init(_ key: LoadKey, since: Duration, isRefresh: Bool) {
        self.key = key
        self.since = since
        self.isRefresh = isRefresh
    }

    var isWanted: Bool { live > 0 || isRefresh }

    /// Lets `ask` wait for it at one place of its list; false when it does so already at another.
    func join(_ ask: Ask, at place: Int) -> Bool {
        // Asks join one after the other, so one that names a key twice was the last to come.
        let isNew = waiters.last?.ask !== ask
        // Whoever comes and goes again and again must not make the list grow.
        if waiters.count > 32, waiters.count > 2 * live { waiters.removeAll { $0.ask.isDone } }
        waiters.append((ask, place))
        if isNew {
            live += 1
            ask.loads.append(self)
        }
        return isNew
    }

    /// One who joined waits no more.
    func leave() { live -= 1 }

    /// Answers all who wait; those that have all their answers now are returned.
    func settle(_ outcome: KeyOutcome) -> [Ask] {
        phase = .over
        live = 0
        var complete: [Ask] = []
        for (ask, place) in waiters where !ask.isDone {
            ask.outcomes[place] = outcome
            ask.open -= 1
            if ask.open == 0 {
                ask.isDone = true
                complete.append(ask)
            }
        }
        waiters = []
        return complete
    }
}
