import Linux
import MillraceProtocol

/// Which ready jobs are taken next. Only as many are taken as can start at once, so that a job that waits can still be
/// overtaken by one that matters more.
///
/// What runs with every event forms no closures over the dispatcher: a closure over a value costs a copy of it.
extension Dispatcher {
    mutating func claimMore(now: Now) {
        guard lanes.hungry > 0, !draining, !claiming, claimAgainAt == nil else { return }
        let requests = requests(now: now)
        guard !requests.isEmpty else { return }
        claiming = true
        effects.append(.claim(requests))
    }

    /// What hinders the jobs of a lane from starting, apart from the turn of others.
    enum Hindrance: Hashable, Sendable {
        case queuePaused, kindPaused, draining
        case noWorker, workersBusy(running: Int)
        case jobs(used: Int, limit: Int), user(used: Int, limit: Int)
        case kind(used: Int, limit: Int), queue(used: Int, limit: Int)
        /// The last places are kept for users who hold fewer.
        case kept(Scope, held: Int, kept: Int, of: Int)
        case breaker(name: String, until: Duration?)
        case rate(name: String, until: Duration, ahead: Int)
    }

    enum Scope: Hashable, Sendable { case kind, queue }

    func hindrances(_ lane: Lane, now: Duration) -> [Hindrance] {
        var found: [Hindrance] = []
        if draining { found.append(.draining) }
        if rules.pauses.queues.contains(lane.queue) { found.append(.queuePaused) }
        if rules.pauses.kinds.contains(lane.kind) { found.append(.kindPaused) }
        for name in rules.needs[lane.kind]?.names ?? [] {
            if case .breaker(let until)? = resources.shut(name, now: now) {
                found.append(.breaker(name: name, until: until))
            }
        }
        if let (name, until, ahead) = shortage(lane.kind, now: now) {
            found.append(.rate(name: name, until: until, ahead: ahead))
        }
        guard let kind = kinds.number(of: lane.kind), !kinds[kind].serving.isEmpty else { return found + [.noWorker] }
        if places(for: kind) <= 0 {
            let running = kinds[kind].serving.reduce(0) { $0 + (workers[$1]?.running ?? 0) }
            found.append(.workersBusy(running: running))
        }
        return lane.isOwn ? found : found + limits(lane, kind)
    }

    /// The limits that are reached for jobs of a lane.
    private func limits(_ lane: Lane, _ kind: Int) -> [Hindrance] {
        var found: [Hindrance] = []
        let queue = lanes.queue(named: lane.queue)
        let queueSpace = queue.map { Space($0) } ?? .unbounded
        if kinds[kind].limit > 0, kinds[kind].running >= kinds[kind].limit {
            found.append(.kind(used: kinds[kind].running, limit: kinds[kind].limit))
        }
        if let queue, queueSpace.free <= 0 { found.append(.queue(used: queue.running, limit: queue.limit)) }
        let used = users[lane.uid] ?? 0
        if used >= bounds.jobs(of: lane.uid) { found.append(.user(used: used, limit: bounds.jobs(of: lane.uid))) }
        let held = held(by: lane.uid)
        for (scope, space) in [(Scope.kind, space(of: kind)), (.queue, queueSpace)]
        where space.free > 0 && space.room(besides: held) <= 0 {
            found.append(.kept(scope, held: held, kept: space.kept, of: space.total))
        }
        if running >= bounds.jobs { found.append(.jobs(used: running, limit: bounds.jobs)) }
        return found
    }

    /// A token of which too few are to be had for a job to want one.
    private func shortage(_ kind: String, now: Duration) -> (name: String, until: Duration, ahead: Int)? {
        for name in rules.needs[kind]?.tokens ?? [] where resources.room(name, now: now) == 0 {
            guard let resource = resources.resources[name], let bucket = resource.bucket else { continue }
            return (name, bucket.nextToken(resource.line.count + 1, at: now), resource.line.count)
        }
        return nil
    }

    // MARK: Requests

    /// What is left of the places that lanes of several users share, while it is handed out.
    private struct Room {
        var kinds: [Int: (space: Space, tokens: Int)] = [:]
        var queues: [Int: Space] = [:]
    }

    /// A user who has lanes in which a job could start.
    private struct Candidate {
        let user: UInt32
        var share: Int
        /// Jobs he may still have by the bounds of the machine.
        var most: Int
        var lanes: [Int]
        var count = 0

