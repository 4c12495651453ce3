public import Linux

/// No token would have come in time, or too many waited for one already.
public struct RateLimited: RetryAfterError, Hashable, CustomStringConvertible {
    /// What is limited.
    public let resource: String
    /// When it is worth asking again.
    public let retryAfter: Duration?

    public init(resource: String, retryAfter: Duration) {
        self.resource = resource
        self.retryAfter = retryAfter
    }

    public var description: String {
        "\(resource) is asked too often; try again in \((retryAfter ?? .zero).milliseconds) ms"
    }
}

/// A ``TokenBucket`` that tasks wait for, first come first served.
///
/// When tokens come is known, so a wait that would be in vain is refused at once. A cancelled wait moves those behind it
/// up. Needs no task of its own while nobody waits.
public final class RateLimiter: Sendable {
    private struct Waiter: Sendable {
        let turn: Turn<Void>
        let tokens: Int
        let deadline: Duration?
    }

    private struct State {
        var bucket: TokenBucket
        var line = Line<Waiter>()
        /// Tokens that those in line want together.
        var wanted = 0
    }

    /// What is limited, for errors.
    public let resource: String
    /// So many may wait.
    public let waitingLimit: Int
    private let time: any TimeSource
    private let state: Locked<State>
    private let alarm: Alarm

    /// - Parameters:
    ///   - rate: tokens a second, 0.001 to 1,000,000.
    ///   - burst: tokens that can be saved up, 1 to 1,000,000; at first all of them are there.
    public init(_ resource: String, rate: Double, burst: Int, waitingLimit: Int = 1000, time: any TimeSource) {
        precondition(waitingLimit >= 0)
        let state = Locked(State(bucket: TokenBucket(rate: rate, burst: burst, now: time.boot())))
        self.resource = resource
        self.waitingLimit = waitingLimit
        self.time = time
        self.state = state
        alarm = Alarm(time: time) { now in Self.serve(state, now) }
    }

    /// Takes tokens if they are there and nobody waits.
    public func take(_ tokens: Int = 1) -> Bool {
        take(tokens, at: time.boot())
    }

    func take(_ tokens: Int, at now: Duration) -> Bool {
        state.withLock { $0.line.isEmpty && $0.bucket.take(tokens, at: now) }
    }

    /// Waits until there are `tokens` and takes them.
    ///
    /// - Throws: ``RateLimited`` at once, when too many wait or the tokens would come after the deadline;
    ///   `CancellationError`, and then no token is taken.
    public func acquire(
        _ tokens: Int = 1, deadline: Deadline? = nil, isolation: isolated (any Actor)? = #isolation
    ) async throws {
        guard let (turn, position) = try enter(tokens, deadline) else { return }
        try await turn.value { [self] in
            if state.withLock({ Self.remove(position, &$0) }) {
                serve()
                turn.settle(.failure(CancellationError()))
            }
        }
        if Task.isCancelled {
            giveBack(tokens)
            throw CancellationError()
        }
    }

    /// Runs `body` with a token taken for it.
    public func call<R: Sendable>(
        deadline: Deadline? = nil, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R
    ) async throws -> R {
        try await acquire(deadline: deadline)
        return try await body()
    }

    /// Puts back tokens that were taken and not used.
    public func giveBack(_ tokens: Int = 1) {
        state.withLock { $0.bucket.giveBack(tokens) }
        serve()
    }

    /// Other numbers from now on; those who would now wait past their deadline are refused.
    public func change(rate: Double, burst: Int) {
        let now = time.boot()
        let refused: [(Waiter, Duration)] = state.withLock { state in
            state.bucket = state.bucket.changed(rate: rate, burst: burst, now: now)
            var line = Line<Waiter>()
            var refused: [(Waiter, Duration)] = []
            state.wanted = 0
            while let waiter = state.line.popFirst() {
                let comes = state.bucket.nextToken(state.wanted + waiter.tokens, at: now)
                if waiter.tokens > burst || waiter.deadline.map({ comes > $0 }) ?? false {
                    refused.append((waiter, comes - now))
                } else {
                    state.wanted += waiter.tokens
                    _ = line.append(waiter)
                }
            }
            state.line = line
            return refused
        }
        for (waiter, wait) in refused {
            waiter.turn.settle(.failure(RateLimited(resource: resource, retryAfter: wait)))
        }
        serve()
    }

    /// How many wait.
    public var waiting: Int { state.withLock { $0.line.count } }

    /// Whole tokens there are now.
    public var tokens: Int {
        let now = time.boot()
        return state.withLock { $0.bucket.tokens(at: now) }
    }

    /// Nil when the tokens were there.
    private func enter(
        _ tokens: Int, _ deadline: Deadline?
    ) throws(RateLimited) -> (Turn<Void>, Line<Waiter>.Position)? {
        let now = time.boot()
        let entered: Result<(Turn<Void>, Line<Waiter>.Position, next: Duration)?, RateLimited> = state.withLock {
            state in
            if state.line.isEmpty, state.bucket.take(tokens, at: now) { return .success(nil) }
            let comes = state.bucket.nextToken(state.wanted + tokens, at: now)
            if let deadline, comes > deadline.instant {
                return .failure(RateLimited(resource: resource, retryAfter: comes - now))
            }
            let next = state.bucket.nextToken(state.line.first?.tokens ?? tokens, at: now)
            guard state.line.count < waitingLimit else {
                return .failure(RateLimited(resource: resource, retryAfter: next - now))
            }
            let turn = Turn<Void>()
            let position = state.line.append(Waiter(turn: turn, tokens: tokens, deadline: deadline?.instant))
            state.wanted += tokens
            return .success((turn, position, next))
        }
        guard let (turn, position, next) = try entered.get() else { return nil }
        alarm.ring(by: next)
        return (turn, position)
    }

    private func serve() {
        if let next = Self.serve(state, time.boot()) { alarm.ring(by: next) }
    }

    /// Gives what there is to those in front; returns when there will be enough for the next.
    private static func serve(_ state: Locked<State>, _ now: Duration) -> Duration? {
        var served: [Turn<Void>] = []
        let next: Duration? = state.withLock { state in
            while let first = state.line.first {
                guard state.bucket.take(first.tokens, at: now) else {
                    return state.bucket.nextToken(first.tokens, at: now)
                }
                _ = state.line.popFirst()
                state.wanted -= first.tokens
                served.append(first.turn)
            }
            return nil
        }
        for turn in served { turn.settle(.success(())) }
        return next
    }

    private static func remove(_ position: Line<Waiter>.Position, _ state: inout State) -> Bool {
        guard let waiter = state.line.remove(position) else { return false }
        state.wanted -= waiter.tokens
        return true
    }
}
