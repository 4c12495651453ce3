import Linux

/// Wakes thread transports at their instants: one thread for all of a process, started with the first wish.
final class Alarms: Sendable {
    static let shared = Alarms()

    private struct Entry {
        var instant: Duration
        weak var transport: ThreadTransport?
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var thread: WorkerThread?
    }

    private let state = Monitor(State())

    /// Keeps the earlier of the transport's wishes.
    func wake(_ transport: ThreadTransport, after delay: Duration) {
        let instant = SystemTime().boot() + delay
        state.withLock(notify: true) { state in
            let earlier = state.entries[ObjectIdentifier(transport)].map { min($0.instant, instant) }
            state.entries[ObjectIdentifier(transport)] = Entry(instant: earlier ?? instant, transport: transport)
            if state.thread == nil { state.thread = try? WorkerThread("millrace-alarms") { self.run() } }
        }
    }

    func forget(_ transport: ThreadTransport) {
        state.withLock { _ = $0.entries.removeValue(forKey: ObjectIdentifier(transport)) }
    }

    private func run() {
        while true {
            for transport in due() { transport.session.timePassed() }
        }
    }

    private func due() -> [ThreadTransport] {
        let time = SystemTime()
        var next: Duration?
        let due = state.withLock { state in
            let now = time.boot()
            var due: [ThreadTransport] = []
            for (key, entry) in state.entries {
                if entry.instant <= now {
                    state.entries[key] = nil
                    if let transport = entry.transport { due.append(transport) }
                } else {
                    next = min(next ?? entry.instant, entry.instant)
                }
            }
            return due
        }
        if !due.isEmpty { return due }
        let seen = next
        // Woken by any wish that is earlier than what was seen, or at that instant.
        _ = state.wait(timeout: seen.map { max(.zero, $0 - time.boot()) }) { state -> Bool? in
            let earliest = state.entries.values.map(\.instant).min()
            return earliest != seen ? true : nil
        }
        return []
    }
}
