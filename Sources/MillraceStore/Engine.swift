import Glibc
import Linux

/// The threads behind a ``Database``; they keep the file open until they have ended.
final class Engine: Sendable {
    let writer: GroupWriter
    let readers: ReaderPool
    private let threads: [WorkerThread]
    private let identities: Locked<[pthread_t]>

    init(
        writer connection: sending Connection, readers connections: sending [Connection],
        ownership: OwnershipLock?, options: DatabaseOptions
    ) throws(StoreError) {
        let writer = GroupWriter(options: options)
        let readers = ReaderPool(options: options)
        let identities = Locked<[pthread_t]>([])
        var threads: [WorkerThread] = []
        do throws(SystemError) {
            for connection in connections {
                nonisolated(unsafe) let connection = connection
                threads.append(
                    try WorkerThread("store-reader") {
                        identities.withLock { $0.append(pthread_self()) }
                        withExtendedLifetime(ownership) { readers.run(connection) }
                    })
            }
            nonisolated(unsafe) let connection = connection
            threads.append(
                try WorkerThread("store-writer") {
                    identities.withLock { $0.append(pthread_self()) }
                    withExtendedLifetime(ownership) { writer.run(connection) }
                })
        } catch {
            readers.stop()
            for thread in threads { thread.join() }
            throw StoreError(.other, "\(error)")
        }
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

    /// Lets the threads finish what waits and waits for their end.
    func close() {
        precondition(!isOwnThread, "the database cannot be closed from its own thread")
        stop()
        for thread in threads { thread.join() }
    }

    private func stop() {
        readers.stop()
        writer.stop()
    }
}
