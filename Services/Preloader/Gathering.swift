import Linux
import MillraceProtocol
import MillraceRPC
import Preloading

/// Waits for the outcomes of several datasets and answers when the last of them is there.
final class Gathering: Sendable {
    private struct State: Sendable {
        var parts: [FetchAnswer.Part]
        var open: Int
        var fetches: [Fetch] = []
        var isDone = false
    }

    private let reply: RPCReply<PreloadFetch>
    private let state: Locked<State>

    /// - Parameter parts: those that have their outcomes, and those that wait for them, without.
    init(_ parts: [FetchAnswer.Part], _ reply: RPCReply<PreloadFetch>) {
        self.reply = reply
        state = Locked(State(parts: parts, open: parts.count { $0.outcomes.isEmpty }))
    }

    var isDone: Bool { state.withLock { $0.isDone } }

    /// Takes the outcomes of one dataset, in the order of its keys.
    func take(_ outcomes: [KeyOutcome], at place: Int) {
        let all: [FetchAnswer.Part]? = state.withLock { state in
            guard !state.isDone, state.parts[place].outcomes.isEmpty else { return nil }
            state.parts[place].outcomes = outcomes.map(Optional.some)
            state.open -= 1
            guard state.open == 0 else { return nil }
            state.isDone = true
            state.fetches = []
            return state.parts
        }
        if let all { reply.succeed(writing: FetchAnswer(parts: all)) }
    }

    /// Remembers what to cancel when nobody waits for the answer any more.
    func wait(_ fetch: Fetch) {
        let isLate = state.withLock { state in
            if !state.isDone { state.fetches.append(fetch) }
            return state.isDone
        }
        if isLate { fetch.cancel() }
    }

    func cancel() {
        let fetches: [Fetch]? = state.withLock { state in
            guard !state.isDone else { return nil }
            state.isDone = true
            defer { state.fetches = [] }
            return state.fetches
        }
        guard let fetches else { return }
        for fetch in fetches { fetch.cancel() }
        reply.fail(CancellationError())
    }
}
