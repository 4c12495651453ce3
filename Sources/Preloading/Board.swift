import JSONCodec
import Linux
import MillraceProtocol

/// The rules of one dataset: what is kept, what waits, what is on its way. Without I/O, clock or lock: its owner guards it.
///
/// Keys that have to be loaded gather in the *window* of their scope. It closes at the first of:
/// - size: so many different keys wait;
/// - age: the first of them has waited so long;
/// - need: the earliest deadline of those who wait, less the time a load is expected to take;
/// - nothing else is under way: nobody else waits for the dataset, and by experience nobody is about to: ``solitude`` times
///   in a row somebody waited for it and nobody joined.
///
/// Then they wait for one of the places at the source, in chunks; scopes take turns. What is released meanwhile fills up a
/// chunk that has not started.
struct Board: Sendable {
    /// So often in a row somebody had the dataset for himself before a lone caller is no longer made to wait for others.
    static let solitude = 8

    /// A chunk that is on its way.
    private struct Flight {
        let scope: KeyScope
        let loads: [KeyLoad]
        let startedAt: Duration
        /// Loads in it that somebody wants.
        var wanted: Int
        var isCancelled = false
        /// Keys that were cleared or primed since it started: rows of them that it passes may be older than that.
        var changed: Set<LoadKey> = []
        /// Whether rows that it passes may be kept at all: not when all of its scope was cleared meanwhile.
        var keepsPassed = true

        mutating func outdate(_ keys: [LoadKey]) {
            guard keepsPassed else { return }
            changed.formUnion(keys)
            // Bounded: where more keys change than a load passes at most, it passes none.
            guard changed.count > Findings.passedLimit else { return }
            keepsPassed = false
            changed = []
        }
    }

    let name: String
    private(set) var rules: DatasetRules
    private(set) var cache: KeyCache
    var figures = DatasetFigures()
    /// Counted in place, so a copy of the board shares them.
    let times = DatasetTimes()
    private var estimate = LoadEstimate()
    private var lanes: [KeyScope: Lane] = [:]
    /// Scopes with something released, the next in turn first.
    private var turns: [KeyScope] = []
    private var flights: [Int: Flight] = [:]
    private var lastFlight = 0
    /// Asks that wait.
    private var asking = 0
    private var hasCompany = false
    private var lonely = 0
    /// Loads that wait or are on their way.
    private var loadCount = 0

    init(_ name: String, _ rules: DatasetRules) {
        self.name = name
        self.rules = rules
        cache = KeyCache(rules.cache)
    }

    var load: DatasetLoad {
        DatasetLoad(
            entries: cache.count, bytes: cache.bytes, evicted: cache.evicted, waiting: loadCount,
            running: flights.count, expected: estimate.expected)
    }

    /// Whether nothing waits and nothing is on its way.
    var isIdle: Bool { flights.isEmpty && loadCount == 0 }

    /// When the next window closes by itself.
    var nextClosing: Duration? {
        lanes.values.lazy.filter { $0.windowSize > 0 }.map(\.closesAt).min()
    }

    // MARK: Asking

    /// What is known of keys, if that is something of all of them and as good as new; nil for one that stands there before.
    mutating func known(_ keys: TextList, of scope: KeyScope, nanoseconds: Int64) -> [KeyOutcome?]? {
        guard let outcomes = cache.findAll(keys, of: scope, now: nanoseconds) else { return nil }
        let distinct = UInt64(outcomes.count { $0 != nil })
        figures.asks += 1
        figures.keysAsked += distinct
        figures.hits += distinct
        return outcomes
    }

    /// What is known of the key; a stale value is given out and loaded anew behind its back.
    mutating func known(_ key: LoadKey, of scope: KeyScope, now: Duration, nanoseconds: Int64) -> KeyOutcome? {
        switch cache.find(ScopedKey(scope: scope, key: key), now: nanoseconds) {
        case .none: return nil
        case .fresh(let value):
            figures.hits += 1
            return value.map(KeyOutcome.value) ?? .missing
        case .stale(let value):
            figures.hits += 1
            figures.staleHits += 1
            refresh(key, scope, now)
            return value.map(KeyOutcome.value) ?? .missing
        }
    }

    private mutating func refresh(_ key: LoadKey, _ scope: KeyScope, _ now: Duration) {
        let lane = lane(scope)
        guard loadCount < rules.waiting, lane.loads[key] == nil else { return tidy(scope) }
        figures.refreshes += 1
        loadCount += 1
        lane.gather(KeyLoad(key, since: now, isRefresh: true), closingAt: now + rules.window.age)
        close(lane, scope, now)
    }

