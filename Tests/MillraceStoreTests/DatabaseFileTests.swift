import Linux
import TestSupport
import Testing

@testable import MillraceStore

/// Databases as a tool sees them, while somebody else works with them.
struct DatabaseFileTests {
    private let folder = TemporaryDirectory()

    private func database(_ name: String) throws -> Database {
        try Database.open(folder.file(name), migrations: entrySchema)
    }

    /// Each name is written into the first and, when that is on disk, into the second. So a copy of the second never holds a
    /// name that the copy of the first does not.
    @Test func copiesOfTwoDatabasesAreOfOneMoment() async throws {
        let (first, second) = (try database("first.sqlite"), try database("second.sqlite"))
        let stop = Watched(false)
        let count = Watched(0)
        let writing = Task {
            while !stop.value {
                try await first.insert("entry \(count.value)")
                try await second.insert("entry \(count.value)")
                count.update { $0 += 1 }
            }
        }
        for round in 0..<10 {
            try await count.wait(for: "writes") { $0 >= 5 * round }
            let copies = [folder.file("copy-1.sqlite"), folder.file("copy-2.sqlite")]
            let files = [DatabaseFile(first.path), DatabaseFile(second.path)]
            try await offPool { try DatabaseFile.copy(Array(zip(files, copies).map { (file: $0, target: $1) })) }
            let counts = try copies.map { path in
                let database = try Database.open(path, migrations: entrySchema)
                defer { database.close() }
                return try database.readBlocking { try $0.names() }.count
            }
            #expect(counts[0] - counts[1] == 0 || counts[0] - counts[1] == 1, "\(counts)")
        }
        stop.update { $0 = true }
        try await writing.value
        #expect(try DatabaseFile(first.path).problems() == [])
    }

    @Test func aVacuumGivesRoomBackWhileTheDatabaseIsOpen() async throws {
        let database = try database("large.sqlite")
        try await database.write { db in
            for number in 0..<2000 { try db.insert("entry \(number) " + String(repeating: "x", count: 500)) }
        }
        try await database.write { try $0.run("DELETE FROM entry WHERE id > 10") }
        let file = DatabaseFile(database.path)
        let before = try file.size()
        #expect(before.free > before.bytes / 2)

        _ = try await offPool { try file.vacuum(within: .seconds(60)) }

        let after = try file.size()
        #expect(after.free == 0 && after.bytes < before.bytes / 2)
        try await database.insert("one more")
        #expect(try await database.names().count == 11)
    }

    @Test func aVacuumThatTakesTooLongChangesNothing() async throws {
        let database = try database("large.sqlite")
        try await database.write { db in for number in 0..<20_000 { try db.insert("entry \(number)") } }
        let file = DatabaseFile(database.path)
        let error = try await offPool { () -> StoreError? in
            do throws(StoreError) { try file.vacuum(within: .zero) } catch { return error }
            return nil
        }
        #expect(error?.kind == .interrupted)
        try await database.insert("one more")
        #expect(try await database.names().count == 20_001)
        #expect(try file.problems() == [])
    }

    @Test func aNewDatabaseIsItsOwnersAloneWithItsLog() async throws {
        let made = try database("own.sqlite")
        try await made.insert("one")
        try DatabaseFile.copy([(DatabaseFile(made.path), folder.file("copy.sqlite"))])
        for name in ["own.sqlite", "own.sqlite-wal", "copy.sqlite"] { #expect(mode(of: folder.file(name)) == 0o600) }
    }

    @Test func whoOwnsAFileKeepsOthersOut() throws {
        let owner = try Database.open(folder.file("own.sqlite"), migrations: entrySchema, exclusive: true)
        let error = #expect(throws: StoreError.self) { _ = try DatabaseFile(owner.path).own() }
        guard case .inUse = error?.kind else { return #expect(Bool(false), "\(String(describing: error))") }
    }
}