        func isBefore(_ other: Candidate) -> Bool { (share, user) < (other.share, other.user) }
    }

    /// Jobs that are taken at once while several users have work: taking more would keep the next user's first waiting.
    private static let handful = 32

    private func requests(now: Now) -> [ClaimRequest] {
        var requests: [ClaimRequest] = []
        if let own = ownRequest() { requests.append(own) }
        guard running < bounds.jobs else { return requests }
        var room = Room()
        var candidates = candidates(&room, now: now.boot)
        guard !candidates.isEmpty else { return requests }
        // Divided is what there is: the share of a user is not the places that another then misses.
        let open = room.kinds.values.reduce(0) { min($0 + max(0, $1.space.free), bounds.jobs) }
        var free = min(bounds.jobs - running, open, guests.areMany ? Self.handful : .max)
        Self.divide(free, among: &candidates)
        candidates.sort { $0.isBefore($1) }
        for candidate in candidates where candidate.count > 0 && free > 0 {
            let request = request(candidate, count: min(candidate.count, free), &room)
            guard !request.lanes.isEmpty else { continue }
            free -= request.count
            requests.append(request)
        }
        return requests
    }

    private func ownRequest() -> ClaimRequest? {
        guard !kinds[canary].hungry.isEmpty else { return nil }
        let free = places(for: canary)
        guard free > 0 else { return nil }
        var request = ClaimRequest(lanes: [], count: free)
        for number in kinds[canary].hungry {
            request.lanes.append(.init(lane: lanes[number].lane, most: free, isPlain: true))
        }
        return request
    }

    /// The users who may start something, with their lanes; whose lanes have no room would get a share that he cannot use,
    /// and that another misses.
    private func candidates(_ room: inout Room, now: Duration) -> [Candidate] {
        var candidates: [Candidate] = []
        var places: [UInt32: Int] = [:]
        for kind in kinds.entries.indices where !kinds[kind].hungry.isEmpty {
            guard kind != canary, !kinds[kind].isPaused else { continue }
            let space = space(of: kind)
            guard space.free > 0, !isShut(kind, now: now) else { continue }
            let tokens = tokens(for: kind, now: now)
            guard tokens > 0 else { continue }
            room.kinds[kind] = (space, tokens)
            for number in kinds[kind].hungry where mayStart(number, space, &room) {
                let user = lanes[number].lane.uid
                if let place = places[user] {
                    candidates[place].lanes.append(number)
                    continue
                }
                let most = bounds.jobs(of: user) - (users[user] ?? 0)
                guard most > 0 else { continue }
                places[user] = candidates.count
                candidates.append(
                    Candidate(user: user, share: shares.share(of: user), most: most, lanes: [number]))
            }
        }
        return candidates
    }

    private func mayStart(_ number: Int, _ space: Space, _ room: inout Room) -> Bool {
        let queue = lanes[number].queue
        guard !lanes[queue: queue].isPaused else { return false }
        let held = held(by: lanes[number].lane.uid)
        guard space.room(besides: held) > 0 else { return false }
        let shared = Space(lanes[queue: queue])
        room.queues[queue] = shared
        return shared.room(besides: held) > 0
    }

    private func isShut(_ kind: Int, now: Duration) -> Bool {
        guard let needs = kinds[kind].needs else { return false }
        for name in needs.names where resources.shut(name, now: now) != nil { return true }
        return false
    }

    /// Hands out `free` places one by one to whoever has had the least.
    private static func divide(_ free: Int, among candidates: inout [Candidate]) {
        if candidates.count == 1 {
            candidates[0].count = min(free, candidates[0].most)
            return
        }
        // The place of each next one is charged to him like a job that he has had; at the end he stands as before.
        var shares = candidates.map(\.share)
        for _ in 0..<free {
            var next: Int?
            for (index, candidate) in candidates.enumerated() where candidate.count < candidate.most {
                if let best = next, (shares[best], candidates[best].user) <= (shares[index], candidate.user) {
                    continue
                }
                next = index
            }
            guard let next else { return }
            candidates[next].count += 1
            shares[next] += 1
        }
    }

