import TestSupport
import Testing

@testable import MillraceStore

@Suite struct ConnectionTests {
    private let folder = TemporaryDirectory()

    @Test(arguments: [
        SQLValue.null, .int(.min), .int(.max), 0, .real(-0.1), .real(.greatestFiniteMagnitude), "", "plain",
        "zero \u{0} inside", "Grüße 👋", .blob([]), .blob([0, 255, 10]), true,
    ])
    func valuesComeBackAsTheyWent(value: SQLValue) async throws {
        let database = try Database.entries(in: folder)
        let found = try await database.read { try $0.first("SELECT ?", [value]) { $0.value(0) } }
        #expect(found == value)
    }

    @Test func optionalsBecomeNull() {
        #expect(SQLValue(String?.none) == .null)
        #expect(SQLValue("x" as String?) == .text("x"))
        #expect(SQLValue(Int?.none) == .null)
        #expect(SQLValue(7) == .int(7))
        #expect(SQLValue([1, 2] as [UInt8]) == .blob([1, 2]))
        #expect(SQLValue(true) == .int(1))
        #expect(SQLValue(Double?.none) == nil)
    }

    @Test func rowsAreReadByTypeAndOptional() async throws {
        let database = try Database.entries(in: folder)
        try await database.read { connection in
            _ = try connection.first("SELECT 1, 2.5, 'three', x'04', NULL, 6") { row in
                #expect(row.count == 6)
                #expect(row.int(0) == 1 && row.intOrNil(0) == 1 && row.bool(0))
                #expect(row.real(1) == 2.5 && row.real(0) == 1)
                #expect(row.text(2) == "three" && row.textOrNil(2) == "three")
                #expect(row.blob(3) == [4] && row.blobOrNil(3) == [4])
                #expect(row.isNull(4) && !row.isNull(5))
                #expect(row.intOrNil(4) == nil && row.textOrNil(4) == nil && row.realOrNil(4) == nil)
                #expect(row.blobOrNil(4) == nil)
            }
        }
    }

