import Linux
import TestSupport
import Testing

@testable import MillraceStore

@Suite struct GroupCommitTests {
    private let folder = TemporaryDirectory()

    @Test func whatWasWrittenIsReadAtOnceAndAfterReopening() async throws {
        let database = try Database.entries(in: folder)
        let id = try await database.write { connection in
            try connection.insert("one")
            return connection.lastInsertRowID
        }
        #expect(id == 1)
        #expect(try await database.names() == ["one"])
        database.close()

        let again = try Database.entries(in: folder)
        #expect(try await again.names() == ["one"])
    }

    @Test func whatArrivesDuringACommitSharesTheNextOneInOrderOfArrival() async throws {
        let database = try Database.entries(in: folder)
        let outcomes = Outcomes()
        let gate = try await database.holdWriter()
        let names = (0..<100).map { "entry \($0)" }
        for name in names { database.submit({ try $0.insert(name) }, completion: outcomes.hear(name)) }
        #expect(database.statistics.pending == 100)

        gate.open()

        #expect(try await outcomes.all(100).map(\.name) == names)
        #expect(try await database.names() == names)
        let statistics = database.statistics
        #expect(statistics.transactions == 2)
        #expect(statistics.commits == 101)
        #expect(statistics.largestBatch == 100)
        #expect(statistics.pending == 0)
        #expect(statistics.replays == 0)
    }

    @Test func bodiesThatThrowFailAloneAndTheirChangesAreUndone() async throws {
        let database = try Database.entries(in: folder)
        let outcomes = Outcomes()
        let gate = try await database.holdWriter()
        for number in 0..<10 {
            database.submit(
                { connection in
                    try connection.insert("entry \(number)")
                    if number % 3 == 0 { try connection.insert("entry \(number)") }
                },
                completion: outcomes.hear("\(number)"))
        }
        gate.open()

        let heard = try await outcomes.all(10)
        #expect(heard.map(\.name) == (0..<10).map { "\($0)" })
        let unique = "constraint(MillraceStore.StoreError.Constraint.unique)"
        #expect(heard.map(\.error) == [unique, nil, nil, unique, nil, nil, unique, nil, nil, unique])
        #expect(try await database.names() == [1, 2, 4, 5, 7, 8].map { "entry \($0)" })
        #expect(database.statistics.replays == 1)
        #expect(database.statistics.transactions == 2)
    }

    struct Refused: Error {}

