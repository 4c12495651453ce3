import Linux

@testable import MillraceStore

/// A folder for one test's files, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws { path = try Files.makeTemporaryDirectory("millrace-store") }

    deinit { try? Files.removeTree(path) }

    subscript(name: String) -> String { "\(path)/\(name)" }
}

let entrySchema = [
    Migration(
        version: 1, name: "entry",
        sql:
            "CREATE TABLE entry (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER CHECK (size >= 0)) STRICT"
    )
]

extension Connection {
    func insert(_ name: String) throws { try run("INSERT INTO entry (name) VALUES (?)", .text(name)) }

    func names() throws -> [String] { try query("SELECT name FROM entry ORDER BY id") { $0.text(0) } }
}
