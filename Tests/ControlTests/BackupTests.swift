import Glibc
import Linux
import MillraceProtocol
import MillraceStore
import Schemas
import TestSupport
import Testing

@testable import Control

/// Backups of databases whose services do not run.
struct BackupTests {
    private let folder = TemporaryDirectory()
    private var place: Place { .state(StateDirectory(folder.file("state"))) }
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    /// A suite that has databases but no metrics and no books.
    private init() throws {
        guard case .state(let state) = place else { return }
        try state.create()
        for (name, history) in [
            ("runner", Schemas.runnerMigrations), ("categorizer", Schemas.categorizerMigrations),
            ("scheduler", Schemas.schedulerMigrations),
        ] {
            let migrations = history.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }
            try Database.open("\(state.data)/\(name).sqlite", migrations: migrations).close()
        }
    }

    private func take(_ name: String) throws -> Backup { try Backup.take(at: place, into: folder.file(name), now: now) }

    /// Its problems after a file in it was changed.
    private func problems(_ name: String) throws -> String {
        try Backup(folder.file(name)).problems().joined(separator: "; ")
    }

    /// Once given, never another: files are known by it.
    @Test func whatTellsDatabasesApartIsForEver() {
        #expect(
            Dictionary(uniqueKeysWithValues: SuiteDatabase.all.map { ($0.name, $0.identity) }) == [
                "runner": 66_068_564, "categorizer": -1_777_300_747, "scheduler": -1_986_492_676,
                "metrics": -1_570_691_561, "books": -2_063_148_141,
            ])
    }

    @Test func aBackupSaysWhatItHasAndWhatItHasNot() throws {
        let backup = try take("b")
        #expect(backup.manifest.databases.map(\.name) == ["runner", "categorizer", "scheduler"])
        #expect(backup.manifest.absent == ["metrics", "books"])
        #expect(backup.isSealed && backup.problems().isEmpty)
        #expect(try Backup(folder.file("b")).manifest == backup.manifest)
    }

    @Test(arguments: ["b/", "b//", "./b", "deep/er/b"]) func theFolderMayBeNamedAsAShellNamesIt(name: String) throws {
        _ = try take(name)
        #expect(try Backup(folder.file(name)).problems().isEmpty)
        #expect(try Files.list(Files.parent(folder.file(name))).filter { $0.contains(".partial") } == [])
        #expect(try Backup(folder.file(name)).restore(at: place, now: now).kept.count == 1)
    }

    @Test func whatIsNotTheBackupsIsLeftAlone() throws {
        folder.write("mine", to: "mine")
        try Files.makeDirectory(folder.file("b.partial"))
        try Files.rename(folder.file("mine"), to: folder.file("b.partial/mine"))
        _ = try take("b")
        #expect(text(of: folder.file("b.partial/mine")) == "mine")
        let failure = #expect(throws: Failure.self) { try take("b") }
        #expect(failure?.exit == .cannotCreate)
        #expect(try Files.list(folder.path).sorted() == ["b", "b.partial", "state"])
    }

    @Test func anotherDatabaseUnderTheNameIsRefusedByItsOwn() async throws {
        let backup = try take("b")
        try await check(["cp", folder.file("b/categorizer.sqlite"), folder.file("b/runner.sqlite")])
        #expect(try problems("b").contains("runner: is the database of categorizer"))
        // Nor without the manifest's word.
        #expect(
            try SuiteDatabase.all[0].complaint(of: backup.file(of: backup.manifest.databases[0]))
                == "is the database of categorizer")
    }

    @Test func theSameDatabaseOfAnotherBackupIsRefused() async throws {
        _ = try take("b")
        try await check([
            "sqlite3", folder.file("state/data/scheduler.sqlite"),
            "PRAGMA user_version = \(Schemas.schedulerMigrations.count)",
        ])
        try await check(["cp", folder.file("state/data/scheduler.sqlite"), folder.file("b/scheduler.sqlite")])
        #expect(try problems("b").contains("scheduler: "))
    }

    @Test func aFileThatIsLongerOrIsNotThereIsRefused() async throws {
        _ = try take("b")
        try await check(["truncate", "--size=+4096", folder.file("b/runner.sqlite")])
        #expect(try problems("b").contains("runner: has "))
        try Files.remove(folder.file("b/runner.sqlite"))
        #expect(try problems("b").contains("runner: "))
    }

    @Test func aBackupOfBeforeFilesWereNotedIsTaken() throws {
        let backup = try take("b")
        let entries = backup.manifest.databases.map {
            "{\"name\":\"\($0.name)\",\"schema\":\($0.schema),\"bytes\":\($0.bytes)}"
        }
        folder.write(
            "{\"version\":\"1.0\",\"takenAt\":\"2026-11-20T00:00:00Z\",\"databases\":[\(entries.joined(separator: ","))]}",
            to: "b/backup.json")
        let older = try Backup(folder.file("b"))
        #expect(!older.isSealed && older.problems().isEmpty)
        #expect(
            try older.restore(at: place, now: now).kept == [
                folder.file("state/data/before-restore-\(now.milliseconds)")
            ])
    }

    @Test func aRestoreFinishesTheOneThatWasBrokenOff() throws {
        let backup = try take("b")
        let pairs = SuiteDatabase.present(at: place).map { database, file in
            (file: DatabaseFile(folder.file("b/\(database.fileName)")), target: file)
        }
        #expect(try Restoration.finish(at: place) == nil)
        _ = try Replacement.prepare(pairs, keepingIn: "first")
        let restoration = try backup.restore(at: place, now: now)
        #expect(restoration.finished)
        #expect(restoration.kept.map { Files.name($0) } == ["first", "before-restore-\(now.milliseconds)"])
        _ = try Replacement.prepare(pairs, keepingIn: "second")
        #expect(try #require(try Restoration.finish(at: place)).kept.map { Files.name($0) } == ["second"])
        #expect(SuiteDatabase.present(at: place).count == 3)
    }

    /// Where somebody keeps the books may say who he is.
    @Test func theDoctorNamesDatabasesByTheirNames() async throws {
        chmod(folder.file("state/data/runner.sqlite"), 0o644)
        chmod(folder.file("state/data/scheduler.sqlite"), 0o640)
        let findings = await Doctor(place: place, now: now, settings: []).findings()
        let modes = findings.filter { $0.subject.hasPrefix("file of ") }
        #expect(modes.map(\.subject) == ["file of runner", "file of scheduler"])
        #expect(modes.map(\.verdict) == [.fail, .warn])
        #expect(modes.map(\.advice).allSatisfy { $0?.hasPrefix("chmod g") == true })
    }
}