    private func request(_ candidate: Candidate, count: Int, _ room: inout Room) -> ClaimRequest {
        var request = ClaimRequest(lanes: [], count: 0)
        let held = held(by: candidate.user)
        var kindsUsed: [Int: Int] = [:]
        var queuesUsed: [Int: Int] = [:]
        for number in candidate.lanes {
            let lane = lanes[number]
            guard let (space, tokens) = room.kinds[lane.kind], let shared = room.queues[lane.queue] else { continue }
            let kind = min(count, space.room(besides: held), tokens)
            let queue = min(count, shared.room(besides: held))
            guard min(kind, queue) > 0 else { continue }
            let isPlain = kinds[lane.kind].stages?.contains(.plan) == false
            request.lanes.append(.init(lane: lane.lane, most: min(kind, queue), isPlain: isPlain))
            request.kinds[lane.lane.kind] = kind
            kindsUsed[lane.kind] = kind
            guard shared.total < .max else { continue }
            request.queues[lane.lane.queue] = queue
            queuesUsed[lane.queue] = queue
        }
        request.count = min(count, kindsUsed.values.reduce(0) { min($0 + $1, count) })
        for (kind, number) in kindsUsed {
            room.kinds[kind]?.space.free -= number
            room.kinds[kind]?.tokens -= number
        }
        for (queue, number) in queuesUsed { room.queues[queue]?.free -= number }
        return request
    }

    /// Whether others have work too, and most of what runs is theirs.
    func isGuest(_ user: UInt32) -> Bool { guests.areThere(besides: user) && 8 * (users[user] ?? 0) <= running }

    /// Jobs that a user runs, as far as they count against him: none while nobody else is there.
    private func held(by user: UInt32) -> Int { guests.areThere(besides: user) ? users[user] ?? 0 : 0 }

    private func tokens(for kind: Int, now: Duration) -> Int {
        guard let needs = kinds[kind].needs else { return .max }
        var tokens = Int.max
        for name in needs.tokens { tokens = min(tokens, resources.room(name, now: now)) }
        return tokens
    }

    /// The places that jobs of the kind may have.
    private func space(of kind: Int) -> Space {
        var space = spaceAtWorkers(of: kind)
        let limit = kinds[kind].limit
        guard limit > 0 else { return space }
        space.free = min(space.free, limit - kinds[kind].running)
        space.total = min(space.total, limit)
        return space
    }

    private func spaceAtWorkers(of kind: Int) -> Space {
        var total = 0
        for id in kinds[kind].serving {
            if let row = workers.row(of: id), !workers[row: row].isRetiring { total += workers[row: row].capacity }
        }
        return Space(free: places(for: kind), total: min(total, bounds.calls))
    }

    // MARK: Demand

    /// Says for which kinds jobs wait for a place, whenever that changes.
    mutating func sayDemand() {
        var isNew = saysDemandAgain
        saysDemandAgain = false
        for kind in kinds.entries.indices where kind != canary && recountsDemand(of: kind) {
            let demand = demand(for: kind)
            kinds[kind].isDemandStale = false
            if demand != kinds[kind].demand {
                kinds[kind].demand = demand
                isNew = true
            }
        }
        guard isNew else { return }
        var demand: [String: Int] = [:]
        for kind in kinds.entries where kind.demand > 0 { demand[kind.name] = kind.demand }
        if !demand.isEmpty { effects.append(.demand(demand)) }
    }

    /// Whether the demand for places of a kind may be other than it was.
    private mutating func recountsDemand(of kind: Int) -> Bool {
        if kinds[kind].isDemandStale { return true }
        guard !kinds[kind].hungry.isEmpty else { return false }
        let space = spaceAtWorkers(of: kind)
        // Who may have the last places depends on what each user runs.
        if space.free > 0, space.free <= space.kept { return true }
        guard kinds[kind].wasFull != (space.free <= 0) else { return false }
        kinds[kind].wasFull.toggle()
        return true
    }

    private func demand(for kind: Int) -> Int {
        var demand = kinds[kind].line.count
        guard !kinds[kind].hungry.isEmpty, !kinds[kind].isPaused else { return demand }
        let space = spaceAtWorkers(of: kind)
        // More places would help whoever finds none, and whoever may not have the last.
        guard space.free <= space.kept else { return demand }
        for number in kinds[kind].hungry where !lanes[queue: lanes[number].queue].isPaused {
            if space.room(besides: held(by: lanes[number].lane.uid)) <= 0 { demand += 1 }
        }
        return demand
    }
}
