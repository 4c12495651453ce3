import CSQLite
import Linux

/// The one writer: a thread that takes all bodies that wait, runs them in one transaction, and answers after its commit.
/// While it commits, the next batch gathers; there is no other delay.
final class GroupWriter: @unchecked Sendable {
    private struct State {
        var pending: [PendingWork] = []
        var isStopping = false
        var counts = Database.Statistics()
    }

    private let strongest: Durability
    private let options: DatabaseOptions
    private let answers: Answers
    private let state = Monitor(State())
    // Used by the writer's thread only:
    /// Why nothing is written any more.
    private var fsyncFailure: StoreError?
    /// The length of the log at which readers are waited for.
    private var patienceAt = 0
    /// Whether the disk was full and the log has not given its room back since.
    private var wantsRoom = false
    /// Pages of the log at which it is copied back. On a disk that was full once it has to leave room for the rest.
    private var longest: Int

    /// Whether the log holds commits that no sync has covered.
    private var unsynced = false
    /// When the transaction began; nil where nobody counts.
    private var began: Duration?

    init(durability: Durability, options: DatabaseOptions, answers: Answers) {
        longest = options.checkpointPages
        strongest = durability
        self.options = options
        self.answers = answers
    }

    var statistics: Database.Statistics {
        state.withLock { state in
            var now = state.counts
            now.pending = state.pending.count
            return now
        }
    }

    /// Answers on this thread at once when the work is refused, else on the writer's thread.
    func submit(_ work: PendingWork) {
        guard work.enqueue() else { return work.fail(CancellationError()) }
        let limit = options.pendingLimit
        let refused: StoreError? = state.withLock(notify: true) { state in
            if state.isStopping { return StoreError(.closed, "the database is closed") }
            if state.pending.count >= limit { return StoreError(.busy, "\(limit) writes wait already") }
            state.pending.append(work)
            return nil
        }
        if let refused, work.claim() { work.fail(refused) }
    }

    /// Refuses new work; what waits is still done.
    func stop() { state.withLock(notify: true) { $0.isStopping = true } }

    /// The thread's life.
    func run(_ connection: Connection) {
        var writeback = LogWriteback(of: connection)
        while case let batch = next(), !batch.isEmpty {
            let taken = batch.filter { $0.claim() }
            if let fsyncFailure {
                tell(taken, fsyncFailure)
            } else if !taken.isEmpty {
                commit(taken, connection)
                let handed = writeback.advance(to: connection.walFrames, isSynced: !unsynced)
                if handed > 0 { state.withLock { $0.counts.logBytesHanded += handed } }
                checkpoint(connection)
            }
        }
    }

    /// All that waits; empty when stopped and nothing is left.
    private func next() -> [PendingWork] {
        state.wait { state in
            if state.pending.isEmpty && !state.isStopping { return nil }
            var batch: [PendingWork] = []
            swap(&batch, &state.pending)
            return batch
        } ?? []
    }

    /// Begins a transaction that will be as safe as its strongest member wants.
    private func begin(_ batch: [PendingWork], _ connection: Connection) throws(StoreError) {
        began = options.meters?.now()
        let wanted = batch.contains { $0.durability == .disk } ? Durability.disk : .crash
        try connection.promise(min(wanted, strongest))
        try connection.control("BEGIN IMMEDIATE")
    }

    private func end(_ connection: Connection) throws(StoreError) {
        let before = connection.logCommits
        try connection.control("COMMIT")
        let wrote = connection.logCommits != before
        if connection.promised == .disk {
            // What was read may have been written by commits that are not on disk.
            if unsynced && !wrote { try connection.syncLog() }
            unsynced = false
        } else if wrote {
            unsynced = true
        }
        if wrote, let began { options.meters?.committed(since: began) }
    }

    private func commit(_ batch: [PendingWork], _ connection: Connection) {
        do throws(StoreError) {
            try begin(batch, connection)
            for work in batch {
                do { try work.run(connection) } catch { work.failure = error }
                if work.failure != nil || !connection.isInTransaction {
                    connection.rollBack()
                    return replay(batch, connection)
                }
            }
            try end(connection)
            answer(batch)
        } catch {
            connection.rollBack()
            if case .constraint = error.kind { return separately(batch, connection) }
            fail(batch, error)
        }
    }

