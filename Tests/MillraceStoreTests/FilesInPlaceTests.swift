import Glibc
import Linux
import TestSupport
import Testing

@testable import MillraceStore

@Suite struct FilesInPlaceTests {
    private let folder = TemporaryDirectory()
    private var path: String { folder.file("entries.sqlite") }

    private func opened(_ losses: Locked<[StoreError]>) throws -> Database {
        try Database.entries(in: folder) { $0.onLoss = { error in losses.withLock { $0.append(error) } } }
    }

    @Test(arguments: ["", "-wal"]) func nothingIsWrittenIntoAFileThatWasMovedAway(suffix: String) async throws {
        let losses = Locked<[StoreError]>([])
        let database = try opened(losses)
        try await database.insert("before")
        #expect(rename(path + suffix, path + ".away") == 0)
        let error = await #expect(throws: StoreError.self) { try await database.insert("during") }
        #expect(error?.kind == .moved && error?.message.contains(path + suffix) == true)
        #expect(losses.withLock { $0.map(\.kind) } == [.moved])
        #expect(losses.withLock { $0.first?.file } == path)
        // Put back in its place, it goes on.
        #expect(rename(path + ".away", path + suffix) == 0)
        try await database.insert("after")
        #expect(try await database.names() == ["before", "after"])
        database.close()
    }

    @Test func nothingIsWrittenBesideAFileThatTookTheOthersPlace() async throws {
        let database = try opened(Locked([]))
        try await database.insert("before")
        try writeFile(try #require(contents(of: path)), to: path + ".copy")
        #expect(rename(path + ".copy", path) == 0)
        let error = await #expect(throws: StoreError.self) { try await database.insert("during") }
        #expect(error?.kind == .moved)
        database.close()
    }

    @Test func whatWasEmptiedAndTakenAwayIsNotCalledDamaged() async throws {
        let losses = Locked<[StoreError]>([])
        let database = try opened(losses)
        for number in 0..<200 { try await database.insert("entry \(number)") }
        for suffix in ["", "-wal"] {
            truncate(path + suffix, 0)
            unlink(path + suffix)
        }
        let read = await #expect(throws: StoreError.self) { try await database.names() }
        #expect(read?.kind == .moved)
        #expect(losses.withLock { $0.allSatisfy { $0.kind == .moved } && !$0.isEmpty })
        database.close()
    }

    @Test func aServiceEndsWhenItsFileIsMovedAway() async throws {
        await #expect(processExitsWith: .exitCode(74)) { [path = folder.path as String] in
            var options = DatabaseOptions()
            options.onLoss = DatabaseOptions.endingOnLoss
            let database = try Database.open("\(path)/entries.sqlite", migrations: entrySchema, options: options)
            precondition(rename("\(path)/entries.sqlite", "\(path)/away") == 0)
            try await database.insert("lost")
        }
    }

    @Test func aDatabaseThatWasThereIsNotMadeAnew() async throws {
        let first = try Database.entries(in: folder, exclusive: true)
        try await first.insert("kept")
        first.close()
        #expect(rename(path, path + ".away") == 0)
        for _ in 0..<2 {
            let error = #expect(throws: StoreError.self) { try Database.entries(in: folder, exclusive: true) }
            #expect(error?.kind == .cannotOpen)
            #expect(error?.message.contains("\(path).lock") == true, "it says what to do")
            #expect(!Files.exists(path))
        }
        #expect(rename(path + ".away", path) == 0)
        let again = try Database.entries(in: folder, exclusive: true)
        #expect(try await again.names() == ["kept"])
        again.close()

        for suffix in ["", ".lock"] { try Files.remove(path + suffix) }
        let anew = try Database.entries(in: folder, exclusive: true)
        #expect(try await anew.names() == [])
        anew.close()
    }

    /// One that many may have open, the books for instance.
    @Test func aNotedDatabaseWithoutAnOwnerIsNotMadeAnewEither() async throws {
        func open() throws -> Database { try Database.open(path, migrations: entrySchema, isNoted: true) }
        let first = try open()
        let second = try open()
        try await first.insert("kept")
        #expect(first.isInPlace && !DatabaseFile(path).wasHere)
        second.close()
        #expect(rename(path, path + ".away") == 0)
        #expect(!first.isInPlace && DatabaseFile(path).wasHere)
        first.close()
        let error = #expect(throws: StoreError.self) { try open() }
        #expect(error?.kind == .cannotOpen && error?.message.contains("\(path).lock") == true)
        #expect(!Files.exists(path))
        #expect(rename(path + ".away", path) == 0)
        let again = try open()
        #expect(try await again.names() == ["kept"])
        again.close()
    }

    @Test func aDatabaseThatIsNotToBeMadeIsNot() throws {
        let error = #expect(throws: StoreError.self) {
            try Database.open(path, migrations: entrySchema, isNoted: true, creates: false)
        }
        #expect(error?.kind == .missing && error?.exitCode == .noInput)
        #expect(!Files.exists(path) && !Files.exists(path + ".lock"))
        try Database.open(path, migrations: entrySchema).close()
        try Database.open(path, migrations: entrySchema, isNoted: true, creates: false).close()
    }
}
