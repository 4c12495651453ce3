import Glibc
import Linux
import TestSupport
import Testing

@testable import MillraceStore

@Suite struct DurabilityTests {
    private let folder = TemporaryDirectory()
    private let disk = FaultyDisk()

    @Test func everyCommitIsOneSyncOfTheLog() async throws {
        let database = try Database.entries(in: folder, disk: disk)
        try await database.insert("warm")
        let before = disk.counts
        for number in 0..<100 { try await database.insert("entry \(number)") }
        #expect(disk.counts.syncs[.log] == before.syncs[.log, default: 0] + 100)
        #expect(disk.counts.syncs[.database] == before.syncs[.database])
        #expect(disk.counts.operations[.sync] == before.operations[.sync, default: 0] + 100)
    }

    @Test func manyCallersShareASync() async throws {
        let database = try Database.entries(in: folder, disk: disk)
        try await database.insert("warm")
        let outcomes = Outcomes()
        let gate = try await database.holdWriter()
        for number in 0..<64 {
            database.submit({ try $0.insert("entry \(number)") }, completion: outcomes.hear("\(number)"))
        }
        let before = disk.counts
        gate.open()
        #expect(try await outcomes.all(64).allSatisfy { $0.error == nil })
        #expect(disk.counts.operations[.sync] == before.operations[.sync, default: 0] + 1)
    }

    @Test func aCommitOfCrashDurabilityIsNotSynced() async throws {
        let database = try Database.entries(in: folder, durability: .crash, disk: disk)
        try await database.insert("warm")
        let before = disk.counts
        for number in 0..<100 { try await database.insert("entry \(number)") }
        #expect(disk.counts.operations[.sync] == before.operations[.sync])
    }

    @Test func aWriteOfCrashDurabilityIsNotSyncedAmongOthersThatAre() async throws {
        let database = try Database.entries(in: folder, disk: disk)
        try await database.insert("warm")
        var before = disk.counts
        for number in 0..<50 { try await database.insert("crash \(number)", .crash) }
        #expect(disk.counts.operations[.sync] == before.operations[.sync])
        before = disk.counts
        for number in 0..<50 {
            try await database.insert("disk \(number)", .disk)
            try await database.insert("between \(number)", .crash)
        }
        #expect(disk.counts.syncs[.log] == before.syncs[.log, default: 0] + 50)
        #expect(disk.counts.operations[.sync] == before.operations[.sync, default: 0] + 50)
    }

    @Test func aCommitIsAsSafeAsItsStrongestMemberWants() async throws {
        let database = try Database.entries(in: folder, disk: disk)
        try await database.insert("warm")
        for (durabilities, syncs) in [
            ([Durability.crash, .crash, .disk, .crash], 1), ([.crash, .crash], 0), ([.disk, .disk], 1),
        ] {
            let outcomes = Outcomes()
            let gate = Gate()
            database.submit(.crash, { _ in gate.pass() }, completion: { _ in })
            try await gate.reached()
            for (number, durability) in durabilities.enumerated() {
                database.submit(
                    durability, { try $0.insert("\(number) of \(durabilities)") },
                    completion: outcomes.hear("\(number)"))
            }
            let before = disk.counts
            gate.open()
            #expect(try await outcomes.all(durabilities.count).allSatisfy { $0.error == nil })
            #expect(disk.counts.operations[.sync, default: 0] == before.operations[.sync, default: 0] + syncs)
        }
    }

    @Test func aMemberThatFailsLeavesTheOthersAsSafeAsTheyWanted() async throws {
        let database = try Database.entries(in: folder, disk: disk)
        try await database.insert("taken")
        let outcomes = Outcomes()
        let gate = Gate()
        database.submit(.crash, { _ in gate.pass() }, completion: { _ in })
        try await gate.reached()
        database.submit(.crash, { try $0.insert("taken") }, completion: outcomes.hear("taken"))
        database.submit(.disk, { try $0.insert("free") }, completion: outcomes.hear("free"))
        let before = disk.counts
        gate.open()
        #expect(try await outcomes.all(2).count { $0.error == nil } == 1)
        #expect(disk.counts.syncs[.log, default: 0] == before.syncs[.log, default: 0] + 1)
    }