    /// Runs each body under a savepoint of its own, so that those which throw fail alone.
    private func replay(_ batch: [PendingWork], _ connection: Connection) {
        if batch.count == 1, let failure = batch[0].failure { return refuse(batch[0], failure) }
        state.withLock { $0.counts.replays += 1 }
        var batch = batch
        do throws(StoreError) {
            try begin(batch, connection)
            while let culprit = try runApart(batch, connection) {
                let work = batch.remove(at: culprit)
                tell([work], work.failure ?? StoreError(.misuse, "the body ended the transaction"))
                try begin(batch, connection)
            }
            try end(connection)
            answer(batch)
        } catch {
            connection.rollBack()
            if case .constraint = error.kind { return separately(batch, connection) }
            fail(batch, error)
        }
    }

    /// The place of a body one of whose statements undid the whole transaction, or nil when it stands.
    private func runApart(_ batch: [PendingWork], _ connection: Connection) throws(StoreError) -> Int? {
        for (index, work) in batch.enumerated() {
            work.failure = nil
            try connection.control("SAVEPOINT body")
            do { try work.run(connection) } catch { work.failure = error }
            guard connection.isInTransaction else {
                if let error = work.failure as? StoreError, error.concernsAll { throw error }
                return index
            }
            if work.failure != nil { try connection.control("ROLLBACK TO body") }
            try connection.control("RELEASE body")
        }
        return nil
    }

    /// One transaction per body: the way when a deferred constraint fails at the commit, which names no culprit.
    private func separately(_ batch: [PendingWork], _ connection: Connection) {
        for work in batch {
            if let fsyncFailure {
                tell([work], fsyncFailure)
                continue
            }
            work.failure = nil
            do {
                try begin([work], connection)
                try work.run(connection)
                try end(connection)
                answer([work])
            } catch {
                connection.rollBack()
                refuse(work, error)
            }
        }
    }

    private func answer(_ batch: [PendingWork]) {
        let done = batch.count { $0.failure == nil }
        options.meters?.wrote(done)
        state.withLock { state in
            state.counts.transactions += 1
            state.counts.commits += done
            state.counts.largestBatch = max(state.counts.largestBatch, batch.count)
            // With savepoints a full disk may have hit some bodies only.
            state.counts.lastFailure =
                done == batch.count
                ? nil : batch.lazy.compactMap { $0.failure as? StoreError }.first { $0.concernsAll }
        }
        tell(batch)
    }

    private func tell(_ batch: [PendingWork], _ failure: (any Error)? = nil) {
        if let failure { for work in batch { work.failure = failure } }
        answers.give(batch, othersWait: state.withLock { !$0.pending.isEmpty })
    }

    /// A body that was alone in its transaction did not come through.
    private func refuse(_ work: PendingWork, _ error: any Error) {
        if let error = error as? StoreError, error.concernsAll { fail([work], error) } else { tell([work], error) }
    }

    private func fail(_ batch: [PendingWork], _ error: StoreError) {
        if error.isFsyncFailure { poison(error) }
        if error.kind == .full {
            wantsRoom = true
            longest = min(longest, 1000)
        }
        options.meters?.failed(batch.count)
        state.withLock { $0.counts.lastFailure = error }
        tell(batch, error)
    }

    private func poison(_ error: StoreError) {
        fsyncFailure = error
        state.withLock { $0.counts.fsyncFailures += 1 }
        options.onFsyncFailure(error)
    }

    /// Copies the log back when it has grown, after the answers are out. SQLite's own automatic checkpoint does the same
    /// before them, and hides its errors.
    private func checkpoint(_ connection: Connection) {
        let pages = connection.walFrames
        guard pages >= longest || wantsRoom else { return }
        // Readers that overlap without pause keep the log from starting anew; now and then they are waited for.
        let large = min(16 * options.checkpointPages, max(4 * options.checkpointPages, 16_000))
        let patiently = pages >= max(large, patienceAt)
        patienceAt = patiently ? pages + large : pages < large ? 0 : patienceAt
        do throws(StoreError) {
            // On a full disk the log is what can be spared, as soon as what it holds has room elsewhere.
            let isWhole = try connection.checkpoint(
                waitingForReaders: patiently || wantsRoom ? options.readerPatience : nil, givingRoomBack: wantsRoom)
            if isWhole { wantsRoom = false }
            state.withLock { $0.counts.checkpoints += 1 }
        } catch {
            // Short of a failed fsync nothing is lost: the log stays, and the next commit tries again.
            if error.isFsyncFailure { poison(error) }
        }
    }
}
