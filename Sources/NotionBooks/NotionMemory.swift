import BackOffice
import Linux
import Notion
import Resilience

/// What the books remember between requests of a process: names and positions of contractors, and the lines of orders that
/// are being written. Nothing that money is computed from.
final class NotionMemory: Sendable {
    struct Person: Hashable, Sendable {
        var name: String
        var discord: String
        var positions: [String]
    }

    private struct Kept<Value: Sendable>: Sendable {
        var value: Value
        var since: Duration
    }

    private struct State: Sendable {
        var people: [ContractorID: Kept<Person>] = [:]
        var discords: [ContractorID: Kept<String>] = [:]
        var lines: [OrderID: Kept<[OrderLine]>] = [:]
        var heads: [OrderID: Kept<Head>] = [:]
        var owners: [OrderID: Kept<ContractorID>] = [:]
    }

    /// What the lines of an order have of it.
    struct Head: Hashable, Sendable {
        var title: String
        var date: Day?
    }

    /// Contractors, and orders, that are remembered at most.
    static let capacity = 10_000
    /// Lines are written one after the other; what was read longer ago is read again.
    static let linesLifetime = Duration.seconds(60)

    /// One at a time looks for an order of a title and makes it.
    let titles: Bulkhead<String>
    private let lifetime: Duration
    private let time: any TimeSource
    private let state = Locked(State())

    init(lifetime: Duration, time: any TimeSource) {
        self.lifetime = lifetime
        self.time = time
        titles = Bulkhead(limit: 1, waitingLimit: Self.capacity, staleAfter: nil, time: time)
    }

    func person(_ id: ContractorID) -> Person? {
        let now = time.boot()
        return state.withLock { $0.people[id].flatMap { now - $0.since <= lifetime ? $0.value : nil } }
    }

    func keep(_ person: Person, _ id: ContractorID) {
        let now = time.boot()
        state.withLock { state in
            if state.people.count >= Self.capacity { state.people = [:] }
            state.people[id] = Kept(value: person, since: now)
        }
        keep(discord: person.discord, id)
    }

    func discord(_ id: ContractorID) -> String? {
        let now = time.boot()
        return state.withLock { $0.discords[id].flatMap { now - $0.since <= lifetime ? $0.value : nil } }
    }

    func keep(discord: String, _ id: ContractorID) {
        guard !discord.isEmpty else { return }
        let now = time.boot()
        state.withLock { state in
            if state.discords.count >= Self.capacity { state.discords = [:] }
            state.discords[id] = Kept(value: discord, since: now)
        }
    }

    func head(_ order: OrderID) -> Head? {
        let now = time.boot()
        return state.withLock { $0.heads[order].flatMap { now - $0.since <= lifetime ? $0.value : nil } }
    }

    func keep(_ head: Head, _ order: OrderID) {
        let now = time.boot()
        state.withLock { state in
            if state.heads.count >= Self.capacity { state.heads = [:] }
            state.heads[order] = Kept(value: head, since: now)
        }
    }

    /// Whose order it is, as far as it was asked for or made here.
    func owner(_ order: OrderID) -> ContractorID? {
        let now = time.boot()
        return state.withLock { $0.owners[order].flatMap { now - $0.since <= lifetime ? $0.value : nil } }
    }

    func keep(owner: ContractorID, _ order: OrderID) {
        let now = time.boot()
        state.withLock { state in
            if state.owners.count >= Self.capacity { state.owners = [:] }
            state.owners[order] = Kept(value: owner, since: now)
        }
    }

    func lines(_ order: OrderID) -> [OrderLine]? {
        let now = time.boot()
        return state.withLock { $0.lines[order].flatMap { now - $0.since <= Self.linesLifetime ? $0.value : nil } }
    }

    func keep(_ lines: [OrderLine], _ order: OrderID) {
        let now = time.boot()
        state.withLock { state in
            if state.lines.count >= Self.capacity { state.lines = [:] }
            state.lines[order] = Kept(value: lines, since: now)
        }
    }

    /// After a write: the line as it is now.
    func keep(_ line: OrderLine) {
        state.withLock { state in
            guard var kept = state.lines[line.order] else { return }
            kept.value.removeAll { $0.id == line.id }
            kept.value.append(line)
            state.lines[line.order] = kept
        }
    }

    func forget(_ order: OrderID) { state.withLock { $0.lines[order] = nil } }
}
