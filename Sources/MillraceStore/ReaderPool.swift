import Linux

/// Read-only connections, each on its own thread, sharing one queue. Each body sees one snapshot.
final class ReaderPool: @unchecked Sendable {
    private struct State {
        var pending: [PendingWork] = []
        /// How many of them, from the front, are taken.
        var taken = 0
        var isStopping = false
    }

    private let options: DatabaseOptions
    private let state = Monitor(State())

    init(options: DatabaseOptions) { self.options = options }

    func submit(_ work: PendingWork) {
        guard work.enqueue() else { return work.fail(CancellationError()) }
        let limit = options.pendingLimit
        let refused: StoreError? = state.withLock(notify: true) { state in
            if state.isStopping { return StoreError(.closed, "the database is closed") }
            if state.pending.count - state.taken >= limit { return StoreError(.busy, "\(limit) reads wait already") }
            state.pending.append(work)
            return nil
        }
        if let refused, work.claim() { work.fail(refused) }
    }

    /// Refuses new work; what waits is still done.
    func stop() { state.withLock(notify: true) { $0.isStopping = true } }

    /// A thread's life.
    func run(_ connection: Connection) { run { _ in connection } }

    /// The same with a connection that is asked for before each read, by the one there was.
    func run(_ connect: (Connection?) throws -> Connection) {
        var kept: Connection?
        options.meters?.readerCame()
        defer { options.meters?.readerWent() }
        while let work = next() {
            guard work.claim() else { continue }
            let connection: Connection
            do {
                connection = try connect(kept)
            } catch {
                kept = nil
                work.fail(error)
                continue
            }
            kept = connection
            connection.current = work
            options.meters?.isBusy(true)
            let failure = perform(work, connection)
            options.meters?.isBusy(false)
            connection.current = nil
            if let failure { work.fail(failure) } else { work.succeed() }
        }
    }

    private func perform(_ work: PendingWork, _ connection: Connection) -> (any Error)? {
        defer { connection.rollBack() }
        do {
            try connection.control("BEGIN")
            try work.run(connection)
            return nil
        } catch let error as StoreError where error.kind == .interrupted {
            return CancellationError()
        } catch let error as StoreError {
            return options.heard(error)
        } catch {
            return error
        }
    }

    /// The next in order; nil when stopped and nothing is left.
    private func next() -> PendingWork? {
        state.wait { state -> PendingWork?? in
            if state.taken < state.pending.count {
                state.taken += 1
                let work = state.pending[state.taken - 1]
                if state.taken == state.pending.count || state.taken > 1000 {
                    state.pending.removeFirst(state.taken)
                    state.taken = 0
                }
                return .some(work)
            }
            return state.isStopping ? .some(nil) : nil
        } ?? nil
    }
}
