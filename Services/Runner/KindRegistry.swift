import Linux
import MillraceProtocol
import Resilience

/// The kinds that workers have declared, now or in earlier runs.
final class KindRegistry: Sendable {
    private struct State {
        var kinds: [String: KindDeclaration]
        var waiting: [Int: AsyncStream<KindDeclaration>.Continuation] = [:]
        var lastTicket = 0
    }

    private let state: Locked<State>

    init(known: [KindDeclaration]) {
        state = Locked(State(kinds: Dictionary(uniqueKeysWithValues: known.map { ($0.name, $0) })))
    }

    var names: [String] { state.withLock { $0.kinds.keys.sorted() } }

    var declarations: [KindDeclaration] { state.withLock { $0.kinds.values.sorted { $0.name < $1.name } } }

    func knows(_ kind: String) -> Bool { state.withLock { $0.kinds[kind] != nil } }

    /// Takes a declaration in; says whether it is news.
    func learn(_ kind: KindDeclaration) -> Bool {
        state.withLock { state in
            for waiting in state.waiting.values { waiting.yield(kind) }
            return state.kinds.updateValue(kind, forKey: kind.name) != kind
        }
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
