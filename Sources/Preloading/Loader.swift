import JSONCodec
import Linux
import MillraceProtocol
import Resilience

/// Carries out what the board of a dataset decides: calls the source, hands over what came.
final class Loader: Sendable {
    private struct State {
        var board: Board
        var source: DatasetSource
        var gate: any SourceGate
        var tasks: [Int: Task<Void, Never>] = [:]
        var isRetired = false
        /// Called when nothing is under way any more.
        var whenIdle: [@Sendable () -> Void] = []
    }

    /// All a load needs to know, as it was when it began.
    private struct Job: Sendable {
        let chunk: Chunk
        let source: DatasetSource
        let gate: any SourceGate
        let rules: DatasetRules
        let name: String
        let deadline: Deadline
    }

    private let time: any TimeSource
    private let notice: @Sendable (Dataset.Notice) -> Void
    private let state: Locked<State>

    init(
        _ board: Board, _ source: DatasetSource, _ gate: any SourceGate, time: any TimeSource,
        notice: @escaping @Sendable (Dataset.Notice) -> Void
    ) {
        self.time = time
        self.notice = notice
        state = Locked(State(board: board, source: source, gate: gate))
    }

    func known(_ keys: TextList, _ scope: KeyScope, _ now: Duration) -> [KeyOutcome?]? {
        let nanoseconds = now.nanoseconds
        return state.withLock { $0.board.known(keys, of: scope, nanoseconds: nanoseconds) }
    }

    /// Answers the ask when it has to wait, else the outcomes; and when the next window closes.
    func fetch(
        _ keys: [LoadKey], _ scope: KeyScope, _ deadline: Duration?, _ now: Duration,
        _ completion: @escaping @Sendable ([KeyOutcome]) -> Void
    ) -> (Ask?, [KeyOutcome], next: Duration?) {
        let nanoseconds = now.nanoseconds
        return state.withLock { state in
            state.board.figures.asks += 1
            state.board.figures.keysAsked += UInt64(keys.count)
            var known: [KeyOutcome] = []
            known.reserveCapacity(keys.count)
            for key in keys {
                guard let outcome = state.board.known(key, of: scope, now: now, nanoseconds: nanoseconds) else { break }
                known.append(outcome)
            }
            if known.count == keys.count {
                start(&state, now)
                return (nil, known, state.board.nextClosing)
            }
            var outcomes = known.map(Optional.some)
            outcomes.append(nil)
            for key in keys.dropFirst(outcomes.count) {
                outcomes.append(state.board.known(key, of: scope, now: now, nanoseconds: nanoseconds))
            }
            let ask = Ask(keys, outcomes, deadline: deadline, completion: completion)
            state.board.enter(ask, scope, now: now)
            if state.isRetired { state.board.closeAll(now) }
            start(&state, now)
            return (ask.isDone ? nil : ask, ask.isDone ? ask.results : [], state.board.nextClosing)
        }
    }

    func withdraw(_ ask: Ask, _ scope: KeyScope) {
        let now = time.boot()
        let tasks = state.withLock { state in
            let tasks = state.board.withdraw(ask, scope).compactMap { state.tasks[$0] }
            start(&state, now)
            return tasks
        }
        for task in tasks { task.cancel() }
        lookWhetherIdle()
    }

    /// Closes the windows whose time has come; answers when the next one closes.
    func tick(_ now: Duration) -> Duration? {
        state.withLock { state in
            state.board.tick(now)
            start(&state, now)
            return state.board.nextClosing
        }
    }

    // MARK: Loading

    private func start(_ state: inout State, _ now: Duration) {
        while let chunk = state.board.nextChunk(now) {
            let rules = state.board.rules
            let job = Job(
                chunk: chunk, source: state.source, gate: state.gate, rules: rules, name: state.board.name,
                deadline: Deadline(instant: now + rules.timeout))
            // Detached: a load is nothing of the caller that happened to start it.
            state.tasks[chunk.number] = Task.detached { await self.run(job) }
        }
    }

