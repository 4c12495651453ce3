import Linux
import MillraceProtocol
import MillraceRPC
import Preloading

/// Waits for the outcomes of several datasets and answers when the last of them is there.
final class Gathering: Sendable {
    private struct State: Sendable {
        var outcomes: [[KeyOutcome]?]
        var open: Int
        var fetches: [Fetch] = []
        var isDone = false
    }

    private let orders: [(name: String, keys: [LoadKey])]
    private let reply: RPCReply<PreloadFetch>
    private let state: Locked<State>

    init(_ orders: [(name: String, keys: [LoadKey])], _ reply: RPCReply<PreloadFetch>) {
        self.orders = orders
        self.reply = reply
        state = Locked(State(outcomes: Array(repeating: nil, count: orders.count), open: orders.count))
    }

    var isDone: Bool { state.withLock { $0.isDone } }

    /// Takes the outcomes of one dataset, in the order of its keys.
    func take(_ outcomes: [KeyOutcome], at place: Int) {
        let all: [[KeyOutcome]?]? = state.withLock { state in
            guard !state.isDone, state.outcomes[place] == nil else { return nil }
            state.outcomes[place] = outcomes
            state.open -= 1
            guard state.open == 0 else { return nil }
            state.isDone = true
            state.fetches = []
            return state.outcomes
        }
        guard let all else { return }
        reply.succeed(
            PreloadFetch.Result(
                datasets: zip(orders, all).map { order, outcomes in
                    DatasetRows(order.name, order.keys, outcomes ?? [])
                }))
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

extension DatasetRows {
    init(_ name: String, _ keys: [LoadKey], _ outcomes: [KeyOutcome]) {
        self.init(dataset: name)
        values.reserveCapacity(keys.count)
        for (key, outcome) in zip(keys, outcomes) {
            switch outcome {
            case .value(let value): values.append(KeyValue(key.text, value))
            case .missing: missing.append(key.text)
            case .failed(let failure): errors.append(KeyError(key.text, failure.error))
            }
        }
    }
}
