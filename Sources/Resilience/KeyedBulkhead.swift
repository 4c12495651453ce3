/// Lets so many callers of each key in at once and so many wait, first come first served; one key does not slow another.
///
/// A value; the owner guards it and passes the time in. Keys without callers take no space. Entering and leaving take
/// constant time, whatever the number of keys and callers.
public struct KeyedBulkhead<Key: Hashable & Sendable, Caller: Hashable & Sendable>: Sendable {
    public enum Entry: Hashable, Sendable {
        /// The caller is in.
        case entered
        /// It will be in when its turn comes; `ahead` are before it.
        case waits(ahead: Int)
        /// Too many wait already; ``KeyedBulkhead/retryAfter`` says when to ask again.
        case refused
    }

    /// What ``releaseStale(_:)`` has done.
    public struct Released: Hashable, Sendable {
        /// Were in for too long.
        public var lost: [Caller] = []
        /// Waited for too long.
        public var expired: [Caller] = []
        /// Are in now because of it.
        public var entered: [Caller] = []
    }

    private struct Name: Hashable, Sendable {
        let key: Key
        let caller: Caller
    }

    private struct Wait: Sendable {
        let name: Name
        let since: Duration
    }

    private enum Spot: Sendable {
        case inside(Rooms<Key, Caller>.Position)
        case waiting(Rooms<Key, Caller>.Position, Line<Wait>.Position)
    }

    /// A place held for longer is taken back; nil for never.
    public var staleAfter: Duration?
    /// Who waits for longer is released; nil for never.
    public var waitingStaleAfter: Duration?
    private var rooms: Rooms<Key, Caller>
    private var spots: [Name: Spot] = [:]
    /// Everyone who waits, longest first.
    private var waits = Line<Wait>()

    public init(limit: Int, waitingLimit: Int, staleAfter: Duration? = nil, waitingStaleAfter: Duration? = nil) {
        rooms = Rooms(limit: limit, waitingLimit: waitingLimit)
        self.staleAfter = staleAfter
        self.waitingStaleAfter = waitingStaleAfter
    }

    /// Callers of one key that may be in; at least 1. After it was raised, ``admit(_:)`` lets in who waits.
    public var limit: Int {
        get { rooms.limit }
        set {
            precondition(newValue >= 1, "at least one is inside")
            rooms.limit = newValue
        }
    }

    /// Callers of one key that may wait. Who waits already goes on waiting when it is lowered.
    public var waitingLimit: Int {
        get { rooms.waitingLimit }
        set {
            precondition(newValue >= 0, "none or more wait")
            rooms.waitingLimit = newValue
        }
    }

    /// Asks for a place. A caller that is in or waits already keeps what it has.
    public mutating func enter(_ caller: Caller, _ key: Key, _ now: Duration) -> Entry {
        let name = Name(key: key, caller: caller)
        switch spots[name] {
        case .inside: return .entered
        case .waiting(let position, _): return .waits(ahead: rooms.ahead(of: position, key))
        case nil: break
        }
        switch rooms.enter(key, caller, now) {
        case .entered(let position):
            spots[name] = .inside(position)
            return .entered
        case .waits(let position, let ahead):
            spots[name] = .waiting(position, waits.append(Wait(name: name, since: now)))
            return .waits(ahead: ahead)
        case .refused:
            return .refused
        }
    }

    /// Gives up a place or a wait. Returns who is in now because of it.
    public mutating func leave(_ caller: Caller, _ key: Key, _ now: Duration) -> [Caller] {
        switch spots.removeValue(forKey: Name(key: key, caller: caller)) {
        case .inside(let position):
            return note(rooms.leave(position, now))
        case .waiting(let position, let wait):
            _ = waits.remove(wait)
            _ = rooms.leave(waiting: position, key)
            return []
        case nil:
            return []
        }
    }

    /// Lets in who may enter after ``limit`` was raised.
    public mutating func admit(_ now: Duration) -> [Caller] {
        note(rooms.fillAll(now))
    }

    /// Takes back places that were held for too long and ends waits that lasted too long.
    public mutating func releaseStale(_ now: Duration) -> Released {
        var released = Released()
        if let waitingStaleAfter {
            while let first = waits.first, now - first.since >= waitingStaleAfter, let wait = waits.popFirst() {
                if case .waiting(let position, _) = spots.removeValue(forKey: wait.name) {
                    _ = rooms.leave(waiting: position, wait.name.key)
                }
                released.expired.append(wait.name.caller)
            }
        }
        if let staleAfter {
            let (lost, entered) = rooms.takeBack(heldSince: now - staleAfter, now)
            for place in lost { spots[Name(key: place.key, caller: place.tag)] = nil }
            released.lost = lost.map(\.tag)
            released.entered = note(entered)
        }
        return released
    }

    /// A hint for who is refused: how long it takes until one of those inside has left, as far as was seen.
    public var retryAfter: Duration { rooms.retryAfter }

    public func inside(_ key: Key) -> Int { rooms.inside(key) }
    public func waiting(_ key: Key) -> Int { rooms.waiting(key) }
    /// Keys that have callers.
    public var keys: Int { rooms.count }

    private mutating func note(_ entered: [Rooms<Key, Caller>.Entered]) -> [Caller] {
        for entry in entered {
            let name = Name(key: entry.place.key, caller: entry.place.tag)
            if case .waiting(_, let wait) = spots.updateValue(.inside(entry.position), forKey: name) {
                _ = waits.remove(wait)
            }
        }
        return entered.map(\.place.tag)
    }
}
