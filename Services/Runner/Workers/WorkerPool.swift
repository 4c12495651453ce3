import Glibc
import KindFiles
import Linux
import Logging
import MillraceProtocol
import Resilience

/// Decides which processes a pool of workers has: a state machine without I/O, clock or lock. Events go in, effects come
/// out.
///
/// Bounds: at most `limit` processes take calls, while one replaces another there is one more; none is replaced for its
/// age while `limit` others still work off their last calls; none is started while ``mostEnding`` have not ended.
struct WorkerPool: Sendable {
    enum Event: Sendable {
        case spawned(Int, pid: Int32)
        /// It cannot be started, for that reason.
        case notStarted(Int, String)
        case registered(Int, worker: Int, load: PoolLoad)
        case load(Int, PoolLoad)
        /// It answered a ping, with whatever.
        case answered(Int)
        /// It serves what is not its pool's any more.
        case outdated(Int)
        /// Its connection ended.
        case disconnected(Int)
        case ended(Int, ExitStatus)
        /// So many jobs or items wait for a place.
        case demand(Int)
        /// So many processes at most, from now on.
        case resized(Int)
        /// It was declared anew.
        case declared(WorkerDefinition)
        /// It is declared no more.
        case removed
        case stop
        /// Time went by.
        case tick
    }

    enum Effect: Sendable {
        case start(Int, WorkerDefinition)
        case ping(Int)
        /// No new calls for the process; the runner hangs up when it has none left.
        case retire(Int)
        /// A signal to the process and all of its group.
        case signal(Int, Int32)
        case say(Logger.Level, String)
    }

    /// Processes that were killed and are not gone yet, which only a kernel in trouble lets happen.
    static let mostEnding = 128
    /// How long a process may take to register.
    static let registering = Duration.seconds(10)
    /// How long a process whose connection has ended may take to end by itself.
    static let leaving = Duration.seconds(5)
    /// From TERM to KILL when the runner stops.
    static let stopping = Duration.seconds(5)
    /// A process that ends so soon without ever having had a call is no better than one that did not start.
    static let early = Duration.seconds(10)
    /// The windows of the pauses between failing starts; half of each is waited at least, so 200 ms to 30 s.
    static let backoff = Backoff(base: .milliseconds(400), cap: .seconds(30))

    /// The upper half of the numbers of its processes.
    let id: Int
    var definition: WorkerDefinition
    var limit: Int
    var members: [PoolMember] = []
    var effects: [Effect] = []
    /// What was last said to wait; forgotten when a process more is there.
    var waiting = 0
    /// Starts that failed in a row.
    private var failures = 0
    /// Processes that ended early in a row.
    private var earlyEnds = 0
    /// No start before that.
    var notBefore: Duration?
    /// What kept the last process from serving; nil when one serves.
    var problem: String?
    var isRemoved = false
    var isStopped = false
    /// Processes that broke down at work and may be replaced at once.
    private var crashes: TokenBucket
    private var lastTicket: Int

    init(id: Int, definition: WorkerDefinition, now: Duration) {
        self.id = id
        self.definition = definition
        limit = definition.processes
        lastTicket = id << 32
        crashes = TokenBucket(rate: 10, burst: 200, now: now)
    }

    /// The pool that a process belongs to.
    static func id(of ticket: Int) -> Int { ticket >> 32 }

    /// Whether nothing of it is left.
    var isOver: Bool { isRemoved && members.isEmpty }

