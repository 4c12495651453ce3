import JSONCodec
import Linux
import MillraceProtocol
import Resilience

/// A dataset: its cache, its window and the loads that are under way, for any number of callers.
///
/// Nothing here blocks. Completions and notices are called outside of all locks, on whatever thread brought them about.
public final class Dataset: Sendable {
    /// Something a person should know.
    public enum Notice: Sendable {
        /// The source does not keep to what was agreed.
        case faulty(SourceFault)
        /// A load came to nothing.
        case failed(RPCError, keys: Int)
    }

    /// An answer, or the wait for it.
    public enum Fetched: Sendable {
        case now([KeyOutcome])
        case later(Fetch)
    }

    public let name: String
    private let time: any TimeSource
    private let loader: Loader
    private let alarm: Alarm

    public init(
        _ name: String, _ rules: DatasetRules, source: DatasetSource, gate: any SourceGate = OpenGate(),
        time: any TimeSource, notice: @escaping @Sendable (Notice) -> Void = { _ in }
    ) {
        let loader = Loader(Board(name, rules), source, gate, time: time, notice: notice)
        self.name = name
        self.time = time
        self.loader = loader
        alarm = Alarm(time: time) { loader.tick($0) }
    }

    /// What is in memory of the keys, in their order, if nothing has to be loaded for any of them: the short way for lists.
    /// A key that stands there twice is answered once; the other place is nil.
    ///
    /// - Returns: nil when one of them is not known, or not as good as new. Then nothing has happened.
    public func known(_ keys: TextList, of scope: KeyScope) -> [KeyOutcome?]? {
        loader.known(keys, scope, time.boot())
    }

    /// Asks for keys: from the cache at once where all of them are there, else when the last of them is loaded.
    ///
    /// - Parameters:
    ///   - scope: whose cache it is that is asked and filled.
    ///   - deadline: until when the caller waits, on the boot clock. It makes the window close in time; to stop waiting
    ///     is the caller's to do.
    ///   - completion: called once, unless the answer is there now or the fetch is cancelled, with an outcome for each
    ///     key in the order of `keys`.
    public func fetch(
        _ keys: [LoadKey], of scope: KeyScope, deadline: Duration? = nil,
        completion: @escaping @Sendable ([KeyOutcome]) -> Void
    ) -> Fetched {
        let (ask, outcomes, next) = loader.fetch(keys, scope, deadline, time.boot(), completion)
        if let next { alarm.ring(by: next) }
        guard let ask else { return .now(outcomes) }
        return .later(Fetch(ask, scope, self))
    }

    /// The same for a task; cancelling it stops the waiting.
    public func fetch(_ keys: [LoadKey], of scope: KeyScope, deadline: Duration? = nil) async throws -> [KeyOutcome] {
        let wait = FetchWait()
        switch fetch(keys, of: scope, deadline: deadline, completion: { wait.settle(.success($0)) }) {
        case .now(let outcomes): return outcomes
        case .later(let fetch):
            return try await wait.value {
                fetch.cancel()
                wait.settle(.failure(CancellationError()))
            }
        }
    }

    func withdraw(_ ask: Ask, _ scope: KeyScope) { loader.withdraw(ask, scope) }

    /// Puts a value into the cache, or with nil the knowledge that there is none, and gives it to those who wait for a
    /// load that has not begun.
    public func prime(_ key: LoadKey, _ value: JSONRaw?, of scope: KeyScope) {
        loader.prime(key, value, scope, time.boot())
    }

    /// Forgets keys of a scope; says how many there were. Whoever asks from now on gets nothing that was read before.
    @discardableResult
    public func clear(_ keys: [LoadKey], of scope: KeyScope) -> Int { loader.clear(keys, scope) }

    /// Forgets all of a scope, without one of all scopes; says how many keys that were.
    @discardableResult
    public func clearAll(of scope: KeyScope? = nil) -> Int { loader.clearAll(scope) }

    /// Other rules and gate from now on and, if one is given, another source: what is under way still comes from the old
    /// one, and what is kept of it is forgotten.
    public func change(_ rules: DatasetRules, gate: any SourceGate, source: DatasetSource? = nil) {
        loader.change(rules, gate, source, time.boot())
    }

    /// Sends on what waits and makes nobody wait for others any more.
    public func retire() { loader.retire(time.boot()) }

    /// Returns when nothing is under way.
    public func idle() async {
        await withCheckedContinuation { continuation in loader.whenIdle { continuation.resume() } }
    }

    public var figures: DatasetFigures { loader.figures }
    public var times: DatasetTimes { loader.times }
    public var load: DatasetLoad { loader.load }
    public var rules: DatasetRules { loader.rules }
}

/// The wait for keys of one dataset.
public struct Fetch: Sendable {
    private let ask: Ask
    private let scope: KeyScope
    /// Kept alive by those who wait.
    private let dataset: Dataset

    init(_ ask: Ask, _ scope: KeyScope, _ dataset: Dataset) {
        self.ask = ask
        self.scope = scope
        self.dataset = dataset
    }

    /// Stops waiting; others who wait for the same keys do not notice. A load that nobody waits for any more is
    /// cancelled. Nothing happens when it is complete.
    public func cancel() { dataset.withdraw(ask, scope) }
}

/// One wait of a task for one answer, which may come first.
private final class FetchWait: Sendable {
    private enum State {
        case fresh
        case awaited(CheckedContinuation<[KeyOutcome], any Error>)
        case settled(Result<[KeyOutcome], any Error>)
    }

    private let state = Locked(State.fresh)

    /// The first word counts.
    func settle(_ result: Result<[KeyOutcome], any Error>) {
        let continuation: CheckedContinuation<[KeyOutcome], any Error>? = state.withLock { state in
            switch state {
            case .fresh: state = .settled(result)
            case .settled: break
            case .awaited(let continuation):
                state = .settled(result)
                return continuation
            }
            return nil
        }
        continuation?.resume(with: result)
    }

    func value(abandon: @Sendable () -> Void) async throws -> [KeyOutcome] {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let settled: Result<[KeyOutcome], any Error>? = state.withLock { state in
                    if case .settled(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let settled { continuation.resume(with: settled) }
            }
        } onCancel: {
            abandon()
        }
    }
}
