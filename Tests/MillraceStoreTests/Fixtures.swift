import Glibc
import Linux
import TestSupport

@testable import MillraceStore

let entrySchema = [
    Migration(
        version: 1, name: "entry",
        sql: """
            CREATE TABLE entry (
                id INTEGER PRIMARY KEY,
                name TEXT NOT NULL UNIQUE,
                size INTEGER CHECK (size >= 0)
            ) STRICT
            """)
]

extension Connection {
    func insert(_ name: String) throws { try run("INSERT INTO entry (name) VALUES (?)", .text(name)) }

    func names() throws -> [String] { try query("SELECT name FROM entry ORDER BY id") { $0.text(0) } }
}

extension Database {
    static func entries(
        in folder: TemporaryDirectory, durability: Durability = .disk, readers: Int = 1, exclusive: Bool = false,
        disk: FaultyDisk? = nil, _ adjust: (inout DatabaseOptions) -> Void = { _ in }
    ) throws(StoreError) -> Database {
        var options = DatabaseOptions()
        options.vfs = disk?.name
        adjust(&options)
        return try open(
            folder.file("entries.sqlite"), migrations: entrySchema, durability: durability, readers: readers,
            exclusive: exclusive, options: options)
    }

    func insert(_ name: String, _ durability: Durability = .disk) async throws {
        try await write(durability) { try $0.insert(name) }
    }

    func names() async throws -> [String] { try await read { try $0.names() } }

    /// Holds the writer in a transaction of its own until the gate is opened, so that what is written meanwhile becomes
    /// one batch.
    func holdWriter() async throws -> Gate {
        let gate = Gate()
        submit({ _ in gate.pass() }, completion: { _ in })
        try await gate.reached()
        return gate
    }
}

/// The permissions of a file; nil where there is none.
func mode(of path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
}

/// Where a body on a thread of the store waits for a test.
final class Gate: Sendable {
    private let isOpen = Monitor(false)
    private let isReached = Watched(false)

    /// On the store's thread: tells of its arrival and blocks until the gate is open.
    func pass() {
        isReached.update { $0 = true }
        _ = isOpen.wait { $0 ? true : nil }
    }

    func reached() async throws { try await isReached.wait(for: "a body at the gate") { $0 } }

    func open() { isOpen.withLock(notify: true) { $0 = true } }
}

/// The outcomes of submitted writes, in the order in which they were heard.
final class Outcomes: Sendable {
    private let heard = Watched<[(name: String, error: String?)]>([])

    func hear<T>(_ name: String) -> @Sendable (Result<T, any Error>) -> Void {
        { result in
            var error: String?
            if case .failure(let failure) = result { error = "\((failure as? StoreError)?.kind ?? .other)" }
            self.heard.update { $0.append((name, error)) }
        }
    }

    func all(_ count: Int) async throws -> [(name: String, error: String?)] {
        try await heard.wait(for: "\(count) outcomes") { $0.count >= count }
    }
}

/// Runs a blocking body on a thread of its own.
func offPool<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        do {
            _ = try WorkerThread("test") { continuation.resume(with: Result { try body() }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
