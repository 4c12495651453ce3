import Foundation
import Linux
import MillraceStore

/// Processor time for a page of a database that is read from its file, and for one that is changed and copied back into it,
/// with checksums and without: nanoseconds. All of it is in the kernel's memory.
struct PageTimes: Encodable {
    var read: Double
    var read_bare: Double
    var write: Double
    var write_bare: Double
    var pages: Int

    private static let schema = """
        CREATE TABLE row (id INTEGER PRIMARY KEY, count INTEGER NOT NULL, text TEXT NOT NULL) STRICT
        """

    init(folder: String, rows: Int, rounds: Int) throws {
        let (sealed, bare) = ("\(folder)/sealed.sqlite", "\(folder)/bare.sqlite")
        // A file that another program has made keeps none.
        let maker = Process()
        maker.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        maker.arguments = [bare, "PRAGMA journal_mode = WAL; \(Self.schema); PRAGMA user_version = 1"]
        maker.standardOutput = FileHandle.nullDevice
        try maker.run()
        maker.waitUntilExit()
        for path in [sealed, bare] { try Self.fill(path, rows: rows) }
        guard try DatabaseFile(sealed).hasChecksums(), try !DatabaseFile(bare).hasChecksums() else {
            throw CocoaError(.fileReadCorruptFile)
        }
        let count = Int(try DatabaseFile(sealed).size().bytes / 4096)
        var times: [[Double]] = Array(repeating: [], count: 4)
        for _ in 0..<rounds {
            times[0].append(try Self.read(sealed))
            times[1].append(try Self.read(bare))
            times[2].append(try Self.write(sealed))
            times[3].append(try Self.write(bare))
        }
        let medians = times.map { median($0) / Double(count) }
        pages = count
        (read, read_bare, write, write_bare) = (medians[0], medians[1], medians[2], medians[3])
    }

    private static func open(_ path: String) throws -> Database {
        try Database.open(path, migrations: [Migration(version: 1, name: "row", sql: schema)], durability: .crash)
    }

    /// Some four rows to a page.
    private static func fill(_ path: String, rows: Int) throws {
        let database = try open(path)
        defer { database.close() }
        try database.writeBlocking(.crash) { db in
            for number in 0..<rows {
                try db.run(
                    "INSERT INTO row (count, text) VALUES (?, ?)", 0,
                    .text("\(number) " + String(repeating: "x", count: 900)))
            }
        }
    }

    private static func read(_ path: String) throws -> Double {
        let database = try open(path)
        defer { database.close() }
        return try database.readBlocking { db in
            let start = threadTime()
            let sum = try db.first("SELECT sum(count) FROM row") { $0.int(0) }
            precondition(sum != nil)
            return threadTime() - start
        }
    }

    /// Until the log is copied back, by the last who has the file open.
    private static func write(_ path: String) throws -> Double {
        let start = processTime()
        let database = try open(path)
        try database.writeBlocking(.crash) { try $0.run("UPDATE row SET count = count + 1") }
        database.close()
        return processTime() - start
    }
}
