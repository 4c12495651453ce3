/// A room for each key: so many are inside, so many wait, the first to come is the first to enter.
///
/// The rules of ``Bulkhead``; the owner guards the value and passes the time in. Rooms that nobody is in or waits for take no space. Every
/// operation takes constant time, whatever the number of keys and callers.
@usableFromInline
struct Rooms<Key: Hashable & Sendable, Tag: Sendable>: Sendable {
    @usableFromInline
    struct Place: Sendable {
        @usableFromInline let key: Key
        @usableFromInline let tag: Tag
        @usableFromInline let since: Duration

        @inlinable
        init(key: Key, tag: Tag, since: Duration) {
            self.key = key
            self.tag = tag
            self.since = since
        }
    }

    @usableFromInline typealias Position = Line<Place>.Position

    @usableFromInline
    struct Room: Sendable {
        @usableFromInline var inside = 0
        @usableFromInline var waiting = Line<Place>()

        @inlinable
        init() {}

        @inlinable
        mutating func enter(_ limit: Int) -> Bool {
            guard inside < limit, waiting.isEmpty else { return false }
            inside += 1
            return true
        }
    }

    @usableFromInline
    enum Entry: Sendable {
        case entered(Position)
        case waits(Position)
        case refused
    }

    /// Somebody who waited and is in now.
    @usableFromInline
    struct Entered: Sendable {
        @usableFromInline let place: Place
        @usableFromInline let position: Position

        @inlinable
        init(place: Place, position: Position) {
            self.place = place
            self.position = position
        }
    }

    @usableFromInline var limit: Int
    @usableFromInline var waitingLimit: Int
    @usableFromInline var rooms: [Key: Room] = [:]
    /// Everyone inside, longest first.
    @usableFromInline var places = Line<Place>()
    /// Those who wait, in all rooms.
    @usableFromInline var waiting = 0
    /// How long places are held while others wait: a moving average, each new one weighs an eighth.
    @usableFromInline var held = Duration.seconds(1)

    @inlinable
    init(limit: Int, waitingLimit: Int) {
        precondition(limit >= 1 && waitingLimit >= 0, "at least one is inside, none or more wait")
        self.limit = limit
        self.waitingLimit = waitingLimit
    }

    @inlinable
    mutating func enter(_ key: Key, _ tag: Tag, _ now: Duration) -> Entry {
        if let position = enterAtOnce(key, tag, now) { return .entered(position) }
        guard let index = rooms.index(forKey: key) else { return .refused }
        guard rooms.values[index].waiting.count < waitingLimit else { return .refused }
        waiting += 1
        return .waits(rooms.values[index].waiting.append(Place(key: key, tag: tag, since: now)))
    }

    /// Nil when one who asks now would have to wait.
    @inlinable
    mutating func enterAtOnce(_ key: Key, _ tag: Tag, _ now: Duration) -> Position? {
        // Looked up once. A room that is new lets the first one in, so none is left empty.
        guard rooms[key, default: Room()].enter(limit) else { return nil }
        return places.append(Place(key: key, tag: tag, since: now))
    }

    /// Gives up a place; returns who entered because of it. Nothing happens when it was taken back before.
    @inlinable
    mutating func leave(_ position: Position, _ now: @autoclosure () -> Duration) -> [Entered] {
        guard let place = places.remove(position), let index = rooms.index(forKey: place.key) else { return [] }
        rooms.values[index].inside -= 1
        guard !rooms.values[index].waiting.isEmpty else {
            if rooms.values[index].inside == 0 { rooms.remove(at: index) }
            return []
        }
        let now = now()
        held = (held * 7 + max(.zero, now - place.since)) / 8
        return fill(index, now)
    }

    /// Gives up a wait; returns who waited, nil when the wait was over already.
    @inlinable
    mutating func leave(waiting position: Position, _ key: Key) -> Tag? {
        // Somebody is inside as long as somebody waits, so the room stays.
        guard let index = rooms.index(forKey: key), let place = rooms.values[index].waiting.remove(position) else {
            return nil
        }
        waiting -= 1
        return place.tag
    }

    /// Takes back places held since `before` or longer.
    @inlinable
    mutating func takeBack(heldSince before: Duration, _ now: Duration) -> (lost: [Place], entered: [Entered]) {
        var lost: [Place] = []
        var entered: [Entered] = []
        while let first = places.first, first.since <= before, let place = places.popFirst() {
            lost.append(place)
            guard let index = rooms.index(forKey: place.key) else { continue }
            rooms.values[index].inside -= 1
            entered += fill(index, now)
        }
        return (lost, entered)
    }

    /// Lets in who may enter each room now, after the limit was raised.
    @inlinable
    mutating func fillAll(_ now: Duration) -> [Entered] {
        var entered: [Entered] = []
        for key in rooms.filter({ !$0.value.waiting.isEmpty }).keys {
            if let index = rooms.index(forKey: key) { entered += fill(index, now) }
        }
        return entered
    }

    @inlinable
    func inside(_ key: Key) -> Int { rooms[key]?.inside ?? 0 }

    @inlinable
    func waiting(_ key: Key) -> Int { rooms[key]?.waiting.count ?? 0 }

    @inlinable
    var anyoneWaits: Bool { waiting > 0 }

    /// Rooms that somebody is in.
    @inlinable
    var count: Int { rooms.count }

    /// How long it takes until one of those inside has left, as far as is known.
    @inlinable
    var retryAfter: Duration { max(.milliseconds(1), held / limit) }

    @inlinable
    mutating func fill(_ index: Dictionary<Key, Room>.Index, _ now: Duration) -> [Entered] {
        var entered: [Entered] = []
        while rooms.values[index].inside < limit, let waiter = rooms.values[index].waiting.popFirst() {
            rooms.values[index].inside += 1
            waiting -= 1
            let place = Place(key: waiter.key, tag: waiter.tag, since: now)
            entered.append(Entered(place: place, position: places.append(place)))
        }
        if rooms.values[index].inside == 0 { rooms.remove(at: index) }
        return entered
    }
}
