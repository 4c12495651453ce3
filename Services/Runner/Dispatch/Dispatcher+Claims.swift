import Linux
import MillraceProtocol

/// Which ready jobs are taken next. Only as many are taken as can start at once, so that a job that waits can still be
/// overtaken by one that matters more.
extension Dispatcher {
    mutating func claimMore(now: Now) {
        guard !draining, !claiming, claimAgainAt == nil, !hungry.isEmpty else { return }
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
        if serving[lane.kind] == nil {
            found.append(.noWorker)
        } else if places(for: lane.kind) <= 0 {
            let running = (serving[lane.kind] ?? []).reduce(0) { $0 + (workers[$1]?.running ?? 0) }
            found.append(.workersBusy(running: running))
        }
        if lane.isOwn { return found }
        if let limit = bounds.kinds[lane.kind], limit > 0, load.kinds[lane.kind, default: 0] >= limit {
            found.append(.kind(used: load.kinds[lane.kind, default: 0], limit: limit))
        }
        if let limit = bounds.queues[lane.queue], limit > 0, load.queues[lane.queue, default: 0] >= limit {
            found.append(.queue(used: load.queues[lane.queue, default: 0], limit: limit))
        }
        if load.users[lane.uid, default: 0] >= bounds.jobs(of: lane.uid) {
            found.append(.user(used: load.users[lane.uid, default: 0], limit: bounds.jobs(of: lane.uid)))
        }
        let held = held(by: lane.uid)
        for (scope, space) in [(Scope.kind, space(of: lane.kind)), (.queue, space(ofQueue: lane.queue))]
        where space.free > 0 && space.room(besides: held) <= 0 {
            found.append(.kept(scope, held: held, kept: space.kept, of: space.total))
        }
        if load.jobs >= bounds.jobs { found.append(.jobs(used: load.jobs, limit: bounds.jobs)) }
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

    /// What is left of the bounds that lanes of several users share, while it is handed out.
    private struct Room {
        var kinds: [String: Space] = [:]
        /// As many as find a token.
        var tokens: [String: Int] = [:]
        var queues: [String: Space] = [:]
    }

    private func requests(now: Now) -> [ClaimRequest] {
        var own: [Lane] = []
        var byUser: [UInt32: [Lane]] = [:]
        // Places and bounds that several users' lanes share are handed out once.
        var room = Room()
        for lane in hungry where !rules.pauses.concern(lane) {
            if lane.isOwn {
                if places(for: lane.kind) > 0 { own.append(lane) }
            } else if !isShut(lane.kind, now: now.boot) {
                // Whose lanes have no room would get a share that he cannot use, and that another misses.
                let (kind, queue) = measure(lane, &room, now: now.boot)
                if min(kind, queue) > 0 { byUser[lane.uid, default: []].append(lane) }
            }
        }
        var requests: [ClaimRequest] = []
        if !own.isEmpty {
            let free = places(for: Canary.kind)
            requests.append(
                ClaimRequest(lanes: own.map { .init(lane: $0, most: free, isPlain: true) }, count: free))
        }
        // Divided is what there is: the share of a user is not the places that another then misses.
        let open = room.kinds.values.reduce(0) { $0 + max(0, $1.free) }
        var free = min(bounds.jobs - load.jobs, open)
        guard free > 0, !byUser.isEmpty else { return requests }
        let counts = divide(free, among: byUser)
        for uid in byUser.keys.sorted(by: { (shares.share(of: $0), $0) < (shares.share(of: $1), $1) }) {
            guard let lanes = byUser[uid], let count = counts[uid], count > 0 else { continue }
            let request = request(lanes.sorted(), count: min(count, free), &room, now: now.boot)
            guard !request.lanes.isEmpty else { continue }
            free -= request.count
            requests.append(request)
        }
        return requests
    }

    private func isShut(_ kind: String, now: Duration) -> Bool {
        (rules.needs[kind]?.names ?? []).contains { resources.shut($0, now: now) != nil }
    }

    private func request(_ lanes: [Lane], count: Int, _ room: inout Room, now: Duration) -> ClaimRequest {
        var request = ClaimRequest(lanes: [], count: 0)
        for lane in lanes {
            let (kind, queue) = measure(lane, &room, now: now)
            let most = min(count, kind, queue)
            guard most > 0 else { continue }
            let isPlain = stages(of: lane.kind)?.contains(.plan) == false
            request.lanes.append(.init(lane: lane, most: most, isPlain: isPlain))
            request.kinds[lane.kind] = min(count, kind)
            if queue < .max { request.queues[lane.queue] = min(count, queue) }
        }
        request.count = min(count, request.kinds.values.reduce(0, +))
        for (kind, number) in request.kinds {
            room.kinds[kind]?.free -= number
            room.tokens[kind]? -= number
        }
        for (queue, number) in request.queues { room.queues[queue]?.free -= number }
        return request
    }

    /// Hands out `free` places one by one to whoever has had the least.
    private func divide(_ free: Int, among byUser: [UInt32: [Lane]]) -> [UInt32: Int] {
        if byUser.count == 1, let uid = byUser.keys.first {
            return [uid: min(free, bounds.jobs(of: uid) - load.users[uid, default: 0])]
        }
        var shares = shares
        var counts: [UInt32: Int] = [:]
        var wanting = Set(byUser.keys.filter { load.users[$0, default: 0] < bounds.jobs(of: $0) })
        for _ in 0..<free {
            guard let next = wanting.min(by: { (shares.share(of: $0), $0) < (shares.share(of: $1), $1) }) else { break }
            counts[next, default: 0] += 1
            shares.charge(next)
            if load.users[next, default: 0] + counts[next, default: 0] >= bounds.jobs(of: next) { wanting.remove(next) }
        }
        return counts
    }

    /// How many jobs of the lane's kind, and of its queue, its user may start.
    private func measure(_ lane: Lane, _ room: inout Room, now: Duration) -> (kind: Int, queue: Int) {
        let held = held(by: lane.uid)
        let kind = room.kinds[lane.kind] ?? space(of: lane.kind)
        let tokens = room.tokens[lane.kind] ?? tokens(for: lane.kind, now: now)
        let queue = room.queues[lane.queue] ?? space(ofQueue: lane.queue)
        room.kinds[lane.kind] = kind
        room.tokens[lane.kind] = tokens
        room.queues[lane.queue] = queue
        return (min(kind.room(besides: held), tokens), queue.room(besides: held))
    }

    /// Jobs that a user runs, as far as they count against him: none while nobody else is there.
    private func held(by user: UInt32) -> Int {
        guests.areThere(besides: user) ? load.users[user, default: 0] : 0
    }

    private func tokens(for kind: String, now: Duration) -> Int {
        (rules.needs[kind]?.tokens ?? []).reduce(.max) { min($0, resources.room($1, now: now)) }
    }

    /// The places that jobs of the kind may have.
    private func space(of kind: String) -> Space {
        var space = spaceAtWorkers(of: kind)
        guard let limit = bounds.kinds[kind], limit > 0 else { return space }
        space.free = min(space.free, limit - load.kinds[kind, default: 0])
        space.total = min(space.total, limit)
        return space
    }

    private func spaceAtWorkers(of kind: String) -> Space {
        let all = (serving[kind] ?? []).reduce(0) { sum, id in
            workers[id].map { $0.isRetiring ? sum : sum + $0.capacity } ?? sum
        }
        return Space(free: places(for: kind), total: min(all, bounds.calls))
    }

    private func space(ofQueue queue: String) -> Space {
        guard let limit = bounds.queues[queue], limit > 0 else { return .unbounded }
        return Space(free: limit - load.queues[queue, default: 0], total: limit)
    }

    /// Says for which kinds jobs wait for a place, whenever that changes.
    mutating func sayDemand() {
        var demand: [String: Int] = [:]
        for (kind, line) in blocked where !line.isEmpty { demand[kind, default: 0] += line.count }
        for lane in hungry where !lane.isOwn && !rules.pauses.concern(lane) {
            // More places would help whoever finds none, and whoever may not have the last.
            if spaceAtWorkers(of: lane.kind).room(besides: held(by: lane.uid)) <= 0 { demand[lane.kind, default: 0] += 1 }
        }
        guard demand != lastDemand else { return }
        lastDemand = demand
        if !demand.isEmpty { effects.append(.demand(demand)) }
    }
}
