public import Linux

/// A key has as many callers inside and waiting as it may have.
public struct BulkheadFull: RetryAfterError, Hashable, CustomStringConvertible {
    public let key: String
    /// So many may be inside.
    public let limit: Int
    /// So many may wait.
    public let waitingLimit: Int
    /// When a place in the line may be free, judged by how long places were held before.
    public let retryAfter: Duration?

    public init(key: String, limit: Int, waitingLimit: Int, retryAfter: Duration) {
        self.key = key
        self.limit = limit
        self.waitingLimit = waitingLimit
        self.retryAfter = retryAfter
    }

    public var description: String {
        "\(key) has \(limit) running and \(waitingLimit) waiting already; "
            + "try again in \((retryAfter ?? .zero).milliseconds) ms"
    }
}

/// Lets so many tasks of each key run at once and so many wait, first come first served.
///
/// When others wait, places held longer than `staleAfter` are taken back; their
/// holders are not stopped, and what they give up later is nobody else's place.
public final class Bulkhead<Key: Hashable & Sendable>: Sendable {
    /// Leave to be inside; it ends with ``Bulkhead/leave(_:)``.
    public struct Place: Sendable {
        @usableFromInline let position: Rooms<Key, Waiter?>.Position

        @inlinable
        init(_ position: Rooms<Key, Waiter?>.Position) {
            self.position = position
        }
    }

    /// Hides the turn from callers' modules.
    @usableFromInline
    final class Waiter: Sendable {
        let turn = Turn<Place>()
    }

    private struct Overdue: Sendable {
        let key: Key
        let position: Rooms<Key, Waiter?>.Position
        let deadline: Deadline
    }

    public let staleAfter: Duration?
    @usableFromInline let time: any TimeSource
    @usableFromInline let rooms: Locked<Rooms<Key, Waiter?>>
    private let alarm: Alarm
    private let deadlines: Timers<Overdue>

    public init(limit: Int = 2, waitingLimit: Int = 10, staleAfter: Duration? = .seconds(600), time: any TimeSource) {
        let rooms = Locked(Rooms<Key, Waiter?>(limit: limit, waitingLimit: waitingLimit))
        self.rooms = rooms
        self.staleAfter = staleAfter
        self.time = time
        alarm = Alarm(time: time) { now in staleAfter.flatMap { Self.releaseStale(rooms, $0, now) } }
        deadlines = Timers(time: time) { overdue in
            guard let waiter = Self.abandon(rooms, overdue.position, overdue.key) else { return }
            waiter.turn.settle(.failure(DeadlineExceeded(overdue.deadline)))
        }
    }

    /// A place if there is one now and nobody waits for it.
    @inlinable
    public func take(_ key: Key) -> Place? {
        take(key, at: time.boot())
    }

    @inlinable
    func take(_ key: Key, at now: Duration) -> Place? {
        rooms.withLock { $0.enterAtOnce(key, nil, now) }.map(Place.init)
    }

    /// Waits for a place.
    ///
    /// - Throws: ``BulkheadFull`` at once, ``DeadlineExceeded``, or `CancellationError`; then no place is held.
    public func enter(
        _ key: Key, deadline: Deadline? = nil, isolation: isolated (any Actor)? = #isolation
    ) async throws -> Place {
        let now = time.boot()
        if let place = take(key, at: now) { return place }
        let waiter = Waiter()
        let position: Rooms<Key, Waiter?>.Position
        switch try line(up: waiter, key, now) {
        case .entered(let place): return Place(place)
        case .waits(let waits): position = waits
        case .refused: preconditionFailure("a refusal is thrown")
        }
        let timer = deadline.map { limit in
            deadlines.add(Overdue(key: key, position: position, deadline: limit), at: limit.instant)
        }
        defer { if let timer { deadlines.remove(timer) } }
        let place = try await waiter.turn.value { [rooms] in
            guard let waiter = Self.abandon(rooms, position, key) else { return }
            waiter.turn.settle(.failure(CancellationError()))
        }
        if Task.isCancelled {
            leave(place)
            throw CancellationError()
        }
        return place
    }

    /// Gives up a place; one that was taken back or given up before changes nothing.
    @inlinable
    public func leave(_ place: Place) {
        let entered = rooms.withLock { $0.leave(place.position, time.boot()) }
        if !entered.isEmpty { Self.tell(entered) }
    }

    /// Runs `body` with a place held for it.
    @inlinable
    public func call<R: Sendable>(
        _ key: Key, deadline: Deadline? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> R
    ) async throws -> R {
        let place = if let place = take(key) { place } else { try await enter(key, deadline: deadline) }
        defer { leave(place) }
        return try await body()
    }

    /// Other numbers from now on. Who is inside or waits already stays.
    public func change(limit: Int, waitingLimit: Int) {
        precondition(limit >= 1 && waitingLimit >= 0, "at least one is inside, none or more wait")
        let now = time.boot()
        Self.tell(
            rooms.withLock { rooms in
                rooms.limit = limit
                rooms.waitingLimit = waitingLimit
                return rooms.fillAll(now)
            })
    }

    public func inside(_ key: Key) -> Int { rooms.withLock { $0.inside(key) } }
    public func waiting(_ key: Key) -> Int { rooms.withLock { $0.waiting(key) } }
    /// Keys that have callers.
    public var keys: Int { rooms.withLock { $0.count } }

    private func line(up waiter: Waiter, _ key: Key, _ now: Duration) throws(BulkheadFull) -> Rooms<Key, Waiter?>.Entry
    {
        if let staleAfter { _ = Self.releaseStale(rooms, staleAfter, now) }
        let (entry, full, oldest): (Rooms<Key, Waiter?>.Entry, BulkheadFull?, Duration?) = rooms.withLock { rooms in
            let entry = rooms.enter(key, waiter, now)
            guard case .refused = entry else { return (entry, nil, rooms.places.first?.since) }
            let full = BulkheadFull(
                key: "\(key)", limit: rooms.limit, waitingLimit: rooms.waitingLimit, retryAfter: rooms.retryAfter)
            return (entry, full, nil)
        }
        if let full { throw full }
        if case .waits = entry, let staleAfter, let oldest { alarm.ring(by: oldest + staleAfter) }
        return entry
    }

    private static func abandon(
        _ rooms: Locked<Rooms<Key, Waiter?>>, _ position: Rooms<Key, Waiter?>.Position, _ key: Key
    ) -> Waiter? {
        rooms.withLock { $0.leave(waiting: position, key) } ?? nil
    }

    /// Returns when to look again, if somebody waits.
    private static func releaseStale(
        _ rooms: Locked<Rooms<Key, Waiter?>>, _ staleAfter: Duration, _ now: Duration
    ) -> Duration? {
        let (entered, next): ([Rooms<Key, Waiter?>.Entered], Duration?) = rooms.withLock { rooms in
            let entered = rooms.takeBack(heldSince: now - staleAfter, now).entered
            return (entered, rooms.anyoneWaits ? rooms.places.first.map { $0.since + staleAfter } : nil)
        }
        tell(entered)
        return next
    }

    @usableFromInline
    static func tell(_ entered: [Rooms<Key, Waiter?>.Entered]) {
        for entry in entered { entry.place.tag?.turn.settle(.success(Place(entry.position))) }
    }
}
