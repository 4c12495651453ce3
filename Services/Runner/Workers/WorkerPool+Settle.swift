import Glibc
import Linux

/// What follows from the state of a pool: whose time is over, who is not needed, who is missing.
extension WorkerPool {
    mutating func settle(now: Duration) {
        for ticket in members.map(\.ticket) { observeTime(ticket, now: now) }
        if !isStopped {
            for index in members.indices where isStale(members[index], now: now) { members[index].expired = true }
            retireSurplus(now: now)
            startMissing(now: now)
        }
    }

    /// When something becomes due by itself, by the boot clock; nil when only events matter.
    ///
    /// A moment in the past is never answered after ``settle(now:)``: what it was due for has been done by then.
    func nextDue(after now: Duration) -> Duration? {
        var due: [Duration] = members.compactMap(\.deadline)
        for member in members where member.phase == .ready || member.phase == .retiring {
            if member.deadline == nil, let next = member.nextPing { due.append(next) }
            if member.phase == .ready, !isStopped {
                due.append(member.born + definition.age)
                if member.load.calls == 0 { due.append(member.idleSince + definition.idle) }
            }
        }
        if let notBefore, !isStopped { due.append(notBefore) }
        return due.filter { $0 > now }.min()
    }

    // MARK: Time

    private mutating func observeTime(_ ticket: Int, now: Duration) {
        guard let member = member(ticket) else { return }
        if let deadline = member.deadline {
            guard deadline <= now else { return }
            // The machine slept, or we did: the process could not do better and gets its time once more.
            let patience = patience(with: member)
            if member.phase != .ending, now - deadline > patience {
                return change(ticket) { $0.deadline = now + patience }
            }
            return runOut(member, now: now)
        }
        guard member.phase == .ready || member.phase == .retiring, let next = member.nextPing, next <= now else {
            return
        }
        let patience = patience(with: member)
        change(ticket) { $0.deadline = now + patience }
        effects.append(.ping(ticket))
    }

    private func patience(with member: PoolMember) -> Duration {
        member.phase == .starting ? Self.registering : definition.ping
    }

    private mutating func runOut(_ member: PoolMember, now: Duration) {
        switch member.phase {
        case .starting:
            blame(member.ticket, "did not register within \(Self.registering)", now: now)
            end(member.ticket, SIGKILL, now: now)
        case .ready, .retiring:
            // One that was asked to go has to answer for this all the same.
            change(member.ticket) { $0.blame = .crash }
            blame(member.ticket, "did not answer within \(definition.ping) and is killed", now: now)
            end(member.ticket, SIGKILL, now: now)
        case .ending:
            switch member.lastStep {
            case .term: end(member.ticket, SIGTERM, within: definition.grace, now: now)
            case .kill: end(member.ticket, SIGKILL, now: now)
            case .nothing: change(member.ticket) { $0.deadline = nil }
            }
        }
    }

    /// Whether a process has had its day. One of the warm that never worked is as good as new until it is old.
    private func isStale(_ member: PoolMember, now: Duration) -> Bool {
        guard member.phase == .ready, !member.expired else { return false }
        if member.born + definition.age <= now { return true }
        return member.served && isIdle(member, now: now)
    }

    private func isIdle(_ member: PoolMember, now: Duration) -> Bool {
        member.load.calls == 0 && member.idleSince + definition.idle <= now
    }

    // MARK: Who is not needed

    private mutating func retireSurplus(now: Duration) {
        if isRemoved {
            for member in members where member.phase == .starting {
                end(member.ticket, SIGTERM, within: definition.grace, now: now)
            }
            for member in members { retire(member.ticket, "is not declared any more", now: now) }
            return
        }
        let excess =
            members.filter { $0.phase == .ready || ($0.phase == .starting && $0.replaces == nil) }.count - limit
        if excess > 0 { shrink(by: excess, now: now) }
        for member in members.filter({ $0.phase == .ready && ($0.expired || isIdle($0, now: now)) })
            .sorted(by: { $0.born < $1.born })
        where isSpare(member) {
            retire(member.ticket, member.expired ? "has had its day" : "has nothing to do", now: now)
        }
    }

    /// Those that have not begun go first, then those that had to go anyway, then the least busy.
    private mutating func shrink(by excess: Int, now: Duration) {
        let starting = members.filter { $0.phase == .starting && $0.replaces == nil }.suffix(excess)
        for member in starting { end(member.ticket, SIGTERM, within: definition.grace, now: now) }
        let ready = members.filter { $0.phase == .ready }
            .sorted { ($0.expired ? 0 : 1, $0.load.calls, $0.born) < ($1.expired ? 0 : 1, $1.load.calls, $1.born) }
        for member in ready.prefix(excess - starting.count) {
            retire(member.ticket, "is one too many", now: now)
        }
    }

    /// Whether the pool does as well without this process.
    private func isSpare(_ member: PoolMember) -> Bool {
        let rest = members.count { $0.phase == .ready } - 1
        guard rest >= min(definition.warm, limit), waiting == 0 else { return false }
        guard member.load.calls == 0 || retiring < limit else { return false }
        return rest == 0 ? member.load.calls == 0 : !isLow(except: member.ticket)
    }

    /// Whether fewer than a quarter of the places are free.
    func isLow(except ticket: Int?) -> Bool {
        var places = 0
        var taken = 0
        for member in members where member.phase == .ready && member.ticket != ticket {
            places += member.load.capacity
            taken += member.load.calls
        }
        return (places - taken) * 4 < places
    }

    private var retiring: Int { members.count { $0.phase == .retiring } }

    // MARK: Who is missing

    private mutating func startMissing(now: Duration) {
        guard !isRemoved else { return }
        if let notBefore {
            guard notBefore <= now else { return }
            self.notBefore = nil
        }
        let ready = members.count { $0.phase == .ready }
        let starting = members.count { $0.phase == .starting && $0.replaces == nil }
        let replacing = members.contains { $0.phase == .starting && $0.replaces != nil }
        var missing = max(0, min(definition.warm, limit) - ready - starting)
        if missing == 0, starting == 0, ready < limit, waiting > 0 || isLow(except: nil) { missing = 1 }
        // After a failure they come one by one until one has registered.
        if problem != nil { missing = starting > 0 ? 0 : min(missing, 1) }
        guard members.count(where: { $0.phase == .ending }) < Self.mostEnding else { return }
        for _ in 0..<missing { start(now: now) }
        guard !replacing, retiring < limit,
            let old = members.first(where: { $0.phase == .ready && $0.expired })
        else { return }
        start(replacing: old.ticket, now: now)
    }
}