    private func run(_ job: Job) async {
        let chunk = job.chunk
        do {
            let findings = try await withDeadline(job.deadline, time: time) { try await self.load(job) }
            let (outcomes, faults) = findings.outcomes()
            if !faults.isEmpty { state.withLock { $0.board.figures.faultyBatches += 1 } }
            for fault in faults { notice(.faulty(fault)) }
            finish(chunk.number, outcomes, passed: findings.passed)
        } catch {
            let failure =
                error is DeadlineExceeded
                ? LoadFailure(
                    RPCError(
                        .deadlineExceeded,
                        "the source of \(job.name) did not answer within "
                            + TimeSpan.text(job.rules.timeout), reason: LoadFailure.Reason.timeout))
                : LoadFailure.of(error, dataset: job.name)
            if !Task.isCancelled {
                state.withLock { $0.board.figures.failedBatches += 1 }
                notice(.failed(failure.error, keys: chunk.keys.count))
            }
            finish(chunk.number, Array(repeating: .failed(failure), count: chunk.keys.count))
        }
    }

    /// All requests of one load.
    private func load(_ job: Job) async throws -> Findings {
        let chunk = job.chunk
        let call = SourceCall(
            dataset: job.name, scope: chunk.scope, deadline: job.deadline, gate: job.gate, count: countRequest)
        var findings = Findings(chunk.keys, of: job.name, rows: job.rules.rows)
        switch job.source {
        case .keyed(let source):
            findings.take(try await call.request { try await source.load(chunk.keys, call) })
        case .paged(let source):
            var cursor: String?
            var seen: Set<String> = []
            for page in 1... {
                let (wanted, from) = (findings.open, cursor)
                let read =
                    source.metersItself
                    ? try await source.page(after: from, for: wanted, call)
                    : try await call.request { try await source.page(after: from, for: wanted, call) }
                findings.take(read)
                guard let next = read.next, !findings.isComplete else { break }
                if !seen.insert(next).inserted {
                    findings.note(.circle)
                    break
                }
                if page == job.rules.pages {
                    findings.note(.endless(pages: page))
                    break
                }
                cursor = next
            }
        }
        return findings
    }

    @Sendable private func countRequest() {
        state.withLock { $0.board.figures.requests += 1 }
    }

    private func finish(_ number: Int, _ outcomes: [KeyOutcome], passed: [LoadKey: JSONRaw] = [:]) {
        let now = time.boot()
        let complete = state.withLock { state in
            state.tasks[number] = nil
            let complete = state.board.finish(number, outcomes, passed: passed, now: now)
            start(&state, now)
            return complete
        }
        for ask in complete { ask.complete() }
        lookWhetherIdle()
    }

    // MARK: By hand

    func prime(_ key: LoadKey, _ value: JSONRaw?, _ scope: KeyScope, _ now: Duration) {
        let complete = state.withLock { $0.board.prime(key, value, of: scope, now: now) }
        for ask in complete { ask.complete() }
        lookWhetherIdle()
    }

    func clear(_ keys: [LoadKey], _ scope: KeyScope) -> Int {
        state.withLock { $0.board.clear(keys, of: scope) }
    }

    func clearAll(_ scope: KeyScope?) -> Int {
        state.withLock { $0.board.clearAll(of: scope) }
    }

    func change(_ rules: DatasetRules, _ gate: any SourceGate, _ source: DatasetSource?, _ now: Duration) {
        state.withLock { state in
            state.board.change(rules)
            state.gate = gate
            if let source {
                state.source = source
                _ = state.board.clearAll()
            }
            start(&state, now)
        }
    }

    func retire(_ now: Duration) {
        state.withLock { state in
            state.isRetired = true
            state.board.closeAll(now)
            start(&state, now)
        }
    }

    func whenIdle(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.whenIdle.append(body) }
        lookWhetherIdle()
    }

    private func lookWhetherIdle() {
        let bodies = state.withLock { state in
            guard state.board.isIdle, !state.whenIdle.isEmpty else { return [] as [@Sendable () -> Void] }
            defer { state.whenIdle = [] }
            return state.whenIdle
        }
        for body in bodies { body() }
    }

    var figures: DatasetFigures { state.withLock { $0.board.figures } }
    var times: DatasetTimes { state.withLock { $0.board.times } }
    var load: DatasetLoad { state.withLock { $0.board.load } }
    var rules: DatasetRules { state.withLock { $0.board.rules } }
}
