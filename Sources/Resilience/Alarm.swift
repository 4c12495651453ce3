import Linux

/// Calls its owner once an instant has come.
///
/// One task sleeps for it, and only while an instant is awaited. It ends with the alarm.
package final class Alarm: Sendable {
    private struct State {
        var at: Duration?
        var sleeper: Task<Void, Never>?
        var sleepsUntil = Duration.zero
        /// Changes with every sleeper, so that one which was replaced does nothing more.
        var watch = 0
    }

    private let time: any TimeSource
    private let state = Locked(State())
    private let ring: @Sendable (_ now: Duration) -> Duration?

    /// - Parameter ring: returns the instant at which it wants to be called again, if any. It is called outside of all
    ///   locks and must not hold on to the alarm's owner.
    package init(time: any TimeSource, ring: @escaping @Sendable (_ now: Duration) -> Duration?) {
        self.time = time
        self.ring = ring
    }

    deinit {
        state.withLock { $0.sleeper }?.cancel()
    }

    /// Rings at `instant` or, if that was asked for, before.
    package func ring(by instant: Duration) {
        let replaced: Task<Void, Never>? = state.withLock { state in
            if let at = state.at, at <= instant { return nil }
            state.at = instant
            // A sleeper that wakes before looks again then.
            if state.sleeper != nil, state.sleepsUntil <= instant { return nil }
            let replaced = state.sleeper
            state.watch += 1
            state.sleepsUntil = instant
            state.sleeper = sleeper(state.watch)
            return replaced
        }
        replaced?.cancel()
    }

    private func sleeper(_ watch: Int) -> Task<Void, Never> {
        // Detached: what the sleeper does is nothing of the caller that happened to start it.
        Task.detached { [time, state, ring] in
            while let until = Self.next(state, watch) {
                do { try await time.sleep(until: until) } catch { return }
                let now = time.boot()
                let rings = state.withLock { state in
                    guard state.watch == watch, let at = state.at, at <= now else { return false }
                    state.at = nil
                    // It is awake and looks again, so nobody need take its place.
                    state.sleepsUntil = .nanoseconds(Int64.min)
                    return true
                }
                if rings, let again = ring(now) {
                    state.withLock { $0.at = min(again, $0.at ?? again) }
                }
            }
        }
    }

    /// How long to sleep; nil when nothing is awaited or another sleeper has taken over.
    private static func next(_ state: Locked<State>, _ watch: Int) -> Duration? {
        state.withLock { state in
            guard state.watch == watch else { return nil }
            guard let at = state.at else {
                state.sleeper = nil
                return nil
            }
            state.sleepsUntil = at
            return at
        }
    }
}