    @Test func whatWasReadForAnAnswerOnDiskIsOnDiskToo() async throws {
        let database = try Database.entries(in: folder, disk: disk)
        try await database.insert("warm")
        try await database.insert("not synced", .crash)
        let before = disk.counts
        let names = try await database.write(.disk) { try $0.names() }
        #expect(names == ["warm", "not synced"])
        #expect(disk.counts.syncs[.log, default: 0] == before.syncs[.log, default: 0] + 1)
        // Nothing was written since.
        try await database.write(.disk) { _ = try $0.names() }
        #expect(disk.counts.syncs[.log, default: 0] == before.syncs[.log, default: 0] + 1)
    }

    @Test(arguments: [Durability.disk, .crash])
    func theWriterHasTheSettingsThatKeepThePromises(durability: Durability) async throws {
        let database = try Database.entries(in: folder, durability: durability)
        let settings = try await database.write { connection in
            try ["synchronous", "foreign_keys", "trusted_schema", "cell_size_check"].map {
                try connection.integer("PRAGMA \($0)")
            }
        }
        #expect(settings == [durability == .disk ? 2 : 1, 1, 0, 1])
        #expect(try await database.read { try $0.text("PRAGMA journal_mode") } == "wal")
    }

    @Test func theLogIsCopiedBackAndDoesNotGrow() async throws {
        let database = try Database.entries(in: folder, disk: disk) { $0.checkpointPages = 20 }
        for number in 0..<300 { try await database.insert("entry \(number)") }
        #expect(database.statistics.checkpoints >= 10)
        // A page and its frame header, and the last commit may go beyond the bound.
        #expect(try Files.size(folder.file("entries.sqlite-wal")) <= 40 * (4096 + 24))
    }

