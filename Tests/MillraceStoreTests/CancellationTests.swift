import Linux
import TestSupport
import Testing

@testable import MillraceStore

@Suite struct CancellationTests {
    private let folder = TemporaryDirectory()

    @Test func aWriteCancelledWhileItWaitsIsNeverDone() async throws {
        let database = try Database.entries(in: folder)
        let gate = try await database.holdWriter()
        let write = Task { try await database.insert("withdrawn") }
        try await eventually("a waiting write") { database.statistics.pending == 1 }
        write.cancel()
        // It hears of it though the writer is still held.
        await #expect(throws: CancellationError.self) { try await write.value }
        try #require(database.statistics.transactions == 0)
        gate.open()
        try await database.insert("other")
        #expect(try await database.names() == ["other"])
    }

    @Test func aWriteOfATaskCancelledBeforeIsNeverDone() async throws {
        let database = try Database.entries(in: folder)
        let write = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await database.insert("withdrawn")
        }
        await #expect(throws: CancellationError.self) { try await write.value }
        #expect(try await database.names() == [])
    }

    @Test func aWriteCancelledAfterItWasTakenUpCompletes() async throws {
        let database = try Database.entries(in: folder)
        let gate = Gate()
        let write = Task {
            try await database.write { connection in
                try connection.insert("done")
                gate.pass()
                return 7
            }
        }
        try await gate.reached()
        write.cancel()
        gate.open()
        #expect(try await write.value == 7)
        #expect(try await database.names() == ["done"])
    }

    @Test func manyCancelledWritesAreEachEitherDoneOrWithdrawn() async throws {
        let database = try Database.entries(in: folder)
        let acknowledged = Locked<Set<String>>([])
        let withdrawn = Locked<Set<String>>([])
        await withTaskGroup { group in
            for number in 0..<400 {
                group.addTask {
                    let name = "entry \(number)"
                    let write = Task { try await database.insert(name) }
                    if number % 2 == 0 {
                        for _ in 0..<(number % 7) { await Task.yield() }
                        write.cancel()
                    }
                    do {
                        try await write.value
                        _ = acknowledged.withLock { $0.insert(name) }
                    } catch is CancellationError {
                        _ = withdrawn.withLock { $0.insert(name) }
                    } catch {
                        Issue.record(error)
                    }
                }
            }
        }
        let rows = try await Set(database.names())
        #expect(rows == acknowledged.withLock { $0 })
        #expect(rows.isDisjoint(with: withdrawn.withLock { $0 }))
        #expect(rows.count + withdrawn.withLock { $0.count } == 400)
        #expect(rows.count >= 200)
    }

    @Test func aCancelledReadStopsItsRunningStatementAndTheNextReadIsUnharmed() async throws {
        let database = try Database.entries(in: folder)
        let started = Gate()
        started.open()
        let read = Task {
            try await database.read { connection in
                started.pass()
                return try connection.query(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n"
                ) { $0.int(0) }
            }
        }
        try await started.reached()
        read.cancel()
        await #expect(throws: CancellationError.self) { try await read.value }
        #expect(try await database.names() == [])
    }
}
