import Glibc
import Linux
import TestSupport
import Testing

@testable import MillraceStore

@Suite struct LifeTests {
    private let folder = TemporaryDirectory()

    @Test func aSecondExclusiveOpenerIsRefusedWithTheFirstOnesProcess() throws {
        let first = try Database.entries(in: folder, exclusive: true)
        let error = #expect(throws: StoreError.self) { try Database.entries(in: folder, exclusive: true) }
        #expect(error?.kind == .inUse(holder: getpid()))
        #expect(error?.message == "\(folder.file("entries.sqlite")) is in use by process \(getpid())")
        first.close()
        try Database.entries(in: folder, exclusive: true).close()
    }

    @Test func aLockLeftByADeadProcessIsTaken() throws {
        folder.write("999999\n", to: "entries.sqlite.lock")
        try Database.entries(in: folder, exclusive: true).close()
    }

    @Test func aFailedExclusiveOpeningGivesTheLockBack() throws {
        folder.write([UInt8](repeating: 7, count: 8192), to: "entries.sqlite")
        let error = #expect(throws: StoreError.self) { try Database.entries(in: folder, exclusive: true) }
        #expect(error?.kind == .corrupt)
        try Files.remove(folder.file("entries.sqlite"))
        try Database.entries(in: folder, exclusive: true).close()
    }

    @Test func whatCannotBeOpenedIsNamed() throws {
        let path = folder.file("missing/entries.sqlite")
        let error = #expect(throws: StoreError.self) { try Database.open(path, migrations: entrySchema) }
        #expect(error?.kind == .cannotOpen)
        #expect(error?.message.hasPrefix(path) == true)
    }

    @Test func readsSeeWhatIsCommittedWhileAWriteRuns() async throws {
        let database = try Database.entries(in: folder)
        try await database.insert("before")
        let gate = Gate()
        let write = Task {
            try await database.write { connection in
                try connection.insert("during")
                gate.pass()
            }
        }
        try await gate.reached()
        #expect(try await database.names() == ["before"])
        gate.open()
        try await write.value
        #expect(try await database.names() == ["before", "during"])
    }

    @Test func aReadKeepsItsSnapshotWhileOthersCommit() async throws {
        let database = try Database.entries(in: folder)
        try await database.insert("before")
        let gate = Gate()
        let read = Task {
            try await database.read { connection in
                let first = try connection.names()
                gate.pass()
                return (first, try connection.names())
            }
        }
        try await gate.reached()
        try await database.insert("during")
        gate.open()
        let (first, second) = try await read.value
        #expect(first == ["before"])
        #expect(second == ["before"])
        #expect(try await database.names() == ["before", "during"])
    }

    @Test func aReadCannotWrite() async throws {
        let database = try Database.entries(in: folder)
        let error = await #expect(throws: StoreError.self) { try await database.read { try $0.insert("never") } }
        #expect(error?.kind == .readOnly)
        #expect(try await database.names() == [])
    }

    @Test func readersWorkSideBySide() async throws {
        let database = try Database.entries(in: folder, readers: 2)
        let gates = [Gate(), Gate()]
        let reads = gates.map { gate in Task { try await database.read { _ in gate.pass() } } }
        for gate in gates { try await gate.reached() }
        for gate in gates { gate.open() }
        for read in reads { try await read.value }
    }

    @Test func readsBeyondTheBoundAreRefused() async throws {
        let database = try Database.entries(in: folder) { $0.pendingLimit = 2 }
        let gate = Gate()
        let first = Task { try await database.read { _ in gate.pass() } }
        try await gate.reached()
        let refused = Watched(0)
        let others = (0..<5).map { _ in
            Task { () -> [String]? in
                do {
                    return try await database.read { try $0.names() }
                } catch let error as StoreError where error.kind == .busy {
                    refused.update { $0 += 1 }
                    return nil
                }
            }
        }
        try await refused.wait(for: "three refusals") { $0 == 3 }
        gate.open()
        try await first.value
        var done = 0
        for other in others where try await other.value != nil { done += 1 }
        #expect(done == 2)
    }

    @Test func closingFinishesWhatWaitsAndRefusesWhatComes() async throws {
        let database = try Database.entries(in: folder)
        let outcomes = Outcomes()
        let gate = try await database.holdWriter()
        for number in 0..<20 {
            database.submit({ try $0.insert("entry \(number)") }, completion: outcomes.hear("\(number)"))
        }
        let closing = Task { try await offPool { database.close() } }
        try await eventually("a refusal") {
            do {
                _ = try await database.read { _ in }
                return false
            } catch let error as StoreError {
                return error.kind == .closed
            }
        }
        gate.open()
        try await closing.value
        #expect(try await outcomes.all(20).allSatisfy { $0.error == nil })
        let error = await #expect(throws: StoreError.self) { try await database.insert("late") }
        #expect(error?.kind == .closed)
        database.close()
        // The last one out copies the log back and removes it.
        #expect(!Files.exists(folder.file("entries.sqlite-wal")))
        let again = try Database.entries(in: folder)
        #expect(try await again.names() == (0..<20).map { "entry \($0)" })
    }

