import Glibc
import Linux
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
        let descriptor = try Self.opened(path)
        let lines = Self.lines(descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            let holder = lines.first.flatMap { Int32($0) }
            let who = holder.map { "process \($0)" } ?? "another process"
            throw StoreError(.inUse(holder: holder), "\(path) is in use by \(who)")
        }
        self.descriptor = descriptor
        hasSeenDatabase = Self.saysDatabase(descriptor)
        notesDatabase = Atomic(hasSeenDatabase)
        write(owner: "\(getpid())")
    }

    deinit {
        write(owner: "")
        close(descriptor)
    }

    /// Makes the file if there is none.
    private static func opened(_ path: String) throws(StoreError) -> Int32 {
        let lock = path + ".lock"
        let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(.cannotOpen, "\(lock): \(String(cString: strerror(errno)))")
        }
        giveToService(descriptor, database: path)
        return descriptor
    }

    /// Whether a database at this path was noted, by an owner or by ``noteDatabase(_:)``.
    static func hasSeenDatabase(_ path: String) -> Bool {
        let descriptor = open(path + ".lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return saysDatabase(descriptor)
    }

    /// Notes a database that has no owner: many may have it open.
    static func noteDatabase(_ path: String) throws(StoreError) {
        guard !hasSeenDatabase(path) else { return }
        let descriptor = try opened(path)
        defer { close(descriptor) }
        write("\n" + databaseLine, to: descriptor)
    }

    private static func saysDatabase(_ descriptor: Int32) -> Bool {
        lines(descriptor).dropFirst().first == databaseLine.dropLast()
    }

    /// What root makes in a service's folder is the service's: one of root's would keep it from starting.
    private static func giveToService(_ descriptor: Int32, database path: String) {
        var (lock, folder) = (stat(), stat())
        guard geteuid() == 0, fstat(descriptor, &lock) == 0, stat(Files.parent(path), &folder) == 0,
            lock.st_uid == 0, folder.st_uid != 0
        else { return }
        fchown(descriptor, folder.st_uid, folder.st_gid)
    }

    /// There is a database now.
    func noteDatabase() {
        guard !notesDatabase.exchange(true, ordering: .relaxed) else { return }
        write(owner: "\(getpid())")
    }

    private func write(owner: String) {
        Self.write("\(owner)\n" + (notesDatabase.load(ordering: .relaxed) ? Self.databaseLine : ""), to: descriptor)
    }

    private static func write(_ text: String, to descriptor: Int32) {
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
