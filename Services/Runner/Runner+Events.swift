import Linux
import MillraceProtocol
import MillraceStore

/// Events, taken to the dispatcher, and what it wants written.
extension Runner {
    func now() -> Dispatcher.Now {
        Dispatcher.Now(wall: time.wall(), boot: time.boot())
    }

    /// Takes an event to the dispatcher and carries out what it wants, in order, never blocking.
    func handle(_ event: Dispatcher.Event) {
        let mine = state.withLock { state in
            state.dispatcher.handle(event, now: now(), &state.effects)
            defer { state.performing = true }
            return !state.performing
        }
        guard mine else { return }
        // Two arrays take turns.
        var batch: [Effect] = []
        while state.withLock({ $0.takeEffects(into: &batch) }) {
            for effect in batch { perform(effect) }
            batch.removeAll(keepingCapacity: batch.capacity <= 1024)
        }
        let (wait, quiet) = state.withLock { state in
            (state.dispatcher.nextTick(after: now()), state.dispatcher.leases.isEmpty ? state.quiet : nil)
        }
        if let wait { alarm.ring(in: wait) }
        quiet?.finish()
    }

    /// Tells the dispatcher and those who watch what a transaction brought about besides what it was for.
    func absorb(_ changes: Changes) {
        for lane in changes.created {
            live.add(lane)
            instruments.came(lane)
        }
        for view in changes.ended { ended(JobDetail(job: view)) }
        if let next = changes.nextScheduled { handle(.jobScheduled(next)) }
        if !changes.lanes.isEmpty { handle(.lanesReady(changes.lanes)) }
    }

    // MARK: Writing

    /// Writes what may be lost: no work is.
    func note(_ what: String, _ body: @escaping @Sendable (Connection) throws -> Void) {
        store.submit(.crash, body) { [log] result in
            if case .failure(let error) = result { log.error("\(what) was not written, continuing: \(error)") }
        }
    }

    /// Writes what the course of a job depends on, as often as it takes: once a second until the disk takes it.
    func persist<T: Sendable>(
        _ what: String, _ durability: JobDurability, _ body: @escaping @Sendable (Connection) throws -> T,
        then: @escaping @Sendable (T) -> Void
    ) {
        store.submit(durability.ofStore, body) { [self] result in
            switch result {
            case .success(let value): then(value)
            case .failure(let error):
                if (error as? StoreError)?.kind == .closed { return }
                log.error("\(what) was not written, trying again: \(error)")
                state.withLock { $0.unwritten.append { [self] in persist(what, durability, body, then: then) } }
                alarm.ring(in: .seconds(1)) { [weak self] in self?.rewrite() }
            }
        }
    }

    private func rewrite() {
        let waiting = state.withLock { state in
            defer { state.unwritten.removeAll() }
            return state.unwritten
        }
        for write in waiting { write() }
    }
}