    @Test func aBodysOwnErrorReachesItsCallerAndUndoesItsChanges() async throws {
        let database = try Database.entries(in: folder)
        await #expect(throws: Refused.self) {
            try await database.write { connection in
                try connection.insert("never")
                throw Refused()
            }
        }
        #expect(try await database.names() == [])
        #expect(database.statistics.commits == 0)
    }

    @Test func aBodyWhoseStatementRollsBackEverythingHarmsNoNeighbour() async throws {
        let database = try Database.entries(in: folder)
        try await database.insert("taken")
        let outcomes = Outcomes()
        let gate = try await database.holdWriter()
        database.submit({ try $0.insert("before") }, completion: outcomes.hear("before"))
        database.submit(
            { connection in
                try connection.insert("half")
                try connection.run("INSERT OR ROLLBACK INTO entry (name) VALUES ('taken')")
            },
            completion: outcomes.hear("culprit"))
        database.submit({ try $0.insert("after") }, completion: outcomes.hear("after"))
        gate.open()

        let heard = try await outcomes.all(3)
        let errors = Dictionary(uniqueKeysWithValues: heard.map { ($0.name, $0.error) })
        #expect(errors["before"] == .some(nil))
        #expect(errors["after"] == .some(nil))
        #expect(errors["culprit"] == "constraint(MillraceStore.StoreError.Constraint.unique)")
        #expect(try await database.names() == ["taken", "before", "after"])
    }

    @Test func aBodyThatOverlooksTheLossOfItsTransactionIsTold() async throws {
        let database = try Database.entries(in: folder)
        try await database.insert("taken")
        let outcomes = Outcomes()
        let gate = try await database.holdWriter()
        database.submit({ try $0.insert("before") }, completion: outcomes.hear("before"))
        database.submit(
            { connection in
                try connection.insert("half")
                _ = try? connection.run("INSERT OR ROLLBACK INTO entry (name) VALUES ('taken')")
            },
            completion: outcomes.hear("careless"))
        database.submit({ try $0.insert("after") }, completion: outcomes.hear("after"))
        gate.open()

        let heard = try await outcomes.all(3)
        let errors = Dictionary(uniqueKeysWithValues: heard.map { ($0.name, $0.error) })
        #expect(errors == ["before": nil, "careless": "misuse", "after": nil])
        #expect(try await database.names() == ["taken", "before", "after"])
    }

    @Test func aBodyThatThrowsOnlyTheFirstTimeIsDoneWithItsNeighbours() async throws {
        let database = try Database.entries(in: folder)
        let runs = Locked(0)
        let outcomes = Outcomes()
        let gate = try await database.holdWriter()
        database.submit({ try $0.insert("before") }, completion: outcomes.hear("before"))
        database.submit(
            { connection in
                try connection.insert("moody")
                let run = runs.withLock { runs in
                    runs += 1
                    return runs
                }
                if run == 1 { throw Refused() }
            },
            completion: outcomes.hear("moody"))
        gate.open()
        #expect(try await outcomes.all(2).map(\.error) == [nil, nil])
        #expect(try await database.names() == ["before", "moody"])
    }

    @Test func aDeferredConstraintThatFailsAtTheCommitHarmsNoNeighbour() async throws {
        let schema = [
            Migration(
                version: 1, name: "tree",
                sql: """
                    CREATE TABLE node (
                        id INTEGER PRIMARY KEY,
                        parent INTEGER REFERENCES node (id) DEFERRABLE INITIALLY DEFERRED
                    ) STRICT
                    """)
        ]
        let database = try Database.open(folder.file("tree.sqlite"), migrations: schema)
        let outcomes = Outcomes()
        let gate = try await database.holdWriter()
        for (id, parent) in [(1, 2), (2, nil), (3, 99), (4, 1)] as [(Int, Int?)] {
            database.submit(
                { try $0.run("INSERT INTO node VALUES (?, ?)", SQLValue(id), SQLValue(parent)) },
                completion: outcomes.hear("\(id)"))
        }
        gate.open()

        // Node 1 needs node 2, which comes later: in transactions of their own only 2 holds.
        let heard = try await outcomes.all(4)
        let foreign = "constraint(MillraceStore.StoreError.Constraint.foreignKey)"
        #expect(heard.map(\.error) == [foreign, nil, foreign, foreign])
        let ids = try await database.read { try $0.query("SELECT id FROM node") { $0.int(0) } }
        #expect(ids == [2])
        try await database.write { try $0.run("INSERT INTO node VALUES (5, 2)") }
    }

    @Test func aBodyMayNotEndTheTransactionItShares() async throws {
        let database = try Database.entries(in: folder)
        for sql in ["COMMIT", "ROLLBACK", "END", "BEGIN"] {
            let error = await #expect(throws: StoreError.self) {
                try await database.write { connection in
                    try connection.insert("never")
                    try connection.execute(sql)
                }
            }
            #expect(error?.kind == .misuse)
            #expect(try await database.names() == [])
        }
        try await database.insert("one")
        #expect(try await database.names() == ["one"])
    }

    @Test func writesBeyondTheBoundAreRefusedAtOnceAndTheOthersAreDone() async throws {
        let database = try Database.entries(in: folder) { $0.pendingLimit = 3 }
        let outcomes = Outcomes()
        let gate = try await database.holdWriter()
        for number in 0..<5 {
            database.submit({ try $0.insert("entry \(number)") }, completion: outcomes.hear("\(number)"))
        }
        let refused = try await outcomes.all(2)
        #expect(refused.map(\.name) == ["3", "4"])
        #expect(refused.map(\.error) == ["busy", "busy"])
        let error = await #expect(throws: StoreError.self) { try await database.insert("more") }
        #expect(error?.kind == .busy)

        gate.open()
        #expect(try await outcomes.all(5).suffix(3).map(\.error) == [nil, nil, nil])
        try await database.insert("later")
        #expect(try await database.names() == ["entry 0", "entry 1", "entry 2", "later"])
    }

    @Test func aThousandCallersAtOnceFindAllTheirRowsAfterReopening() async throws {
        let database = try Database.entries(in: folder)
        try await withThrowingTaskGroup { group in
            for number in 0..<1000 { group.addTask { try await database.insert("entry \(number)") } }
            try await group.waitForAll()
        }
        #expect(database.statistics.commits == 1000)
        database.close()

        let again = try Database.entries(in: folder)
        #expect(try await Set(again.names()) == Set((0..<1000).map { "entry \($0)" }))
    }

    @Test func completionsMaySubmitTheNextWrite() async throws {
        let database = try Database.entries(in: folder)
        let outcomes = Outcomes()
        database.submit({ try $0.insert("one") }) { _ in
            database.submit({ try $0.insert("two") }, completion: outcomes.hear("two"))
        }
        #expect(try await outcomes.all(1).map(\.error) == [nil])
        #expect(try await database.names() == ["one", "two"])
    }

    @Test func blockingCallsFromAPlainThreadReturnResultsAndErrors() async throws {
        let database = try Database.entries(in: folder)
        let result = try await offPool {
            try database.writeBlocking { try $0.insert("one") }
            let names = try database.readBlocking { try $0.names() }
            let error = #expect(throws: StoreError.self) { try database.writeBlocking { try $0.insert("one") } }
            return (names, error?.kind)
        }
        #expect(result.0 == ["one"])
        #expect(result.1 == .constraint(.unique))
    }
}