    @Test func whoeverClosesFindsItClosed() async throws {
        let database = try Database.entries(in: folder)
        let gate = try await database.holdWriter()
        database.submit({ try $0.insert("waiting") }, completion: { _ in })
        let log = folder.file("entries.sqlite-wal")
        let closings = (0..<3).map { _ in
            Task {
                try await offPool {
                    database.close()
                    return Files.exists(log)
                }
            }
        }
        gate.open()
        for closing in closings { #expect(try await closing.value == false) }
    }

    @Test func aWriteLockHeldByAnotherOpenerIsWaitedForThenReportedAsBusy() async throws {
        let other = try Database.entries(in: folder)
        let patient = try Database.entries(in: folder)
        let hasty = try Database.entries(in: folder) { $0.busyTimeout = .milliseconds(20) }
        let gate = try await other.holdWriter()

        let error = await #expect(throws: StoreError.self) { try await hasty.insert("hasty") }
        #expect(error?.kind == .busy)
        let waiting = Task { try await patient.insert("patient") }
        gate.open()
        try await waiting.value
        try await hasty.insert("again")
        #expect(try await other.names() == ["patient", "again"])
    }

    @Test func allWhoWaitForALockThatIsNotToBeHadAreToldTogether() async throws {
        let other = try Database.entries(in: folder)
        let hasty = try Database.entries(in: folder) { $0.busyTimeout = .milliseconds(20) }
        let outcomes = Outcomes()
        // Holds the writer's thread outside of a transaction, so that all of them wait when it goes on.
        let between = Gate()
        hasty.submit(.crash, { _ in }) { _ in between.pass() }
        try await between.reached()
        let lock = try await other.holdWriter()
        for number in 0..<20 {
            let hear: @Sendable (Result<Void, any Error>) -> Void = outcomes.hear("\(number)")
            hasty.submit(.crash, { try $0.insert("entry \(number)") }) { result in
                hear(result)
                lock.open()
            }
        }
        between.open()

        #expect(try await outcomes.all(20).allSatisfy { $0.error == "busy" })
        try await hasty.insert("again")
        #expect(try await other.names() == ["again"])
    }

    @Test func aCopyIsWholeWhileWritesGoOn() async throws {
        let database = try Database.entries(in: folder)
        for number in 0..<500 { try await database.insert("entry \(number)") }
        let copy = folder.file("copy.sqlite")
        let stop = Locked(false)
        let writing = Task {
            var number = 500
            while !stop.withLock({ $0 }) {
                try await database.insert("entry \(number)")
                number += 1
            }
        }
        for _ in 0..<5 { try await offPool { try DatabaseFile.copy([(DatabaseFile(database.path), copy)]) } }
        stop.withLock { $0 = true }
        try await writing.value

        #expect(try Files.list(folder.path).filter { $0.hasPrefix("copy") } == ["copy.sqlite"])
        let restored = try Database.open(copy, migrations: entrySchema)
        let names = try await restored.names()
        #expect(names.count >= 500)
        #expect(names == (0..<names.count).map { "entry \($0)" })
        #expect(try DatabaseFile(restored.path).problems() == [])
        #expect(try DatabaseFile(database.path).problems() == [])
    }

    @Test func aCopyThatFailsLeavesWhatWasThere() async throws {
        let database = try Database.entries(in: folder)
        let error = #expect(throws: StoreError.self) {
            try DatabaseFile.copy([(DatabaseFile(database.path), folder.file("missing/copy.sqlite"))])
        }
        #expect(error?.kind == .cannotOpen)
    }

    @Test func damageIsFoundByTheIntegrityCheck() async throws {
        let database = try Database.entries(in: folder)
        for number in 0..<200 { try await database.insert("entry \(number)") }
        database.close()
        var bytes = try #require(contents(of: folder.file("entries.sqlite")))
        // A name in the table no longer agrees with the one in its index.
        let needle = Array("entry 77".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: needle) })
        bytes[place] = UInt8(ascii: "E")
        folder.write(bytes, to: "entries.sqlite")

        let damaged = try Database.entries(in: folder)
        #expect(try DatabaseFile(damaged.path).problems() != [])
    }

    @Test func rowsWithBrokenForeignKeysAreFoundByTheIntegrityCheck() async throws {
        let path = folder.file("tree.sqlite")
        let connection = try Connection(path: path, flags: 6)
        try connection.execute(
            """
            CREATE TABLE node (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES node (id)) STRICT;
            INSERT INTO node VALUES (5, 99);
            """)
        let database = try Database.open(path, migrations: [])
        #expect(try DatabaseFile(database.path).problems() == ["row 5 of node refers to no row of node"])
    }

    @Test func aDroppedDatabaseFinishesWhatWaitsAndLetsGoOfTheFile() async throws {
        let outcomes = Outcomes()
        do {
            let database = try Database.entries(in: folder, exclusive: true)
            database.submit({ try $0.insert("last") }, completion: outcomes.hear("last"))
        }
        #expect(try await outcomes.all(1)[0].error == nil)
        try await eventually("the lock is free") { (try? Database.entries(in: folder, exclusive: true)) != nil }
    }
}