    /// Makes the ask wait for those of its keys that have no outcome yet; those that may not wait fail.
    mutating func enter(_ ask: Ask, _ scope: KeyScope, now: Duration) {
        let lane = lane(scope)
        var isGathering = false
        for (place, key) in ask.keys.enumerated() where ask.outcomes[place] == nil {
            let load: KeyLoad
            let isJoined: Bool
            if let there = lane.loads[key] {
                (load, isJoined) = (there, true)
            } else if loadCount < rules.waiting {
                (load, isJoined) = (KeyLoad(key, since: now, isRefresh: false), false)
                loadCount += 1
                lane.gather(load, closingAt: now + rules.window.age)
            } else {
                figures.refused += 1
                ask.outcomes[place] = .failed(full)
                continue
            }
            let wasWanted = load.isWanted
            let isFirst = load.join(ask, at: place)
            if !wasWanted, case .loading(let number) = load.phase { flights[number]?.wanted += 1 }
            if load.phase == .gathering { isGathering = true }
            if !isFirst { figures.duplicates += 1 } else if isJoined { figures.joined += 1 }
            ask.open += 1
        }
        guard ask.open > 0 else {
            ask.isDone = true
            return tidy(scope)
        }
        let isAlone = asking == 0
        if isAlone {
            hasCompany = false
        } else {
            hasCompany = true
            lonely = 0
        }
        asking += 1
        if isGathering, let deadline = ask.deadline {
            lane.closesAt = min(lane.closesAt, deadline - estimate.expected)
        }
        close(lane, scope, now, atOnce: isAlone && lonely >= Self.solitude)
    }

    private var full: LoadFailure {
        LoadFailure(
            RPCError(
                .resourceExhausted, "\(rules.waiting) keys of \(name) wait already; try again later",
                reason: LoadFailure.Reason.full, retryAfterMs: max(1, Int(estimate.expected.milliseconds))))
    }

    private mutating func lane(_ scope: KeyScope) -> Lane {
        if let lane = lanes[scope] { return lane }
        let lane = Lane()
        lanes[scope] = lane
        return lane
    }

    /// Drops the lane of a scope that has none under way.
    private mutating func tidy(_ scope: KeyScope) {
        guard let lane = lanes[scope] else { return }
        if lane.readySize == 0 { turns.removeAll { $0 == scope } }
        if lane.isEmpty { lanes[scope] = nil }
    }

    // MARK: Sending on

    /// Releases what has waited long enough.
    mutating func tick(_ now: Duration) {
        for (scope, lane) in lanes { close(lane, scope, now) }
    }

    /// Releases everything: nobody else is to come.
    mutating func closeAll(_ now: Duration) {
        for (scope, lane) in lanes { close(lane, scope, now, atOnce: true) }
    }

    private mutating func close(_ lane: Lane, _ scope: KeyScope, _ now: Duration, atOnce: Bool = false) {
        guard lane.windowSize > 0, atOnce || lane.windowSize >= rules.window.size || lane.closesAt <= now else {
            return
        }
        if lane.readySize == 0 { turns.append(scope) }
        lane.close()
    }

    /// The next chunk that may start now; to be asked until there is none.
    mutating func nextChunk(_ now: Duration) -> Chunk? {
        while flights.count < rules.parallelism, !turns.isEmpty {
            let scope = turns.removeFirst()
            guard let lane = lanes[scope] else { continue }
            let loads = lane.take(atMost: rules.chunk)
            if lane.readySize > 0 { turns.append(scope) }
            guard let first = loads.first else { continue }
            lastFlight += 1
            for load in loads { load.phase = .loading(lastFlight) }
            flights[lastFlight] = Flight(scope: scope, loads: loads, startedAt: now, wanted: loads.count)
            figures.batches += 1
            figures.keysLoaded += UInt64(loads.count)
            times.windowDelay.record(now - first.since)
            return Chunk(number: lastFlight, scope: scope, keys: loads.map(\.key.text))
        }
        return nil
    }

    // MARK: Ends

    /// Takes the outcomes of a chunk, in the order of its keys; those who have all they asked for are returned.
    ///
    /// - Parameter passed: rows nobody asked for, to be kept all the same.
    mutating func finish(
        _ number: Int, _ outcomes: [KeyOutcome], passed: [LoadKey: JSONRaw] = [:], now: Duration
    ) -> [Ask] {
        guard let flight = flights.removeValue(forKey: number), !flight.isCancelled else { return [] }
        let span = now - flight.startedAt
        times.load.record(span)
        estimate.record(span)
        let lane = lanes[flight.scope]
        let passed = flight.keepsPassed ? passed : [:]
        for (key, value) in passed where lane?.loads[key] == nil && !flight.changed.contains(key) {
            let key = ScopedKey(scope: flight.scope, key: key)
            // Another load that began later may have been quicker.
            guard !cache.isKept(key, since: flight.startedAt.nanoseconds) else { continue }
            cache.keep(key, value, now: now.nanoseconds)
        }
        var complete: [Ask] = []
        for (load, outcome) in zip(flight.loads, outcomes) {
            forget(load, lane)
            if load.isCacheable {
                let key = ScopedKey(scope: flight.scope, key: load.key)
                switch outcome {
                case .value(let value): cache.keep(key, value, now: now.nanoseconds)
                case .missing: cache.keep(key, nil, now: now.nanoseconds)
                case .failed: break
                }
            }
            complete += load.settle(outcome)
        }
        tidy(flight.scope)
        leave(complete.count)
        return complete
    }

