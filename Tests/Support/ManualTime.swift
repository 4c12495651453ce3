public import Linux

/// A clock that stands until it is moved: the tests' time.
public final class ManualTime: TimeSource {
    private struct State {
        var wall: Timestamp
        var boot: Duration
        var nextSleeper = 0
        var sleepers: [Int: (until: Duration, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var cancelledEarly: Set<Int> = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Locked<State>

    public init(wall: Timestamp = .epoch, boot: Duration = .zero) {
        state = Locked(State(wall: wall, boot: boot))
    }

    public func wall() -> Timestamp { state.withLock { $0.wall } }

    public func boot() -> Duration { state.withLock { $0.boot } }

    /// Moves both clocks and wakes whoever slept until then, the earliest first.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.wall = state.wall + duration
            state.boot += duration
            let due = state.sleepers.filter { $0.value.until <= state.boot }.sorted { $0.value.until < $1.value.until }
            for sleeper in due { state.sleepers[sleeper.key] = nil }
            return due.map(\.value.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    /// Sets the wall clock alone, as a jump of the real one would.
    public func setWall(_ wall: Timestamp) { state.withLock { $0.wall = wall } }

    /// How many tasks sleep on this clock now.
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// Suspends until at least `count` tasks sleep on this clock; the test then moves it. Not cancellable.
    public func sleepers(atLeast count: Int) async {
        await withCheckedContinuation { continuation in
            let there = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if there { continuation.resume() }
        }
    }

    public func sleep(until instant: Duration) async throws {
        let sleeper = state.withLock { state in
            state.nextSleeper += 1
            return state.nextSleeper
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                lie(down: sleeper, until: instant, continuation)
            }
        } onCancel: {
            cancel(sleeper)
        }
    }

    private func lie(down sleeper: Int, until instant: Duration, _ continuation: CheckedContinuation<Void, any Error>) {
        enum Outcome { case cancelled, due, asleep([CheckedContinuation<Void, Never>]) }
        let outcome = state.withLock { state in
            if state.cancelledEarly.remove(sleeper) != nil { return Outcome.cancelled }
            if instant <= state.boot { return .due }
            state.sleepers[sleeper] = (instant, continuation)
            let count = state.sleepers.count
            let satisfied = state.watchers.filter { $0.count <= count }.map(\.continuation)
            state.watchers.removeAll { $0.count <= count }
            return .asleep(satisfied)
        }
        switch outcome {
        case .cancelled: continuation.resume(throwing: CancellationError())
        case .due: continuation.resume()
        case .asleep(let satisfied): for watcher in satisfied { watcher.resume() }
        }
    }

    private func cancel(_ sleeper: Int) {
        let continuation = state.withLock { state in
            if let there = state.sleepers.removeValue(forKey: sleeper) { return there.continuation as Optional }
            state.cancelledEarly.insert(sleeper)
            return nil
        }
        continuation?.resume(throwing: CancellationError())
    }
}
