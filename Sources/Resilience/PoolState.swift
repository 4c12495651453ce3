import Linux

/// The numbers of a ``ResourcePool``.
public struct PoolLimits: Hashable, Sendable {
    /// Resources there may be at once, those being made and closed included; at least 1.
    public var size = 2
    /// Kept even when nobody asks; at most ``size``.
    public var minimum = 0
    /// One unused for so long is retired, unless it is among the minimum.
    public var idle = Duration.seconds(300)
    /// One made so long ago is retired when it is not in use.
    public var age = Duration.seconds(1800)
    /// Tasks that may wait.
    public var waiting = 100
    /// No task waits for longer.
    public var longestWait = Duration.seconds(60)
    /// How often those that nobody asks for are looked at.
    public var sweep = Duration.seconds(60)

    public init() {}
}

/// A resource behind a reference, so that the rules need not be compiled anew for each kind of resource.
final class Pooled<Resource: Sendable>: Sendable {
    let resource: Resource

    init(_ resource: Resource) {
        self.resource = resource
    }
}

/// Who has what in a ``ResourcePool``: its rules without tasks, clock or lock.
struct PoolState: Sendable {
    struct Entry: Sendable {
        /// Of this use: a new one each time, so that one who gives back twice takes it from nobody.
        var id: UInt64
        /// A ``Pooled`` one.
        let box: any AnyObject & Sendable
        let made: Duration
        /// Since when it is in use or idle.
        var since: Duration
    }

    /// What a task gets.
    enum Grant: Sendable {
        /// One to be checked.
        case resource(Entry)
        /// Room to make one. The old one has to be closed first.
        case room(replacing: Entry?)
    }

    enum Claim {
        case granted(Grant)
        case waits(Turn<Grant>, Position)
        case full(retryAfter: Duration)
        case closed
    }

    /// What is to be done once the lock is free: turns are never settled under a lock their cancellation takes.
    struct Outcome: Sendable {
        /// To be closed; then ``PoolState/roomIsFree()``.
        var retired: [Entry] = []
        var granted: (turn: Turn<Grant>, grant: Grant)?
        var refused: [Turn<Grant>] = []
        var emptied: [Turn<Void>] = []
    }

    typealias Position = Line<Turn<Grant>>.Position

    let limits: PoolLimits
    /// The one used last is the last.
    var idle: [Entry] = []
    var used: [UInt64: Entry] = [:]
    /// Resources being made or closed.
    var underWork = 0
    var line = Line<Turn<Grant>>()
    var isClosed = false
    private var lastID: UInt64 = 0
    /// How long one is used: a moving average, each new use weighs an eighth.
    private var held = Duration.seconds(1)
    /// Those who wait until nothing is left.
    var emptied = Line<Turn<Void>>()

    init(_ limits: PoolLimits) {
        precondition(limits.size >= 1 && (0...limits.size).contains(limits.minimum) && limits.waiting >= 0)
        precondition(limits.idle > .zero && limits.age > .zero && limits.longestWait > .zero && limits.sweep > .zero)
        self.limits = limits
    }

    var total: Int { idle.count + used.count + underWork }

    var retryAfter: Duration { max(.milliseconds(1), held / limits.size) }

    mutating func claim(_ now: Duration) -> Claim {
        if isClosed { return .closed }
        if var entry = idle.popLast() {
            if isOver(entry, now) {
                underWork += 1
                return .granted(.room(replacing: entry))
            }
            return .granted(.resource(use(&entry, now)))
        }
        if total < limits.size {
            underWork += 1
            return .granted(.room(replacing: nil))
        }
        guard line.count < limits.waiting else { return .full(retryAfter: retryAfter) }
        let turn = Turn<Grant>()
        return .waits(turn, line.append(turn))
    }

    /// One was made in the room granted for it. It is in use now.
    mutating func made(_ box: any AnyObject & Sendable, _ now: Duration) -> Entry {
        underWork -= 1
        var entry = Entry(id: 0, box: box, made: now, since: now)
        return use(&entry, now)
    }

    /// A resource comes back. It goes to the next in line, or is idle, or has to be closed.
    mutating func giveBack(_ id: UInt64, broken: Bool, _ now: Duration) -> Outcome {
        var outcome = Outcome()
        guard var entry = used.removeValue(forKey: id) else { return outcome }
        if !line.isEmpty { held = (held * 7 + max(.zero, now - entry.since)) / 8 }
        if broken || isClosed || now - entry.made >= limits.age {
            underWork += 1
            outcome.retired = [entry]
            return outcome
        }
        if let next = line.popFirst() {
            outcome.granted = (next, .resource(use(&entry, now)))
        } else {
            entry.since = now
            idle.append(entry)
        }
        return outcome
    }

    /// One in use turned out to be of no use; who has it may make another in its room, once it is closed.
    mutating func condemn(_ id: UInt64) {
        if used.removeValue(forKey: id) != nil { underWork += 1 }
    }

    /// What was under work is gone: the next in line may make one.
    mutating func roomIsFree() -> Outcome {
        var outcome = Outcome()
        underWork -= 1
        if let next = line.popFirst() {
            underWork += 1
            outcome.granted = (next, .room(replacing: nil))
        } else if isClosed, total == 0 {
            while let turn = emptied.popFirst() { outcome.emptied.append(turn) }
        }
        return outcome
    }

    /// Takes out what nobody has asked for.
    mutating func sweep(_ now: Duration) -> Outcome {
        var outcome = Outcome()
        var kept: [Entry] = []
        var left = total
        for entry in idle {
            if now - entry.made >= limits.age || (left > limits.minimum && isOver(entry, now)) {
                left -= 1
                outcome.retired.append(entry)
            } else {
                kept.append(entry)
            }
        }
        idle = kept
        underWork += outcome.retired.count
        return outcome
    }

    /// Room to start one ahead of need, if fewer are there than wanted.
    mutating func startAhead() -> Bool {
        guard !isClosed, total < limits.minimum else { return false }
        underWork += 1
        return true
    }

    /// Gives nothing out from now on.
    mutating func shut() -> Outcome {
        var outcome = Outcome(retired: idle)
        isClosed = true
        underWork += idle.count
        idle = []
        while let turn = line.popFirst() { outcome.refused.append(turn) }
        return outcome
    }

    private mutating func use(_ entry: inout Entry, _ now: Duration) -> Entry {
        lastID += 1
        entry.id = lastID
        entry.since = now
        used[lastID] = entry
        return entry
    }

    private func isOver(_ entry: Entry, _ now: Duration) -> Bool {
        now - entry.made >= limits.age || now - entry.since >= limits.idle
    }
}
