import CSQLite
import Linux
import Synchronization

/// The one writer: a thread that takes all bodies that wait, runs them in one transaction, and answers after its commit.
/// While it commits, the next batch gathers; there is no other delay.
///
/// When one of the express ``Turn`` comes while usual ones run, these get their slice of time and the transaction ends. The
/// next is that of the express ones alone; the one after it is shared again, so that neither waits for ever.
final class GroupWriter: @unchecked Sendable {
    private struct State {
        var usual: [PendingWork] = []
        var express: [PendingWork] = []
        /// Usual ones that were taken up for a transaction that ended before they began.
        var left = 0
        var pending: Int { usual.count + express.count + left }
        var isStopping = false
        var counts = Database.Statistics()
    }

    private let strongest: Durability
    private let options: DatabaseOptions
    private let answers: Answers
    private let state = Monitor(State())
    /// Whether ``State/express`` holds something.
    private let expressWaits = Atomic(false)
    private let time = SystemTime()
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
            now.pending = state.pending
            return now
        }
    }

    /// Answers on this thread at once when the work is refused, else on the writer's thread.
    func submit(_ work: PendingWork) {
        guard work.enqueue() else { return work.fail(CancellationError()) }
        let limit = options.pendingLimit
        let refused: StoreError? = state.withLock(notify: true) { state in
            if state.isStopping { return StoreError(.closed, "the database is closed") }
            if state.pending >= limit { return StoreError(.busy, "\(limit) writes wait already") }
            switch work.turn {
            case .usual: state.usual.append(work)
            case .express:
                state.express.append(work)
                expressWaits.store(true, ordering: .relaxed)
            }
            return nil
        }
        if let refused, work.claim() { work.fail(refused) }
    }

    /// Refuses new work; what waits is still done.
    func stop() { state.withLock(notify: true) { $0.isStopping = true } }

    /// The thread's life.
    func run(_ connection: Connection) {
        var writeback = LogWriteback(of: connection)
        var usual = Backlog()
        // Whether the last transaction held usual writes: those of the express turn wait for one such, not for two.
        var wasUsual = false
        while let express = next(&usual) {
            wasUsual = express.isEmpty || !wasUsual
            if let fsyncFailure {
                tell(express + Self.rest(of: &usual), fsyncFailure)
            } else if commit(express, &usual, takesUsual: wasUsual, connection) {
                let handed = writeback.advance(to: connection.walFrames, isSynced: !unsynced)
                if handed > 0 { state.withLock { $0.counts.logBytesHanded += handed } }
                checkpoint(connection)
            }
        }
    }

    /// Waits for writes and takes the express ones, and the usual ones unless there are some from before; nil when stopped
    /// and nothing is left.
    private func next(_ usual: inout Backlog) -> [PendingWork]? {
        let express = state.wait { state -> [PendingWork]? in
            state.left = usual.count
            if usual.isEmpty { usual.take(&state.usual) }
            var express: [PendingWork] = []
            swap(&express, &state.express)
            expressWaits.store(false, ordering: .relaxed)
            return usual.isEmpty && express.isEmpty && !state.isStopping ? nil : express
        }
        guard let express, !(express.isEmpty && usual.isEmpty) else { return nil }
        return express.filter { $0.claim() }
    }

    /// The next that was not withdrawn.
    private static func claimed(_ usual: inout Backlog) -> PendingWork? {
        while let work = usual.next() { if work.claim() { return work } }
        return nil
    }

    private static func rest(of usual: inout Backlog) -> [PendingWork] {
        var rest: [PendingWork] = []
        while let work = claimed(&usual) { rest.append(work) }
        return rest
    }

    /// Begins a transaction that will be as safe as its strongest member wants.
    private func begin(_ batch: [PendingWork], _ connection: Connection) throws(StoreError) {
        try begin(batch.contains { $0.durability == .disk } ? Durability.disk : .crash, connection)
    }

    private func begin(_ wanted: Durability, _ connection: Connection) throws(StoreError) {
        began = options.meters?.now()
        try connection.promise(min(wanted, strongest))
        try connection.control("BEGIN IMMEDIATE")
    }

    private func end(_ connection: Connection) throws(StoreError) {
        let before = connection.logCommits
        try options.lookForFiles()
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

    /// One transaction of the express ones and, unless those are to be alone, of usual ones after them.
    ///
    /// - Returns: false when all of them had been withdrawn.
    private func commit(
        _ express: [PendingWork], _ usual: inout Backlog, takesUsual: Bool, _ connection: Connection
    ) -> Bool {
        let usualOnes = takesUsual ? usual.durability : .crash
        var batch = express
        if takesUsual, let first = Self.claimed(&usual) { batch.append(first) }
        guard !batch.isEmpty else { return false }
        do throws(StoreError) {
            try begin(express.contains { $0.durability == .disk } ? .disk : usualOnes, connection)
        } catch {
            connection.rollBack()
            // Those who wait have waited for it too: nobody has to wait as long again to be told the same.
            fail(takesUsual ? batch + Self.rest(of: &usual) : batch, error)
            return true
        }
        do throws(StoreError) {
            var sliceEnds: Duration?
            var next = 0
            while next < batch.count {
                let work = batch[next]
                next += 1
                if takesUsual, next > express.count, sliceEnds == nil {
                    sliceEnds = time.monotonic() + options.usualSlice
                }
                do { try work.run(connection) } catch { work.failure = error }
                if work.failure != nil || !connection.isInTransaction {
                    connection.rollBack()
                    // As many as would have been in it.
                    while takesUsual, !expressIsThere, let more = Self.claimed(&usual) { batch.append(more) }
                    replay(batch, connection)
                    return true
                }
                guard next == batch.count, let sliceEnds, !expressIsThere || time.monotonic() < sliceEnds else {
                    continue
                }
                if let more = Self.claimed(&usual) { batch.append(more) }
            }
            try end(connection)
            answer(batch, usualIsLeft: !usual.isEmpty)
        } catch {
            connection.rollBack()
            if case .constraint = error.kind { separately(batch, connection) } else { fail(batch, error) }
        }
        return true
    }

    private var expressIsThere: Bool { expressWaits.load(ordering: .relaxed) }

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

    private func answer(_ batch: [PendingWork], usualIsLeft: Bool = false) {
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
        tell(batch, usualIsLeft: usualIsLeft)
    }

    private func tell(_ batch: [PendingWork], _ failure: (any Error)? = nil, usualIsLeft: Bool = false) {
        if let failure { for work in batch { work.failure = failure } }
        answers.give(batch, othersWait: usualIsLeft || state.withLock { $0.pending > 0 }) { self.expressIsThere }
    }

    /// A body that was alone in its transaction did not come through.
    private func refuse(_ work: PendingWork, _ error: any Error) {
        guard let failure = error as? StoreError else { return tell([work], error) }
        let told = options.told(failure)
        if told.concernsAll { fail([work], told) } else { tell([work], told) }
    }

    private func fail(_ batch: [PendingWork], _ error: StoreError) {
        if error.isFsyncFailure { poison(error) }
        let error = options.heard(error)
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
