import CSQLite
import Linux
import TestSupport
import Testing

@testable import MillraceStore

@Suite struct DiskFaultTests {
    private static let fsyncFailed: Int32 = SQLITE_IOERR | 4 << 8
    private static let writeFailed: Int32 = SQLITE_IOERR | 3 << 8
    private static let readFailed: Int32 = SQLITE_IOERR | 1 << 8
    private static let truncateFailed: Int32 = SQLITE_IOERR | 6 << 8

    /// Writes until all is done, some alone, some in pairs, with checkpoints in between.
    private func work(_ database: Database) async -> (done: [String], errors: [StoreError.Kind]) {
        var done: [String] = []
        var errors: [StoreError.Kind] = []
        for number in 0..<6 {
            let names = number % 3 == 0 ? ["single \(number)"] : ["left \(number)", "right \(number)"]
            let outcomes = Watched<[(String, StoreError.Kind?)]>([])
            for name in names {
                // Both durabilities, alone and together.
                let durability = number % 2 == 0 || name.hasPrefix("left") ? Durability.disk : .crash
                database.submit(
                    durability,
                    { connection in
                        try connection.run(
                            "INSERT INTO entry (name) VALUES (?)", .text(name + String(repeating: " ", count: 3000)))
                    }
                ) { result in
                    var kind: StoreError.Kind?
                    if case .failure(let error) = result { kind = (error as? StoreError)?.kind ?? .other }
                    outcomes.update { $0.append((name, kind)) }
                }
            }
            guard let all = try? await outcomes.wait(for: "outcomes", until: { $0.count == names.count }) else {
                Issue.record("no answer")
                continue
            }
            for (name, kind) in all {
                if let kind { errors.append(kind) } else { done.append(name) }
            }
        }
        return (done, errors)
    }

    private func trimmedNames(_ database: Database) async throws -> [String] {
        try await database.read { try $0.query("SELECT rtrim(name) FROM entry ORDER BY id") { $0.text(0) } }
    }

    struct Trial: Sendable, CustomStringConvertible {
        var operation: FaultyDisk.Operation
        var code: Int32
        var once: Bool
        /// What callers hear; nil for no matter what, as some failures never reach them.
        var kind: StoreError.Kind
        var description: String { "\(operation) fails with \(code)\(once ? " once" : "")" }
    }

    static let trials = [
        Trial(operation: .write, code: SQLITE_FULL, once: false, kind: .full),
        Trial(operation: .write, code: SQLITE_FULL, once: true, kind: .full),
        Trial(operation: .write, code: writeFailed, once: false, kind: .ioError(.other)),
        Trial(operation: .write, code: writeFailed, once: true, kind: .ioError(.other)),
        Trial(operation: .read, code: readFailed, once: true, kind: .ioError(.other)),
        Trial(operation: .truncate, code: truncateFailed, once: false, kind: .ioError(.other)),
    ]