    @Test func readersWithoutPauseDoNotLetTheLogGrowForEver() async throws {
        let database = try Database.entries(in: folder, readers: 2, disk: disk) { options in
            options.checkpointPages = 5
            options.readerPatience = .seconds(5)
        }
        // Each read lasts until the next one has its snapshot, so that there is never a moment without one.
        let begun = Monitor(0)
        let done = Locked(false)
        let readers = Task {
            try await withThrowingTaskGroup { group in
                for _ in 0..<2 {
                    group.addTask {
                        while !done.withLock({ $0 }) {
                            try await database.read { connection in
                                _ = try connection.integer("SELECT count(*) FROM entry")
                                let mine = begun.withLock(notify: true) { count in
                                    count += 1
                                    return count
                                }
                                _ = begun.wait { $0 > mine || done.withLock({ $0 }) ? true : nil }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        for number in 0..<500 { try await database.insert("entry \(number)") }
        done.withLock { $0 = true }
        begun.withLock(notify: true) { _ in }
        try await readers.value
        let pages = try Files.size(folder.file("entries.sqlite-wal")) / (4096 + 24)
        #expect(pages < 250, "500 commits passed through the log")
    }

    private struct PowerCut: Sendable {
        var acknowledged: [String]
        var files: [String: [UInt8]]
    }

    /// Cuts the power before each sync and after each acknowledgement, and looks what is left. A mixed run writes with
    /// both durabilities in turn; an acknowledgement on disk then counts for all that was acknowledged before it.
    private func acknowledgedButLost(_ durability: Durability, mixed: Bool = false) async throws -> Int {
        let early = Locked<[String]>([])
        let acknowledged = Locked<[String]>([])
        let generator = Locked(SeededGenerator(seed: 20_261_121))
        let cuts = Watched<[PowerCut]>([])
        let cut: @Sendable () -> Void = { [disk] in
            let files = generator.withLock { disk.afterPowerCut(using: &$0) }
            cuts.update { $0.append(PowerCut(acknowledged: acknowledged.withLock { $0 }, files: files)) }
        }
        disk.remember(beforeSync: cut)
        let database = try Database.entries(in: folder, durability: durability, disk: disk) {
            $0.checkpointPages = 12
        }
        for number in 0..<60 {
            let name = "entry \(number)"
            let isEarly = mixed && number % 3 != 2
            database.submit(isEarly ? .crash : .disk, { try $0.insert(name) }) { result in
                guard case .success = result else { return }
                if isEarly {
                    early.withLock { $0.append(name) }
                } else {
                    acknowledged.withLock { $0 += early.withLock { $0 } + [name] }
                    early.withLock { $0 = [] }
                }
                cut()
            }
            // Some alone, some together.
            if number % 4 != 0 { try await database.insert("between \(number)", mixed ? .crash : .disk) }
        }
        database.close()
        #expect(acknowledged.withLock { $0.count } == 60)

        var lost = 0
        for cut in cuts.value {
            let remains = TemporaryDirectory()
            defer { withExtendedLifetime(remains) {} }
            for (path, bytes) in cut.files where !path.isEmpty { remains.write(bytes, to: Files.name(path)) }
            let found = try Database.entries(in: remains)
            #expect(try DatabaseFile(found.path).problems() == [])
            let names = try await Set(found.names())
            lost += cut.acknowledged.count { !names.contains($0) }
            found.close()
        }
        return lost
    }

    @Test func nothingAcknowledgedIsLostInAPowerCut() async throws {
        #expect(try await acknowledgedButLost(.disk) == 0)
    }

    @Test func whatIsAcknowledgedOnDiskTakesAllBeforeItThere() async throws {
        #expect(try await acknowledgedButLost(.disk, mixed: true) == 0)
    }

    @Test func aPowerCutMayTakeWhatHasOnlyCrashDurabilityButTheFileStaysSound() async throws {
        // Also the proof that the test above can fail.
        #expect(try await acknowledgedButLost(.crash) > 0)
    }

    @Test func aFileLeftWithItsLogByAKilledProcessHoldsAllThatWasAcknowledged() async throws {
        let database = try Database.entries(in: folder)
        for number in 0..<50 { try await database.insert("entry \(number)") }
        let remains = TemporaryDirectory()
        defer { withExtendedLifetime(remains) {} }
        for name in ["entries.sqlite", "entries.sqlite-wal"] {
            remains.write(contents(of: folder.file(name)) ?? [], to: name)
        }
        try #require(try Files.size(remains.file("entries.sqlite-wal")) > 0)

        let found = try Database.entries(in: remains)
        #expect(try await found.names() == (0..<50).map { "entry \($0)" })
    }

    /// A process writes from many tasks and kills itself after so many acknowledgements, each of which it has noted.
    @Test(arguments: [1, 7, 40, 173, 300])
    func whatAKilledProcessAcknowledgedIsThere(acknowledgements: Int) async throws {
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, acknowledgements] in
            let database = try Database.open("\(path)/entries.sqlite", migrations: entrySchema)
            let notes = try Files.openForAppending("\(path)/acknowledged")
            let count = Locked(0)
            try await withThrowingTaskGroup { group in
                for caller in 0..<32 {
                    group.addTask {
                        for number in 0..<1000 {
                            let name = "entry \(caller)-\(number)"
                            try await database.insert(name)
                            try notes.writeAll(Array("\(name)\n".utf8))
                            let done = count.withLock { count in
                                count += 1
                                return count
                            }
                            if done == acknowledgements { kill(getpid(), SIGKILL) }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let noted = try Files.readText(folder.file("acknowledged")).split(separator: "\n").map(String.init)
        #expect(noted.count >= acknowledgements)
        let found = try Database.entries(in: folder)
        #expect(try DatabaseFile(found.path).problems() == [])
        #expect(try await Set(found.names()).isSuperset(of: noted))
        found.close()
    }

    @Test func aLogTornInItsLastCommitLosesThatCommitOnly() async throws {
        let database = try Database.entries(in: folder)
        for number in 0..<10 { try await database.insert("entry \(number)") }
        let base = contents(of: folder.file("entries.sqlite")) ?? []
        let log = contents(of: folder.file("entries.sqlite-wal")) ?? []
        for cut in stride(from: log.count - 1, to: log.count - 4120, by: -517) {
            let remains = TemporaryDirectory()
            defer { withExtendedLifetime(remains) {} }
            remains.write(base, to: "entries.sqlite")
            remains.write(Array(log[..<cut]), to: "entries.sqlite-wal")
            let found = try Database.entries(in: remains)
            #expect(try await found.names() == (0..<9).map { "entry \($0)" })
            found.close()
        }
    }
}
