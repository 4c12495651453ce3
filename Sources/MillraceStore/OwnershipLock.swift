import Glibc
import Synchronization

/// A lock on `<database>.lock` that lives as long as its descriptor.
///
/// The file's first line is the owner's process id, empty when there is none. A second one says, from the first opening on,
/// that there is a database: who finds none then does not begin with an empty one.
final class OwnershipLock: Sendable {
    /// Whether an owner has had the database open before.
    let hasSeenDatabase: Bool
    private let descriptor: Int32
    private let notesDatabase: Atomic<Bool>

    private static let databaseLine = "database\n"

    init(database path: String) throws(StoreError) {
        let lock = path + ".lock"
        let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(.cannotOpen, "\(lock): \(String(cString: strerror(errno)))")
        }
        let lines = Self.lines(descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            let holder = lines.first.flatMap { Int32($0) }
            let who = holder.map { "process \($0)" } ?? "another process"
            throw StoreError(.inUse(holder: holder), "\(path) is in use by \(who)")
        }
        self.descriptor = descriptor
        hasSeenDatabase = Self.lines(descriptor).dropFirst().first == Self.databaseLine.dropLast()
        notesDatabase = Atomic(hasSeenDatabase)
        write(owner: "\(getpid())")
    }

    deinit {
        write(owner: "")
        close(descriptor)
    }

    /// There is a database now.
    func noteDatabase() {
        guard !notesDatabase.exchange(true, ordering: .relaxed) else { return }
        write(owner: "\(getpid())")
    }

    private func write(owner: String) {
        let text = "\(owner)\n" + (notesDatabase.load(ordering: .relaxed) ? Self.databaseLine : "")
        let written = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        if written >= 0 { ftruncate(descriptor, written) }
    }

    private static func lines(_ descriptor: Int32) -> [Substring] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes[..<max(count, 0)], as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }
}
