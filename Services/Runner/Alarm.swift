import Linux

/// Wakes its owner when something becomes due. Setting it earlier takes effect at once; one task, no polling.
final class Alarm: Sendable {
    fileprivate struct State {
        /// Boot times and what to call then; the owner's own wake-up bears no call.
        var due: Duration?
        var calls: [(at: Duration, call: @Sendable () -> Void)] = []
        var sleeper: Task<Void, Never>?
        var generation = 0
        var ring: (@Sendable () -> Void)?
        var stopped = false
    }

    private let time: any TimeSource
    private let state = Locked(State())

    init(time: any TimeSource) {
        self.time = time
    }

    func start(_ ring: @escaping @Sendable () -> Void) {
        state.withLock { $0.ring = ring }
    }

    func stop() {
        let sleeper = state.withLock { state in
            state.stopped = true
            state.calls = []
            return state.sleeper
        }
        sleeper?.cancel()
    }

    /// Rings the owner after `wait`, or earlier if so set before.
    func ring(in wait: Duration) {
        set(at: time.boot() + wait, nil)
    }

    /// Calls back once after `wait`.
    func ring(in wait: Duration, _ call: @escaping @Sendable () -> Void) {
        set(at: time.boot() + wait, call)
    }

    private func set(at instant: Duration, _ call: (@Sendable () -> Void)?) {
        let (previous, generation) = state.withLock { state -> (Task<Void, Never>?, Int?) in
            guard !state.stopped else { return (nil, nil) }
            let earliest = state.earliest
            if let call { state.calls.append((instant, call)) } else { state.due = min(state.due ?? instant, instant) }
            if let earliest, earliest <= instant { return (nil, nil) }
            state.generation += 1
            return (state.sleeper, state.generation)
        }
        guard let generation else { return }
        previous?.cancel()
        let sleeper = Task { await self.sleep(generation) }
        let late = state.withLock { state in
            if state.generation == generation { state.sleeper = sleeper }
            return state.stopped
        }
        if late { sleeper.cancel() }
    }

    private func sleep(_ generation: Int) async {
        while let instant = state.withLock({ $0.generation == generation && !$0.stopped ? $0.earliest : nil }) {
            // The wall clock may be set meanwhile, so what is due by it is looked at every half minute.
            do { try await time.sleep(until: min(instant, time.boot() + .seconds(30))) } catch { return }
            let now = time.boot()
            let (ring, calls) = state.withLock { state -> ((@Sendable () -> Void)?, [@Sendable () -> Void]) in
                let calls = state.calls.filter { $0.at <= now }.map(\.call)
                state.calls.removeAll { $0.at <= now }
                if let due = state.due, due <= now { state.due = nil }
                return (state.stopped ? nil : state.ring, calls)
            }
            for call in calls { call() }
            ring?()
        }
    }
}

extension Alarm.State {
    fileprivate var earliest: Duration? {
        [due, calls.map(\.at).min()].compactMap(\.self).min()
    }
}