    @Test func aColumnReadAsWhatItIsNotMakesTheQueryThrow() async throws {
        let database = try Database.entries(in: folder)
        let readings: [(@Sendable (Row) -> Void, String)] = [
            ({ _ = $0.int(0) }, "column 0 (a) holds NULL, read as an integer"),
            ({ _ = $0.text(1) }, "column 1 (b) holds an integer, read as text"),
            ({ _ = $0.int(2) }, "column 2 (c) holds text, read as an integer"),
            ({ _ = $0.real(2) }, "column 2 (c) holds text, read as a real"),
            ({ _ = $0.blob(2) }, "column 2 (c) holds text, read as a blob"),
            ({ _ = $0.intOrNil(3) }, "column 3 (d) holds a real, read as an integer"),
            ({ _ = $0.bool(1) }, "column 1 holds 2, not a truth value"),
            ({ _ = $0.int(4) }, "no column 4, the row has 4"),
            ({ _ = $0.isNull(-1) }, "no column -1, the row has 4"),
        ]
        for (read, message) in readings {
            let error = await #expect(throws: StoreError.self) {
                try await database.read { try $0.query("SELECT NULL AS a, 2 AS b, '3' AS c, 4.5 AS d", row: read) }
            }
            #expect(error?.kind == .misuse)
            #expect(error?.message == message)
        }
        // The statement is as good as new afterwards.
        let good = try await database.read {
            try $0.query("SELECT NULL AS a, 2 AS b, '3' AS c, 4.5 AS d") { $0.int(1) }
        }
        #expect(good == [2])
    }

    @Test func runTellsHowManyRowsChanged() async throws {
        let database = try Database.entries(in: folder)
        let changes = try await database.write { connection in
            [
                try connection.run("INSERT INTO entry (name) VALUES ('a'), ('b'), ('c')"),
                try connection.run("UPDATE entry SET size = 1 WHERE name <> 'a'"),
                try connection.run("UPDATE entry SET size = 2 WHERE name = 'nobody'"),
                try connection.run("CREATE TABLE other (id INTEGER PRIMARY KEY) STRICT"),
                try connection.run("SELECT * FROM entry"),
                try connection.run("DELETE FROM entry"),
            ]
        }
        #expect(changes == [3, 2, 0, 0, 0, 3])
    }

    @Test func returningRowsAreRead() async throws {
        let database = try Database.entries(in: folder)
        let ids = try await database.write { connection in
            try connection.query("INSERT INTO entry (name) VALUES ('a'), ('b') RETURNING id") { $0.int(0) }
        }
        #expect(ids == [1, 2])
    }

    @Test func eachStopsWhenTold() async throws {
        let database = try Database.entries(in: folder)
        let seen = try await database.read { connection in
            var seen: [Int64] = []
            try connection.each("SELECT value FROM json_each('[1,2,3,4]')") { row in
                seen.append(row.int(0))
                return seen.count < 2
            }
            return seen
        }
        #expect(seen == [1, 2])
        #expect(try await database.read { try $0.first("SELECT 1 WHERE 0") { $0.int(0) } } == nil)
    }

    struct Broken: Sendable, CustomStringConvertible {
        var sql: String
        var kind: StoreError.Kind
        var message: String
        var description: String { sql }
    }

    static let broken = [
        Broken(
            sql: "INSERT INTO thing (name) VALUES ('taken')", kind: .constraint(.unique),
            message: "UNIQUE constraint failed: thing.name"),
        Broken(
            sql: "INSERT INTO thing (id, name) VALUES (1, 'new')", kind: .constraint(.unique),
            message: "UNIQUE constraint failed: thing.id"),
        Broken(
            sql: "INSERT INTO thing (name, size) VALUES ('new', -1)", kind: .constraint(.check),
            message: "CHECK constraint failed: size >= 0"),
        Broken(
            sql: "INSERT INTO thing (name) VALUES (NULL)", kind: .constraint(.notNull),
            message: "NOT NULL constraint failed: thing.name"),
        Broken(
            sql: "INSERT INTO thing (name, size) VALUES ('new', 'big')", kind: .constraint(.dataType),
            message: "cannot store TEXT value in INTEGER column thing.size"),
        Broken(
            sql: "INSERT INTO thing (name, owner) VALUES ('new', 99)", kind: .constraint(.foreignKey),
            message: "FOREIGN KEY constraint failed"),
        Broken(
            sql: "UPDATE thing SET name = 'renamed'", kind: .constraint(.trigger), message: "a name is for ever"),
        Broken(sql: "SELEC 1", kind: .misuse, message: "near \"SELEC\": syntax error"),
        Broken(sql: "SELECT * FROM nowhere", kind: .misuse, message: "no such table: nowhere"),
        // A double-quoted word is a column's name, never a text.
        Broken(sql: "SELECT \"name2\" FROM thing", kind: .misuse, message: "no such column: name2"),
        Broken(sql: "SELECT 1; SELECT 2", kind: .misuse, message: "more than one statement"),
        Broken(sql: " -- nothing", kind: .misuse, message: "no statement"),
        Broken(sql: "SELECT ?", kind: .misuse, message: "0 values for 1 parameters"),
    ]

    @Test(arguments: broken)
    func errorsHaveTheirKindMessageAndStatement(broken: Broken) async throws {
        let schema = [
            Migration(
                version: 1, name: "thing",
                sql: """
                    CREATE TABLE thing (
                        id INTEGER PRIMARY KEY,
                        name TEXT NOT NULL UNIQUE,
                        size INTEGER CHECK (size >= 0),
                        owner INTEGER REFERENCES thing (id)
                    ) STRICT;
                    CREATE TRIGGER names_stay BEFORE UPDATE OF name ON thing
                    BEGIN SELECT RAISE(ABORT, 'a name is for ever'); END;
                    INSERT INTO thing (id, name) VALUES (1, 'taken');
                    """)
        ]
        let database = try Database.open(folder.file("things.sqlite"), migrations: schema)
        let error = await #expect(throws: StoreError.self) { try await database.write { try $0.run(broken.sql) } }
        #expect(error?.kind == broken.kind)
        #expect(error?.message == broken.message)
        #expect(error?.sql == broken.sql)
        // What the connection holds is whole: the next write goes through.
        try await database.write { try $0.run("INSERT INTO thing (name) VALUES ('next')") }
    }

    @Test func aTrailingSemicolonOrCommentIsNoSecondStatement() async throws {
        let database = try Database.entries(in: folder)
        #expect(try await database.read { try $0.first("SELECT 1;  -- one\n") { $0.int(0) } } == 1)
    }

    @Test func aScriptRunsStatementByStatement() async throws {
        let database = try Database.entries(in: folder)
        try await database.write { connection in
            try connection.execute(
                """
                -- two rows
                INSERT INTO entry (name) VALUES ('ä; not the end');
                ; /* nothing */
                INSERT INTO entry (name) VALUES ('b')
                """)
        }
        #expect(try await database.names() == ["ä; not the end", "b"])
    }

    @Test func preparedStatementsAreKeptUpToABound() async throws {
        let database = try Database.entries(in: folder)
        let counts = try await database.read { connection in
            let start = connection.cachedStatements
            for _ in 0..<50 { _ = try connection.first("SELECT 1") { $0.int(0) } }
            let afterOne = connection.cachedStatements - start
            for number in 0..<1000 { _ = try connection.first("SELECT \(number)") { $0.int(0) } }
            return (afterOne, connection.cachedStatements)
        }
        #expect(counts.0 == 1)
        #expect(counts.1 == 256)
    }

    @Test func theStatementUsedLastIsKeptLongest() throws {
        var cache = StatementCache(limit: 2)
        let connection = try Connection(path: ":memory:", flags: 6)
        for sql in ["SELECT 1", "SELECT 2"] { cache.insert(try connection.prepared(sql)) }
        _ = cache.find("SELECT 1")
        cache.insert(try connection.prepared("SELECT 3"))
        #expect(cache.find("SELECT 1") != nil)
        #expect(cache.find("SELECT 2") == nil)
        #expect(cache.find("SELECT 3") != nil)
    }

    @Test func aQueryInsideTheSameQueryIsItsOwn() async throws {
        let database = try Database.entries(in: folder)
        let pairs = try await database.read { connection in
            try connection.query("SELECT value FROM json_each('[1,2,3]')") { outer in
                let inner = try connection.query("SELECT value FROM json_each('[1,2,3]')") { $0.int(0) }
                return (outer.int(0), inner)
            }
        }
        #expect(pairs.map(\.0) == [1, 2, 3])
        #expect(pairs.allSatisfy { $0.1 == [1, 2, 3] })
    }
}