    /// The n-th call fails, for n = 1, 2, 3 … until none does any more.
    @Test(arguments: trials)
    func theNthFailureOfTheDiskCostsNoAcknowledgedRowAndTheDatabaseWorksOn(trial: Trial) async throws {
        var failures = 0
        for n in 0..<1000 {
            let folder = TemporaryDirectory()
            defer { withExtendedLifetime(folder) {} }
            let disk = FaultyDisk()
            let database = try Database.entries(in: folder, disk: disk) { $0.checkpointPages = 5 }
            disk.inject(.init(operation: trial.operation, after: n, code: trial.code, once: trial.once))
            let (done, errors) = await work(database)
            let hits = disk.hits
            disk.inject(nil)
            #expect(errors.allSatisfy { $0 == trial.kind }, "\(trial), \(n): \(errors)")

            try await database.insert("after")
            #expect(try await trimmedNames(database) == done + ["after"])
            database.close()
            let again = try Database.entries(in: folder)
            #expect(try DatabaseFile(again.path).problems() == [])
            #expect(try await trimmedNames(again) == done + ["after"])
            again.close()
            failures += errors.count
            if hits == 0 { break }
            try #require(n < 999, "the trial has no end")
        }
        if trial.operation == .write { #expect(failures > 0) }
    }

    @Test func theLastFailureIsKnownUntilAWriteGoesWell() async throws {
        let folder = TemporaryDirectory()
        defer { withExtendedLifetime(folder) {} }
        let disk = FaultyDisk()
        let database = try Database.entries(in: folder, disk: disk)
        try await database.insert("before")
        #expect(database.statistics.lastFailure == nil)
        disk.inject(.init(operation: .write, after: 0, code: SQLITE_FULL))
        for durability in [Durability.disk, .crash] {
            await #expect(throws: StoreError.self) { try await database.insert("too much", durability) }
            #expect(database.statistics.lastFailure?.kind == .full)
        }
        disk.inject(nil)
        // A body that fails by its own fault says nothing about the disk.
        await #expect(throws: StoreError.self) { try await database.insert("before") }
        #expect(database.statistics.lastFailure?.kind == .full)
        try await database.insert("after")
        #expect(database.statistics.lastFailure == nil)
        #expect(try await database.names() == ["before", "after"])
    }

    @Test func aFailedSyncCallsTheHookAndNothingIsWrittenAfterIt() async throws {
        var failed = 0
        for n in 0..<1000 {
            let folder = TemporaryDirectory()
            defer { withExtendedLifetime(folder) {} }
            let disk = FaultyDisk()
            let heard = Locked<[StoreError]>([])
            let database = try Database.entries(in: folder, disk: disk) { options in
                options.checkpointPages = 5
                options.onFsyncFailure = { error in heard.withLock { $0.append(error) } }
            }
            disk.inject(.init(operation: .sync, after: n, code: Self.fsyncFailed, once: true))
            let (done, errors) = await work(database)
            if disk.hits == 0 {
                #expect(heard.withLock { $0.count } == 0)
                #expect(errors == [])
                break
            }
            failed += 1
            // The sync of the last checkpoint may fail when all answers are given.
            try await eventually("the failure to be told") { heard.withLock { !$0.isEmpty } }
            try await eventually("the failure to be counted") { database.statistics.fsyncFailures == 1 }
            #expect(heard.withLock { $0.map(\.kind) } == [.ioError(.fsync)])
            #expect(errors.allSatisfy { $0 == .ioError(.fsync) })
            let error = await #expect(throws: StoreError.self) { try await database.insert("after") }
            #expect(error?.kind == .ioError(.fsync))
            database.close()

            let again = try Database.entries(in: folder)
            #expect(try DatabaseFile(again.path).problems() == [])
            #expect(try await Set(trimmedNames(again)).isSuperset(of: done))
            again.close()
            try #require(n < 999, "the trial has no end")
        }
        #expect(failed > 10)
    }

    @Test func whatArrivedDuringTheCommitWhoseSyncFailedIsNotWritten() async throws {
        let folder = TemporaryDirectory()
        defer { withExtendedLifetime(folder) {} }
        let disk = FaultyDisk()
        let database = try Database.entries(in: folder, disk: disk) { $0.onFsyncFailure = { _ in } }
        let outcomes = Outcomes()
        let gate = Gate()
        database.submit(
            { connection in
                try connection.insert("doubtful")
                gate.pass()
            },
            completion: outcomes.hear("doubtful"))
        try await gate.reached()
        database.submit({ try $0.insert("late") }, completion: outcomes.hear("late"))
        disk.inject(.init(operation: .sync, after: 0, code: Self.fsyncFailed, once: true))
        gate.open()
        let failure = "ioError(MillraceStore.StoreError.IOFailure.fsync)"
        #expect(try await outcomes.all(2).map(\.error) == [failure, failure])
        database.close()
        let again = try Database.entries(in: folder)
        #expect(try await !again.names().contains("late"))
        again.close()
    }

    @Test func aFailedSyncEndsTheProcessUnlessToldOtherwise() async {
        let folder = TemporaryDirectory()
        defer { withExtendedLifetime(folder) {} }
        await #expect(processExitsWith: .signal(6)) { [path = folder.file("entries.sqlite") as String] in
            let disk = FaultyDisk()
            var options = DatabaseOptions()
            options.vfs = disk.name
            let database = try Database.open(path, migrations: entrySchema, options: options)
            disk.inject(.init(operation: .sync, after: 0, code: SQLITE_IOERR | 4 << 8))
            try await database.insert("never")
        }
    }

    @Test(arguments: [FaultyDisk.Operation.open, .write, .sync, .truncate, .read])
    func anOpeningThatFailsHalfWayCanBeRepeated(operation: FaultyDisk.Operation) async throws {
        let codes: [FaultyDisk.Operation: Int32] = [
            .open: SQLITE_CANTOPEN, .write: SQLITE_FULL, .sync: Self.fsyncFailed, .truncate: Self.truncateFailed,
            .read: Self.readFailed,
        ]
        var refused = 0
        for n in 0..<1000 {
            let folder = TemporaryDirectory()
            defer { withExtendedLifetime(folder) {} }
            let disk = FaultyDisk()
            disk.inject(.init(operation: operation, after: n, code: codes[operation]!))
            do throws(StoreError) {
                try Database.entries(in: folder, disk: disk).close()
            } catch {
                refused += 1
            }
            let hits = disk.hits
            disk.inject(nil)
            let database = try Database.entries(in: folder, disk: disk)
            try await database.insert("one")
            #expect(try await database.names() == ["one"])
            #expect(try DatabaseFile(database.path).problems() == [])
            database.close()
            if hits == 0 { break }
            try #require(n < 999, "the trial has no end")
        }
        if operation != .truncate { #expect(refused > 0) }
    }
}
