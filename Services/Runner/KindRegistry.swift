import Linux
import MillraceProtocol
import Resilience

/// A kind as it was declared last.
struct KnownKind: Hashable, Sendable {
    var declaration: KindDeclaration
    /// The pool whose process registered it; nil where only a file or a worker from outside has named it.
    var pool: String?

    var name: String { declaration.name }
}

/// The kinds that files and workers have declared, now or in earlier runs: ``limit`` at most.
final class KindRegistry: Sendable {
    /// What `kind.list` can answer with in one frame.
    static let limit = 5000

    private struct State {
        var kinds: [String: KnownKind] = [:]
        /// When each was declared last, as a number that grows.
        var ages: [String: Int] = [:]
        var lastAge = 0
        var waiting: [Int: AsyncStream<KindDeclaration>.Continuation] = [:]
        var lastTicket = 0

        /// Says whether it is news.
        mutating func set(_ kind: KnownKind) -> Bool {
            for waiting in waiting.values { waiting.yield(kind.declaration) }
            lastAge += 1
            ages[kind.name] = lastAge
            return kinds.updateValue(kind, forKey: kind.name) != kind
        }
    }

    private let state: Locked<State>

    /// - Parameter known: in the order in which they were declared.
    init(known: [KnownKind]) {
        var state = State()
        for kind in known { _ = state.set(kind) }
        self.state = Locked(state)
    }

    var names: [String] { state.withLock { $0.kinds.keys.sorted() } }

    var declarations: [KindDeclaration] {
        state.withLock { $0.kinds.values.map(\.declaration).sorted { $0.name < $1.name } }
    }

    func knows(_ kind: String) -> Bool { state.withLock { $0.kinds[kind] != nil } }

    /// The pool whose process registered the kind.
    func pool(of kind: String) -> String? { state.withLock { $0.kinds[kind]?.pool } }

    /// Takes the declaration of a file in; hands it back when it is news. Whose processes registered the kind stays known.
    func learn(_ kind: KindDeclaration) -> KnownKind? {
        state.withLock { state in
            let known = KnownKind(declaration: kind, pool: state.kinds[kind.name]?.pool)
            return state.set(known) ? known : nil
        }
    }

    /// Takes the declarations of a worker in; hands back what is news of it, and the kinds that were forgotten to make room:
    /// those that were declared the longest ago.
    ///
    /// - Parameters:
    ///   - pool: of the worker; nil for one from outside.
    ///   - used: kinds that are not forgotten. Neither are those of pools: who may serve them would be forgotten with them.
    /// - Throws: ``JobError/tooManyKinds(limit:)``; then nothing has changed.
    func learn(
        _ kinds: [KindDeclaration], from pool: String?, keeping used: @autoclosure () -> Set<String>
    ) throws(JobError) -> (news: [KnownKind], forgotten: [String]) {
        let result = state.withLock { state -> (news: [KnownKind], forgotten: [String])? in
            let offered = Set(kinds.map(\.name))
            let surplus = state.kinds.count + offered.count { state.kinds[$0] == nil } - Self.limit
            var forgotten: [String] = []
            if surplus > 0 {
                let used = used()
                let idle = state.kinds.values.filter {
                    $0.pool == nil && !used.contains($0.name) && !offered.contains($0.name)
                }
                guard idle.count >= surplus else { return nil }
                forgotten = idle.map(\.name).sorted { state.ages[$0, default: 0] < state.ages[$1, default: 0] }
                forgotten.removeLast(forgotten.count - surplus)
            }
            for name in forgotten {
                state.kinds[name] = nil
                state.ages[name] = nil
            }
            // Whose it is stays so when somebody serves it by hand.
            let known = kinds.map { KnownKind(declaration: $0, pool: pool ?? state.kinds[$0.name]?.pool) }
            return (known.filter { state.set($0) }, forgotten)
        }
        guard let result else { throw .tooManyKinds(limit: Self.limit) }
        return result
    }

    /// Waits until the kind is declared or the time is over; says whether it is known then.
    func waits(for kind: String, until deadline: Deadline, time: any TimeSource) async -> Bool {
        let (declared, continuation) = AsyncStream.makeStream(of: KindDeclaration.self, bufferingPolicy: .unbounded)
        let ticket = state.withLock { state in
            state.lastTicket += 1
            state.waiting[state.lastTicket] = continuation
            return state.lastTicket
        }
        defer { state.withLock { _ = $0.waiting.removeValue(forKey: ticket) } }
        if knows(kind) { return true }
        do {
            return try await withDeadline(deadline, time: time) {
                for await declaration in declared where declaration.name == kind { return true }
                return false
            }
        } catch {
            return knows(kind)
        }
    }
}