    /// Takes note of an event and says what is to be done, in this order.
    mutating func handle(_ event: Event, now: Duration) -> [Effect] {
        apply(event, now: now)
        settle(now: now)
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    /// Notes a load; false when the pool has to think about it by ``handle(_:now:)`` of a tick.
    mutating func note(_ ticket: Int, _ load: PoolLoad, now: Duration) -> Bool {
        guard let index = index(of: ticket) else { return true }
        let before = members[index].load
        members[index].load = load
        if load.calls > 0 {
            if !members[index].served { earlyEnds = 0 }
            members[index].served = true
        } else if before.calls > 0 {
            members[index].idleSince = now
            return false
        }
        return load.calls <= before.calls && load.capacity == before.capacity || !isLow(except: nil)
    }

    private mutating func apply(_ event: Event, now: Duration) {
        switch event {
        case .spawned(let ticket, let pid):
            change(ticket) { $0.pid = pid }
            // Meanwhile it may not be wanted any more.
            if let member = member(ticket), member.phase == .ending {
                effects.append(.signal(ticket, member.lastStep == .nothing ? SIGKILL : SIGTERM))
            }
        case .notStarted(let ticket, let reason):
            // That is no accident.
            failures = max(failures, 1)
            blame(ticket, "cannot be started: \(reason)", now: now)
            _ = remove(ticket)
        case .registered(let ticket, let worker, let load):
            registered(ticket, worker, load, now: now)
        case .load(let ticket, let load):
            _ = note(ticket, load, now: now)
        case .answered(let ticket):
            guard let member = member(ticket), member.phase != .ending, member.registered != nil else { break }
            let next = now + definition.ping
            change(ticket) {
                $0.deadline = nil
                $0.nextPing = next
            }
        case .outdated(let ticket):
            retire(ticket, "serves what is another's now", now: now)
        case .disconnected(let ticket):
            guard let member = member(ticket), member.phase != .ending else { break }
            count(ticket, now: now)
            leave(ticket, now: now)
        case .ended(let ticket, let status):
            ended(ticket, status, now: now)
        case .demand(let waiting):
            self.waiting = waiting
        case .resized(let limit):
            self.limit = limit
        case .declared(let definition):
            declared(definition, now: now)
        case .removed:
            isRemoved = true
        case .stop:
            isStopped = true
            for ticket in members.map(\.ticket) { end(ticket, SIGTERM, within: Self.stopping, now: now) }
        case .tick:
            break
        }
    }

    private mutating func registered(_ ticket: Int, _ worker: Int, _ load: PoolLoad, now: Duration) {
        guard let index = index(of: ticket), members[index].phase == .starting else { return }
        members[index].phase = .ready
        members[index].worker = worker
        members[index].registered = now
        members[index].idleSince = now
        members[index].load = load
        members[index].blame = .crash
        members[index].deadline = nil
        members[index].nextPing = now + definition.ping
        failures = 0
        problem = nil
        if let old = members[index].replaces, member(old)?.phase == .ready {
            retire(old, "is replaced by \(members[index].label)", now: now)
        } else {
            waiting = 0
        }
    }

    private mutating func ended(_ ticket: Int, _ status: ExitStatus, now: Duration) {
        guard let member = member(ticket) else { return }
        let text =
            switch status {
            // 78: by its own word its settings are wrong; its standard error, which is the runner's, names them.
            case .exited(EX_CONFIG): "exited \(EX_CONFIG), for its settings are wrong (millctl logs says which),"
            case .exited(let code): "exited \(code)"
            case .signalled(let number): "was ended by \(Signals.name(of: number))"
            }
        blame(ticket, member.registered == nil ? "\(text) before registering" : text, now: now)
        _ = remove(ticket)
    }

    private mutating func declared(_ new: WorkerDefinition, now: Duration) {
        let isOther = definition.process != new.process || definition.capacity != new.capacity
        definition = new
        limit = new.processes
        isRemoved = false
        guard isOther else { return }
        failures = 0
        earlyEnds = 0
        notBefore = nil
        problem = nil
        for member in members {
            switch member.phase {
            case .starting: end(member.ticket, SIGTERM, within: new.grace, now: now)
            case .ready: change(member.ticket) { $0.expired = true }
            case .retiring, .ending: break
            }
        }
    }

    // MARK: Members

    func index(of ticket: Int) -> Int? { members.firstIndex { $0.ticket == ticket } }

    func member(_ ticket: Int) -> PoolMember? { members.first { $0.ticket == ticket } }

    mutating func change(_ ticket: Int, _ body: (inout PoolMember) -> Void) {
        if let index = index(of: ticket) { body(&members[index]) }
    }

    private mutating func remove(_ ticket: Int) -> PoolMember? {
        index(of: ticket).map { members.remove(at: $0) }
    }

    mutating func start(replacing old: Int? = nil, now: Duration) {
        lastTicket += 1
        var member = PoolMember(ticket: lastTicket, born: now, replaces: old)
        member.deadline = now + Self.registering
        members.append(member)
        effects.append(.start(lastTicket, definition))
    }

    /// Lets a process work off what it has.
    mutating func retire(_ ticket: Int, _ reason: String, now: Duration) {
        guard let index = index(of: ticket), members[index].phase == .ready else { return }
        members[index].phase = .retiring
        members[index].blame = .nobody
        effects.append(.say(.info, "\(members[index].label) \(reason)"))
        effects.append(.retire(ticket))
    }

    /// The connection is over: a well-behaved process ends by itself now.
    private mutating func leave(_ ticket: Int, now: Duration) {
        change(ticket) {
            $0.phase = .ending
            $0.lastStep = .term
            $0.deadline = now + Self.leaving
        }
    }

    /// Ends a process at once: by TERM, with KILL after `patience`, or by KILL.
    mutating func end(_ ticket: Int, _ signal: Int32, within patience: Duration = .zero, now: Duration) {
        change(ticket) {
            $0.phase = .ending
            $0.blame = .nobody
            $0.lastStep = signal == SIGKILL ? .nothing : .kill
            $0.deadline = signal == SIGKILL ? nil : now + patience
        }
        effects.append(.signal(ticket, signal))
    }

    // MARK: Failures

    /// Counts the fault of a process, once, and says what it was.
    mutating func blame(_ ticket: Int, _ what: String, now: Duration) {
        count(ticket, now: now)
        guard let member = member(ticket), member.blame != .nobody else { return }
        change(ticket) { $0.blame = .nobody }
        problem = what
        let again =
            notBefore.flatMap { $0 > now ? "; the next is started in \(($0 - now).milliseconds) ms" : nil } ?? ""
        let calls = member.load.calls > 0 ? " with \(member.load.calls) calls in flight" : ""
        effects.append(.say(member.blame == .start ? .error : .warning, "\(member.label) \(what)\(calls)\(again)"))
    }

    /// A process that fails once may have met with an accident and is replaced at once; from the second on there are
    /// pauses.
    private mutating func count(_ ticket: Int, now: Duration) {
        guard let index = index(of: ticket), !members[index].isCounted else { return }
        let member = members[index]
        members[index].isCounted = true
        switch member.blame {
        case .nobody:
            break
        case .start:
            failures += 1
            if failures > 1 { pause(attempt: failures - 1, now: now) }
        case .crash where !member.served && now - (member.registered ?? now) < Self.early:
            earlyEnds += 1
            if earlyEnds > 1 { pause(attempt: earlyEnds - 1, now: now) }
        case .crash:
            if !crashes.take(at: now) { notBefore = crashes.nextToken(at: now) }
        }
    }

    private mutating func pause(attempt: Int, now: Duration) {
        let half = Self.backoff.window(attempt: attempt) / 2
        let jitter = Duration.nanoseconds(Int64.random(in: 0...half.nanoseconds))
        notBefore = max(notBefore ?? .zero, now + half + jitter)
    }
}
