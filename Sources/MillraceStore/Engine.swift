import Glibc
import Linux

/// The threads behind a ``Database``; they keep the file open until they have ended.
final class Engine: Sendable {
    let writer: GroupWriter
    let readers: ReaderPool
    let files: FilesInPlace?
    private let threads: [WorkerThread]
    private let identities: Locked<[pthread_t]>

    private enum Phase { case open, closing, closed }
    private let phase = Monitor(Phase.open)

    init(
        writer connection: sending Connection, readers connections: sending [Connection],
        durability: Durability, ownership: OwnershipLock?, options: DatabaseOptions
    ) throws(StoreError) {
        let answers = Answers(options: options)
        let writer = GroupWriter(durability: durability, options: options, answers: answers)
        let readers = ReaderPool(options: options)
        let identities = Locked<[pthread_t]>([])
        /// An ended thread's identity goes to the next one that starts, so it is forgotten with it.
        @Sendable func known(_ body: () -> Void) {
            let identity = pthread_self()
            identities.withLock { $0.append(identity) }
            body()
            identities.withLock { known in known.removeAll { pthread_equal($0, identity) != 0 } }
        }
        var threads: [WorkerThread] = []
        do throws(SystemError) {
            for connection in connections {
                nonisolated(unsafe) let connection = connection
                threads.append(
                    try WorkerThread("store-reader") {
                        known { withExtendedLifetime(ownership) { readers.run(connection) } }
                    })
            }
            if options.answersAside { threads.append(try WorkerThread("store-answers") { known { answers.run() } }) }
            nonisolated(unsafe) let connection = connection
            threads.append(
                try WorkerThread("store-writer") {
                    known { withExtendedLifetime(ownership) { writer.run(connection) } }
                    answers.stop()
                })
        } catch {
            readers.stop()
            answers.stop()
            for thread in threads { thread.join() }
            throw StoreError(.other, "\(error)")
        }
        files = options.files
        self.writer = writer
        self.readers = readers
        self.threads = threads
        self.identities = identities
    }

    deinit { stop() }

    var isOwnThread: Bool {
        let current = pthread_self()
        return identities.withLock { $0.contains { pthread_equal($0, current) != 0 } }
    }

    /// Lets the threads finish what waits and waits for their end, whoever calls.
    func close() {
        precondition(!isOwnThread, "the database cannot be closed from its own thread")
        let isFirst = phase.withLock { phase in
            guard phase == .open else { return false }
            phase = .closing
            return true
        }
        if isFirst {
            stop()
            for thread in threads { thread.join() }
            phase.withLock(notify: true) { $0 = .closed }
        } else {
            _ = phase.wait { $0 == .closed ? true : nil }
        }
    }

    private func stop() {
        readers.stop()
        writer.stop()
    }
}
