/// Lets so many callers of each key in at once and so many wait, first come first served; one key does not slow another.
///
/// A value; the owner guards it and passes the time in. Keys without callers take no space.
public struct KeyedBulkhead<Key: Hashable & Sendable, Caller: Hashable & Sendable>: Sendable {
    public enum Entry: Hashable, Sendable {
        /// The caller is in.
        case entered
        /// It will be in when its turn comes; `ahead` are before it.
        case waits(ahead: Int)
        /// Too many wait already.
        case refused
    }

    private struct Room: Sendable {
        var inside: [Caller: Duration] = [:]
        var waiting: [Caller] = []
    }

    /// Callers of one key that may be in.
    public var limit: Int
    /// Callers of one key that may wait.
    public var waitingLimit: Int
    /// A place held for longer is taken back; nil for never.
    public var staleAfter: Duration?
    private var rooms: [Key: Room] = [:]

    public init(limit: Int, waitingLimit: Int, staleAfter: Duration? = nil) {
        precondition(limit >= 1 && waitingLimit >= 0)
        self.limit = limit
        self.waitingLimit = waitingLimit
        self.staleAfter = staleAfter
    }

    /// Asks for a place. A caller that is in or waits already keeps what it has.
    public mutating func enter(_ caller: Caller, _ key: Key, _ now: Duration) -> Entry {
        var room = rooms[key] ?? Room()
        if room.inside[caller] != nil { return .entered }
        if let ahead = room.waiting.firstIndex(of: caller) { return .waits(ahead: ahead) }
        if room.inside.count < limit, room.waiting.isEmpty {
            room.inside[caller] = now
            rooms[key] = room
            return .entered
        }
        guard room.waiting.count < waitingLimit else { return .refused }
        room.waiting.append(caller)
        rooms[key] = room
        return .waits(ahead: room.waiting.count - 1)
    }

    /// Gives up a place or a wait. Returns who is in now because of it.
    public mutating func leave(_ caller: Caller, _ key: Key, _ now: Duration) -> [Caller] {
        guard var room = rooms[key] else { return [] }
        room.inside[caller] = nil
        room.waiting.removeAll { $0 == caller }
        let entered = fill(&room, now)
        rooms[key] = room.inside.isEmpty && room.waiting.isEmpty ? nil : room
        return entered
    }

    /// Takes back places that were held for too long. Returns who lost and who got one.
    public mutating func releaseStale(_ now: Duration) -> (lost: [Caller], entered: [Caller]) {
        guard let staleAfter else { return ([], []) }
        var lost: [Caller] = []
        var entered: [Caller] = []
        for (key, var room) in rooms {
            let stale = room.inside.filter { now - $0.value >= staleAfter }.map(\.key)
            guard !stale.isEmpty else { continue }
            for caller in stale { room.inside[caller] = nil }
            lost += stale
            entered += fill(&room, now)
            rooms[key] = room.inside.isEmpty && room.waiting.isEmpty ? nil : room
        }
        return (lost, entered)
    }

    public func inside(_ key: Key) -> Int { rooms[key]?.inside.count ?? 0 }
    public func waiting(_ key: Key) -> Int { rooms[key]?.waiting.count ?? 0 }
    /// Keys that have callers.
    public var keys: Int { rooms.count }

    private func fill(_ room: inout Room, _ now: Duration) -> [Caller] {
        let entered = Array(room.waiting.prefix(max(0, limit - room.inside.count)))
        room.waiting.removeFirst(entered.count)
        for caller in entered { room.inside[caller] = now }
        return entered
    }
}
