import TestSupport
import Testing

@testable import MillraceStore

@Suite struct MigrationTests {
    private let folder = TemporaryDirectory()
    private var path: String { folder.file("history.sqlite") }

    private let first = Migration(version: 1, name: "person", sql: "CREATE TABLE person (name TEXT NOT NULL) STRICT")
    private let second = Migration(
        version: 2, name: "age",
        sql: """
            ALTER TABLE person ADD COLUMN age INTEGER;
            UPDATE person SET age = 30; -- a guess
            """)

    private func version(_ database: Database) async throws -> Int {
        try await database.read { try $0.integer("PRAGMA user_version") }
    }

    @Test func aNewFileGetsTheWholeHistory() async throws {
        let database = try Database.open(path, migrations: [first, second])
        #expect(try await version(database) == 2)
        try await database.write { try $0.run("INSERT INTO person VALUES ('Ada', 36)") }
    }

    @Test func anOlderFileGetsWhatIsMissingAndKeepsItsRows() async throws {
        let old = try Database.open(path, migrations: [first])
        try await old.write { try $0.run("INSERT INTO person VALUES ('Ada')") }
        old.close()

        for _ in 1...2 {
            let database = try Database.open(path, migrations: [first, second])
            #expect(try await version(database) == 2)
            let ages = try await database.read { try $0.query("SELECT name, age FROM person") { $0.int(1) } }
            #expect(ages == [30])
            database.close()
        }
    }

    @Test func aFileFromTheFutureIsRefusedByNameAndLeftAsItIs() async throws {
        try Database.open(path, migrations: [first, second]).close()
        let before = contents(of: path)
        let error = #expect(throws: StoreError.self) { try Database.open(path, migrations: [first]) }
        #expect(error?.kind == .fromTheFuture(2))
        #expect(error?.message == "\(path) has schema version 2, this program knows 1: use the newer release")
        #expect(contents(of: path) == before)
    }

    @Test func anotherDatabaseIsRefusedByNameAndLeftAsItIs() async throws {
        let other = Migration(version: 1, name: "order", sql: "CREATE TABLE purchase (id INTEGER PRIMARY KEY) STRICT")
        try Database.open(path, migrations: [first, second]).close()
        let before = contents(of: path)
        let error = #expect(throws: StoreError.self) { try Database.open(path, migrations: [other]) }
        #expect(error?.kind == .foreign && error?.exitCode == .configuration)
        #expect(error?.message.hasPrefix("\(path) is another database than the one that belongs here") == true)
        #expect(contents(of: path) == before)
        try Database.open(path, migrations: [first, second]).close()
    }

    @Test func aFileThatNobodyHasMarkedIsTakenAndMarked() async throws {
        try await check(["sqlite3", path, "PRAGMA journal_mode = WAL; \(first.sql); PRAGMA user_version = 1"])
        #expect(try DatabaseFile(path).identity() == 0)
        try Database.open(path, migrations: [first]).close()
        #expect(try DatabaseFile(path).identity() == Migration.identity(of: [first, second]))
        #expect(Migration.identity(of: []) == 0)
    }

    /// Of before files said whose they are, or of another program: then it is for the tables to say.
    @Test(arguments: [0, 1, 2]) func anUnmarkedFileWithOtherTablesIsRefusedByNameAndLeftAsItIs(version: Int)
        async throws
    {
        let tables = version < 2 ? "CREATE TABLE song (title TEXT)" : first.sql
        try await check(["sqlite3", path, "\(tables); PRAGMA user_version = \(version)"])
        let before = contents(of: path)
        let other = Migration(version: 2, name: "order", sql: "CREATE TABLE purchase (id INTEGER PRIMARY KEY) STRICT")
        let error = #expect(throws: StoreError.self) { try Database.open(path, migrations: [first, other]) }
        #expect(error?.kind == .foreign)
        #expect(error?.message.hasPrefix("\(path) is another database than the one that belongs here") == true)
        let table = ["song", "person", "purchase"][version]
        #expect(error?.message.contains("table \(table)") == true, "\(error as Any)")
        #expect(contents(of: path) == before)
    }

