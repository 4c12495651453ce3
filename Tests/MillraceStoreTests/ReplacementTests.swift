import Glibc
import Linux
import TestSupport
import Testing

@testable import MillraceStore

/// Databases that are put in the place of others: all of them or none.
struct ReplacementTests {
    private let folder = TemporaryDirectory()
    private let names = ["first", "second"]

    /// Two databases with an old entry and a newer one in the log, and backups of both that hold the old one.
    private init() async throws {
        try await check(["mkdir", folder.file("backup"), folder.file("data")])
        for name in names {
            let database = try Database.open(target(name).path, migrations: entrySchema)
            try await database.insert("old")
            try DatabaseFile.copy([(target(name), backup(name).path)])
            try await database.insert("newer")
            // As after a kill.
            for ending in ["", "-wal"] {
                try await check(["cp", database.path + ending, folder.file("left\(ending)")])
            }
            database.close()
            for ending in ["", "-wal"] {
                try await check(["mv", folder.file("left\(ending)"), database.path + ending])
            }
        }
    }

    private func backup(_ name: String) -> DatabaseFile { DatabaseFile(folder.file("backup/\(name).sqlite")) }
    private func target(_ name: String) -> DatabaseFile { DatabaseFile(folder.file("data/\(name).sqlite")) }
    private var pairs: [(file: DatabaseFile, target: DatabaseFile)] { names.map { (backup($0), target($0)) } }
    private var data: [String] { get throws { try Files.list(folder.file("data")) } }

    private func entries(_ path: String) async throws -> [String] {
        let database = try Database.open(path, migrations: entrySchema)
        defer { database.close() }
        return try await database.names()
    }

    private func unfinished() throws -> Replacement? { try Replacement.unfinished(in: [folder.file("data")]) }

    @Test func whatIsReplacedIsKeptWithItsLog() async throws {
        let kept = try Replacement.prepare(pairs, keepingIn: "kept").finish()
        #expect(kept == [folder.file("data/kept")])
        #expect(try data == ["first.sqlite", "kept", "second.sqlite"])
        for name in names {
            #expect(try await entries(target(name).path) == ["old"])
            #expect(try await entries("\(kept[0])/\(name).sqlite") == ["old", "newer"])
        }
        #expect(try unfinished() == nil)
    }

    /// Each of the moments at which it may be broken off.
    @Test(arguments: 0...2) func oneThatWasBrokenOffKeepsAllFromBeingUsedUntilItIsFinished(steps: Int) async throws {
        let replacement = try Replacement.prepare(pairs, keepingIn: "kept")
        for target in replacement.targets.prefix(steps) { try replacement.put(target) }
        for name in names {
            let opened = #expect(throws: StoreError.self) {
                try Database.open(target(name).path, migrations: entrySchema)
            }
            #expect(opened?.kind == .unfinishedRestore && opened?.exitCode == .configuration)
            #expect(opened?.message.contains("`millctl restore`") == true)
            let seen = #expect(throws: StoreError.self) { try target(name).version() }
            #expect(seen?.kind == .unfinishedRestore)
        }
        let again = #expect(throws: StoreError.self) { try Replacement.prepare(pairs, keepingIn: "other") }
        #expect(again?.kind == .unfinishedRestore)

        #expect(try #require(try unfinished()).finish() == [folder.file("data/kept")])
        for name in names {
            #expect(try await entries(target(name).path) == ["old"])
            #expect(try await entries(folder.file("data/kept/\(name).sqlite")) == ["old", "newer"])
        }
        #expect(try unfinished() == nil)
    }

    /// Between the old file's going and the new one's coming.
    @Test func aMomentWithoutTheFileIsNoEndOfIt() async throws {
        let replacement = try Replacement.prepare(pairs, keepingIn: "kept")
        for ending in ["-wal", ""] {
            try Files.rename(target("first").path + ending, to: folder.file("data/kept/first.sqlite\(ending)"))
        }
        try replacement.finish()
        #expect(try await entries(target("first").path) == ["old"])
        #expect(try await entries(folder.file("data/kept/first.sqlite")) == ["old", "newer"])
    }

    /// Somebody tidied up.
    @Test func oneWhoseCopyIsGoneIsNotTakenForFinished() throws {
        _ = try Replacement.prepare(pairs, keepingIn: "kept")
        for path in [target("second").path, target("second").path + ".restored"] { try Files.remove(path) }
        let replacement = try #require(try unfinished())
        let error = #expect(throws: StoreError.self) { try replacement.finish() }
        #expect(error?.kind == .missing && error?.message.contains(folder.file("data/kept")) == true)
        #expect(try unfinished() == replacement)
    }

    /// The services may write the journal, and root goes by it.
    @Test(arguments: [
        #"{"targets":["/etc/ld.so.preload"],"keptName":"kept"}"#, #"{"targets":["DATA/../x"],"keptName":"kept"}"#,
        #"{"targets":["DATA/below/x"],"keptName":"kept"}"#, #"{"targets":["DATA/.."],"keptName":"kept"}"#,
        #"{"targets":["DATA/x"],"keptName":"../kept"}"#, #"{"targets":["DATA/x"],"keptName":""}"#,
    ])
    func aJournalNamesNothingElse(_ text: String) throws {
        let journal = text.split(separator: "DATA", omittingEmptySubsequences: false)
            .joined(separator: folder.file("data"))
        folder.write(journal, to: "data/\(Replacement.journalName)")
        let error = #expect(throws: StoreError.self) { try unfinished() }
        #expect(error?.kind == .corrupt && error?.message.contains(Replacement.journalName) == true)
    }

    @Test func oneThatCannotBePreparedChangesNothing() async throws {
        let before = try data
        let log = contents(of: target("first").path + "-wal")
        try Files.remove(backup("second").path)
        #expect(throws: StoreError.self) { try Replacement.prepare(pairs, keepingIn: "kept") }
        #expect(try data.filter { !$0.hasSuffix("-shm") } == before)
        #expect(contents(of: target("first").path + "-wal") == log)
        for name in names { #expect(try await entries(target(name).path) == ["old", "newer"]) }
    }

    @Test func theModeIsThatOfWhatWasThereElseTheOwnersAlone() throws {
        chmod(target("first").path, 0o640)
        for ending in ["", "-wal"] { try Files.remove(target("second").path + ending) }
        try Replacement.prepare(pairs, keepingIn: "kept").finish()
        #expect(mode(of: target("first").path) == 0o640)
        #expect(mode(of: target("second").path) == 0o600)
        #expect(mode(of: folder.file("data/kept")) == 0o700)
    }

    @Test(.enabled(if: geteuid() == 0, "not root")) func rootGivesWhatItMakesToTheOwner() throws {
        let (user, group) = (uid_t(12_345), gid_t(23_456))
        chown(folder.file("data"), user, group)
        chown(target("first").path, user, group)
        try Files.remove(target("second").path)
        _ = try target("first").own()
        try Replacement.prepare(pairs, keepingIn: "kept").finish()
        for name in ["first.sqlite", "second.sqlite", "first.sqlite.lock", "kept"] {
            var status = stat()
            #expect(stat(folder.file("data/\(name)"), &status) == 0)
            #expect(status.st_uid == user && status.st_gid == group, "\(name)")
        }
    }

    @Test func aJournalThatDoesNotReadIsNamed() throws {
        folder.write("{", to: "data/\(Replacement.journalName)")
        let error = #expect(throws: StoreError.self) { try unfinished() }
        #expect(error?.kind == .corrupt && error?.message.contains(Replacement.journalName) == true)
    }
}
