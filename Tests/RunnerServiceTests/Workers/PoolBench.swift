import KindFiles
import Linux

@testable import RunnerService

/// A pool's rules and what they wanted so far; processes are numbers from 1.
struct PoolBench {
    struct Signal: Hashable { var ticket: Int, number: Int32 }

    private(set) var pool: WorkerPool
    private(set) var now = Duration.seconds(1000)
    private(set) var started: [Int] = []
    private(set) var retired: [Int] = []
    private(set) var pinged: [Int] = []
    private(set) var signals: [Signal] = []
    private var unanswered: Set<Int> = []

    init(_ declare: (inout WorkerDefinition) -> Void = { _ in }) {
        var definition = WorkerDefinition(name: "bench", process: ProcessDefinition(["/bin/worker"]))
        declare(&definition)
        pool = WorkerPool(id: 0, definition: definition, now: now)
        handle(.tick)
    }

    mutating func handle(_ event: WorkerPool.Event) {
        for effect in pool.handle(event, now: now) {
            switch effect {
            case .start(let ticket, _): started.append(ticket)
            case .retire(let ticket): retired.append(ticket)
            case .ping(let ticket):
                pinged.append(ticket)
                unanswered.insert(ticket)
            case .signal(let ticket, let number): signals.append(Signal(ticket: ticket, number: number))
            case .say: break
            }
        }
    }

    mutating func register(_ ticket: Int, capacity: Int = 64) {
        handle(.spawned(ticket, pid: Int32(100 + ticket)))
        handle(.registered(ticket, worker: ticket, load: PoolLoad(calls: 0, capacity: capacity)))
    }

    /// As the runner tells it.
    mutating func load(_ ticket: Int, _ calls: Int) {
        let capacity = pool.member(ticket)?.load.capacity ?? 0
        if !pool.note(ticket, PoolLoad(calls: calls, capacity: capacity), now: now) { handle(.tick) }
    }

    mutating func hangUp(_ ticket: Int) { handle(.disconnected(ticket)) }

    mutating func answerPings() {
        for ticket in unanswered.sorted() { handle(.answered(ticket)) }
        unanswered = []
    }

    mutating func advance(by duration: Duration) {
        now += duration
        handle(.tick)
    }

    /// Second by second, with every ping answered.
    mutating func advanceInSteps(to age: Duration) {
        while now < .seconds(1000) + age {
            advance(by: .seconds(1))
            answerPings()
        }
    }

    mutating func advanceToNextDue() {
        guard let due = pool.nextDue(after: now) else { return }
        now = due
        handle(.tick)
    }
}