    /// The ask waits no more. Answers the chunks that nobody wants now, to be cancelled.
    mutating func withdraw(_ ask: Ask, _ scope: KeyScope) -> [Int] {
        guard !ask.isDone else { return [] }
        ask.isDone = true
        var unwanted: [Int] = []
        for load in ask.loads where load.phase != .over {
            load.leave()
            guard !load.isWanted else { continue }
            if case .loading(let number) = load.phase {
                flights[number]?.wanted -= 1
                if flights[number]?.wanted == 0 { unwanted.append(number) }
            } else {
                lanes[scope]?.drop(load)
                forget(load, lanes[scope])
            }
        }
        for number in unwanted { cancel(number) }
        tidy(scope)
        leave(1)
        return unwanted
    }

    /// The keys of the flight are nobody's from now on: whoever asks for one begins anew.
    private mutating func cancel(_ number: Int) {
        guard let flight = flights[number] else { return }
        figures.cancelledBatches += 1
        flights[number]?.isCancelled = true
        for load in flight.loads {
            forget(load, lanes[flight.scope])
            load.phase = .over
        }
        tidy(flight.scope)
    }

    private mutating func forget(_ load: KeyLoad, _ lane: Lane?) {
        loadCount -= 1
        if let lane, lane.loads[load.key] === load { lane.loads[load.key] = nil }
    }

    private mutating func leave(_ count: Int) {
        guard count > 0 else { return }
        asking -= count
        if asking == 0 { lonely = hasCompany ? 0 : min(lonely + 1, Self.solitude) }
    }

    // MARK: By hand

    /// Puts a value, or the knowledge that there is none, into the cache. Who waits for the key and whose load has not
    /// started gets it; what is on its way is not kept, asked for or not, for it may be older.
    mutating func prime(_ key: LoadKey, _ value: JSONRaw?, of scope: KeyScope, now: Duration) -> [Ask] {
        cache.keep(ScopedKey(scope: scope, key: key), value, now: now.nanoseconds)
        outdate([key], scope)
        guard let lane = lanes[scope], let load = lane.loads[key] else { return [] }
        defer { tidy(scope) }
        if case .loading = load.phase {
            detach(load, lane)
            return []
        }
        lane.drop(load)
        forget(load, lane)
        let complete = load.settle(value.map(KeyOutcome.value) ?? .missing)
        leave(complete.count)
        return complete
    }

    /// Forgets keys and says how many there were. What is on its way reaches those who wait for it, and nobody who asks
    /// from now on.
    mutating func clear(_ keys: [LoadKey], of scope: KeyScope) -> Int {
        let before = cache.count
        outdate(keys, scope)
        for key in keys {
            cache.remove(ScopedKey(scope: scope, key: key))
            if let lane = lanes[scope], let load = lane.loads[key] { detach(load, lane) }
        }
        tidy(scope)
        return before - cache.count
    }

    /// Forgets all of a scope, or of all of them.
    mutating func clearAll(of scope: KeyScope? = nil) -> Int {
        for (owner, lane) in lanes where scope == nil || owner == scope {
            for load in Array(lane.loads.values) { detach(load, lane) }
            tidy(owner)
        }
        for (number, flight) in flights where scope == nil || flight.scope == scope {
            flights[number]?.keepsPassed = false
        }
        return cache.removeAll(of: scope)
    }

    /// What is on its way in the scope was read, in part, before these keys changed.
    private mutating func outdate(_ keys: [LoadKey], _ scope: KeyScope) {
        // By places, not by copies: a set must not be copied for each key that is primed.
        var place = flights.startIndex
        while place != flights.endIndex {
            if flights.values[place].scope == scope { flights.values[place].outdate(keys) }
            flights.formIndex(after: &place)
        }
    }

    /// What has not started reads after this moment, so it stays.
    private mutating func detach(_ load: KeyLoad, _ lane: Lane) {
        guard case .loading = load.phase else { return }
        load.isCacheable = false
        lane.loads[load.key] = nil
    }

    /// Other rules from now on.
    mutating func change(_ rules: DatasetRules) {
        if self.rules.rows != rules.rows { _ = clearAll() }
        self.rules = rules
        cache.change(rules.cache)
    }
}