    @Test func aStepThatFailsInTheMiddleLeavesTheVersionBeforeAndNothingOfItself() async throws {
        let broken = Migration(
            version: 2, name: "broken",
            sql: "ALTER TABLE person ADD COLUMN age INTEGER; INSERT INTO nowhere VALUES (1);")
        let error = #expect(throws: StoreError.self) { try Database.open(path, migrations: [first, broken]) }
        #expect(error?.kind == .migration(2))
        #expect(error?.message == "\(path): migration 2 (broken): no such table: nowhere")

        let database = try Database.open(path, migrations: [first])
        #expect(try await version(database) == 1)
        let columns = try await database.read { try $0.strings("SELECT name FROM pragma_table_info('person')") }
        #expect(columns == ["name"])
    }

    @Test func aStepMayNotEndItsTransaction() throws {
        let cheating = Migration(version: 2, name: "cheating", sql: "COMMIT; DROP TABLE person;")
        let error = #expect(throws: StoreError.self) { try Database.open(path, migrations: [first, cheating]) }
        #expect(error?.kind == .migration(2))
        let database = try Database.open(path, migrations: [first, second])
        #expect(try DatabaseFile(database.path).problems() == [])
    }

    private let tree = Migration(
        version: 1, name: "tree",
        sql: """
            CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT;
            CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parent ON DELETE CASCADE)
            STRICT;
            INSERT INTO parent VALUES (1);
            INSERT INTO child VALUES (10, 1);
            """)

    @Test func aTableIsRebuiltWithoutItsChildrenBeingDeleted() async throws {
        let rebuild = Migration(
            version: 2, name: "rebuild",
            sql: """
                CREATE TABLE new_parent (id INTEGER PRIMARY KEY, name TEXT) STRICT;
                INSERT INTO new_parent SELECT id, NULL FROM parent;
                DROP TABLE parent;
                ALTER TABLE new_parent RENAME TO parent;
                """)
        let database = try Database.open(path, migrations: [tree, rebuild])
        #expect(try await database.read { try $0.integer("SELECT count(*) FROM child") } == 1)
        // Afterwards the keys are enforced again.
        let error = await #expect(throws: StoreError.self) {
            try await database.write { try $0.run("INSERT INTO child VALUES (11, 99)") }
        }
        #expect(error?.kind == .constraint(.foreignKey))
    }

    @Test func aStepThatBreaksAForeignKeyIsRefused() async throws {
        let breaking = Migration(version: 2, name: "orphans", sql: "DELETE FROM parent")
        let error = #expect(throws: StoreError.self) { try Database.open(path, migrations: [tree, breaking]) }
        #expect(error?.kind == .migration(2))
        #expect(error?.message.contains("child") == true)
        let database = try Database.open(path, migrations: [tree])
        #expect(try await database.read { try $0.integer("SELECT count(*) FROM parent") } == 1)
    }

    @Test(arguments: [[1, 3], [2], [1, 1], [2, 1]])
    func aListWithGapsOrRepeatsIsAProgrammingError(versions: [Int]) async {
        await #expect(processExitsWith: .failure) { [versions] in
            let path = TemporaryDirectory().path + "-never.sqlite"
            let list = versions.map { Migration(version: $0, name: "\($0)", sql: "SELECT 1") }
            _ = try? Database.open(path, migrations: list)  // traps before it touches the path
        }
    }

    @Test func aStepIsMadeOfTheTablesThatAreThereThenAndNotOfThoseThatWereReadOf() throws {
        let third = Migration(version: 3, name: "row", sql: "INSERT INTO person VALUES ('Ada', 1)")
        let late = try Connection(path: path, flags: 6)
        try late.migrate([first], path: path)
        try Database.open(path, migrations: [first, second]).close()
        try late.migrate([first, second, third], path: path)
        #expect(try late.integer("SELECT count(*) FROM person WHERE age = 1") == 1)
    }

    @Test func manyOpenersAtOnceMigrateOnce() async throws {
        let path = path
        let history = [first, second, Migration(version: 3, name: "row", sql: "INSERT INTO person VALUES ('Ada', 1)")]
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    try await offPool { try Database.open(path, migrations: history).close() }
                }
            }
            try await group.waitForAll()
        }
        let database = try Database.open(path, migrations: history)
        #expect(try await database.read { try $0.integer("SELECT count(*) FROM person") } == 1)
    }
}
