import Linux
import TestSupport
import Testing

@testable import MillraceStore

/// Writes of the express turn beside many usual ones.
struct TurnTests {
    private let folder = TemporaryDirectory()

    /// A usual body is all that a transaction may hold while an express one waits.
    private func entries(_ adjust: (inout DatabaseOptions) -> Void = { _ in }) throws -> Database {
        try Database.entries(in: folder) { options in
            options.usualSlice = .zero
            adjust(&options)
        }
    }

    private func submit(_ name: String, _ turn: Turn, to database: Database, _ outcomes: Outcomes) {
        database.submit(.crash, turn: turn, { try $0.insert(name) }, completion: outcomes.hear(name))
    }

    @Test(arguments: [false, true]) func anExpressWriteGoesBeforeUsualOnesThatWait(aside: Bool) async throws {
        let database = try entries { $0.answersAside = aside }
        let outcomes = Outcomes()
        let gate = try await database.holdWriter()
        for number in 0..<10 { submit("usual \(number)", .usual, to: database, outcomes) }
        for number in 0..<3 { submit("express \(number)", .express, to: database, outcomes) }
        #expect(database.statistics.pending == 13)
        gate.open()

        let names = (0..<3).map { "express \($0)" } + (0..<10).map { "usual \($0)" }
        #expect(try await outcomes.all(13).map(\.name) == names)
        #expect(try await database.names() == names)
        database.close()
    }

    @Test(arguments: [false, true]) func anExpressWriteWaitsForOneSliceOfTheUsualOnes(aside: Bool) async throws {
        let database = try entries { $0.answersAside = aside }
        let outcomes = Outcomes()
        let first = try await database.holdWriter()
        let gate = Gate()
        database.submit(
            .crash,
            { connection in
                gate.pass()
                try connection.insert("usual")
            }, completion: outcomes.hear("usual"))
        for number in 0..<100 { submit("usual \(number)", .usual, to: database, outcomes) }
        first.open()
        try await gate.reached()
        submit("express", .express, to: database, outcomes)
        #expect(database.statistics.pending == 1, "the others are taken up")
        gate.open()

        let names = ["usual", "express"] + (0..<100).map { "usual \($0)" }
        let heard = try await outcomes.all(102).map(\.name)
        #expect(heard.filter { $0 != "express" } == names.filter { $0 != "express" })
        // Beside the writer its answer may be given before that of the one it waited for.
        #expect(heard.prefix(2).contains("express") && (aside || heard[0] == "usual"))
        #expect(try await database.names() == names)
        // The holder, the slice, the express one, and the rest, which nothing cuts any more.
        #expect(database.statistics.transactions == 4)
        database.close()
    }

    /// Whenever one of them runs, the next waits already.
    @Test func usualWritesAreNotStarvedByExpressOnesWithoutEnd() async throws {
        let database = try entries()
        let outcomes = Outcomes()
        let isOver = Locked(false)
        @Sendable func submitExpress() {
            database.submit(
                .crash, turn: .express, { _ in if !isOver.withLock({ $0 }) { submitExpress() } },
                completion: outcomes.hear("express"))
        }
        let gate = try await database.holdWriter()
        for number in 0..<50 {
            database.submit(
                .crash,
                { connection in
                    try connection.insert("usual \(number)")
                    if number == 49 { isOver.withLock { $0 = true } }
                }, completion: outcomes.hear("usual"))
        }
        submitExpress()
        gate.open()

        let heard = try await outcomes.all(150).map(\.name)
        let runs = heard.split(separator: "usual", omittingEmptySubsequences: false).map(\.count)
        #expect(runs.count == 51 && runs.dropLast().allSatisfy { $0 == 2 }, "one alone and one with a slice")
        #expect(try await database.names() == (0..<50).map { "usual \($0)" })
        database.close()
    }

    @Test func aFailureInASliceHarmsNobodyAndLosesNothing() async throws {
        let database = try entries()
        let outcomes = Outcomes()
        let first = try await database.holdWriter()
        let gate = Gate()
        submit("twice", .usual, to: database, outcomes)
        database.submit(
            .crash,
            { connection in
                gate.pass()
                try connection.insert("twice")
            }, completion: outcomes.hear("refused"))
        for number in 0..<5 { submit("usual \(number)", .usual, to: database, outcomes) }
        first.open()
        try await gate.reached()
        submit("express", .express, to: database, outcomes)
        gate.open()

        let heard = try await outcomes.all(8)
        #expect(heard.filter { $0.error != nil }.map(\.name) == ["refused"])
        #expect(heard.map(\.name) == ["twice", "refused", "express"] + (0..<5).map { "usual \($0)" })
        #expect(try await database.names() == ["twice", "express"] + (0..<5).map { "usual \($0)" })
        database.close()
    }

    @Test func whatWasLeftOverAtTheEndIsStillDone() async throws {
        let database = try entries { $0.answersAside = true }
        let outcomes = Outcomes()
        let gate = try await database.holdWriter()
        for number in 0..<200 { submit("usual \(number)", .usual, to: database, outcomes) }
        for number in 0..<20 { submit("express \(number)", .express, to: database, outcomes) }
        gate.open()
        try await offPool { database.close() }
        #expect(try await outcomes.all(220).allSatisfy { $0.error == nil })
    }

    /// The express one asks for less than what runs before and after it.
    @Test func anExpressWriteHasToBeNoSaferThanItWants() async throws {
        let database = try Database.entries(in: folder) { $0.usualSlice = .zero }
        let outcomes = Outcomes()
        let first = try await database.holdWriter()
        let gate = Gate()
        database.submit(.disk, { _ in gate.pass() }, completion: outcomes.hear("usual"))
        let promised = Locked<[Durability?]>([])
        for _ in 0..<3 {
            database.submit(
                .disk, { connection in promised.withLock { $0.append(connection.promised) } },
                completion: outcomes.hear("usual"))
        }
        first.open()
        try await gate.reached()
        database.submit(
            .crash, turn: .express, { connection in promised.withLock { $0.append(connection.promised) } },
            completion: outcomes.hear("express"))
        gate.open()
        _ = try await outcomes.all(5)
        #expect(promised.withLock { $0 } == [.crash, .disk, .disk, .disk])
        database.close()
    }
}
