import Linux

/// Calls its owner back at the moment that was asked for last or earlier; the owner looks what is due and asks again.
final class Wakeup: Sendable {
    private struct State {
        var at: Duration?
        var sleeper: Task<Void, Never>?
        var generation = 0
        var isStopped = false
    }

    private let time: any TimeSource
    private let state = Locked(State())

    init(time: any TimeSource) {
        self.time = time
    }

    /// Calls `body` at that moment of the boot clock, unless an earlier one is waited for already.
    func call(at instant: Duration, _ body: @escaping @Sendable () -> Void) {
        let replaced = state.withLock { state -> Task<Void, Never>? in
            if state.isStopped { return nil }
            if let at = state.at, at <= instant { return nil }
            state.at = instant
            state.generation += 1
            let generation = state.generation
            defer { state.sleeper = Task { await self.sleep(until: instant, generation, body) } }
            return state.sleeper
        }
        replaced?.cancel()
    }

    /// Returns when nobody is called any more.
    func stop() async {
        let sleeper = state.withLock { state in
            state.isStopped = true
            state.generation += 1
            return state.sleeper
        }
        sleeper?.cancel()
        await sleeper?.value
    }

    private func sleep(until instant: Duration, _ generation: Int, _ body: @Sendable () -> Void) async {
        do { try await time.sleep(until: instant) } catch { return }
        let isDue = state.withLock { state in
            guard state.generation == generation else { return false }
            state.at = nil
            return true
        }
        if isDue { body() }
    }
}
