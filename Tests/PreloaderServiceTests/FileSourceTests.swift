import Glibc
import MillraceStore
import TestSupport
import Testing

/// Datasets of files on this machine.
@Suite(.heavy, .enabled(if: RunningPreloader.isBuilt, "millrace-preloader is not built"))
struct FileSourceTests {
    private static let schema = Migration(
        version: 1, name: "people",
        sql: "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, rate REAL, tags TEXT, photo BLOB, owner INTEGER)")

    /// A database with the people 1 to 100.
    private static func makePeople(_ path: String, suffix: String = "") async throws {
        let database = try Database.open(path, migrations: [schema])
        try await database.write { db in
            for id in 1...100 {
                try db.run(
                    "INSERT INTO person VALUES (?,?,?,?,?,?)", .int(Int64(id)), .text("Name \(id)\(suffix)"),
                    .real(Double(id) / 4), .text("[\(id)]"), .blob([1, 2, UInt8(id)]),
                    .int(Int64(id % 2 == 0 ? geteuid() : 99_999)))
            }
        }
        database.close()
    }

    private static let people = """
        name: people
        sqlite:
          file: people.sqlite
          query: SELECT * FROM person WHERE id IN (SELECT value FROM json_each(?1))
          key: id
          json: [tags]
        """

    @Test func rowsOfADatabaseComeAsObjectsOfTheirColumns() async throws {
        let preloader = RunningPreloader()
        try await Self.makePeople(preloader.data + "/people.sqlite")
        preloader.declare(Self.people)
        try await preloader.use { preloader in
            let rows = try await preloader.fetch("people", ["3", "77", "101", "x"])
            let row = rows["values"]["3"]
            #expect(row["id"].int == 3 && row["name"].string == "Name 3" && row["rate"].decimal == 0.75)
            #expect(row["tags"].elements.map(\.int) == [3] && row["photo"].string == "AQID")
            #expect(rows["missing"].elements.map(\.string) == ["101", "x"])
            let many = try await preloader.fetch("people", (1...100).map { "\($0)" })
            #expect(many["values"].names.count == 100)
            let stats = try await preloader.stats("people")
            #expect(stats["physicalRequests"].int == 2 && stats["hits"].int == 2)
        }
    }

    @Test func aStatementMayAskForWhomItIs() async throws {
        let preloader = RunningPreloader()
        try await Self.makePeople(preloader.data + "/people.sqlite")
        preloader.declare(
            """
            name: mine
            sqlite:
              file: people.sqlite
              query: SELECT id, name FROM person WHERE owner = :uid AND id IN (SELECT value FROM json_each(:keys))
              key: id
            """)
        try await preloader.use { preloader in
            let rows = try await preloader.fetch("mine", ["1", "2"])
            #expect(rows["values"].names == ["2"] && rows["missing"].elements.map(\.string) == ["1"])
        }
    }

    @Test func aDatabaseMayComeLaterAndBeReplaced() async throws {
        let preloader = RunningPreloader()
        preloader.declare(Self.people + "\ncache: false")
        try await preloader.use { preloader in
            let error = try await preloader.fetch("people", ["1"])["errors"]["1"]["data"]
            #expect(error["status"].string == "UNAVAILABLE")
            try await Self.makePeople(preloader.data + "/new.sqlite")
            rename(preloader.data + "/new.sqlite", preloader.data + "/people.sqlite")
            #expect(try await preloader.fetch("people", ["1"])["values"]["1"]["name"].string == "Name 1")
            try await Self.makePeople(preloader.data + "/newer.sqlite", suffix: "!")
            rename(preloader.data + "/newer.sqlite", preloader.data + "/people.sqlite")
            #expect(try await preloader.fetch("people", ["1"])["values"]["1"]["name"].string == "Name 1!")
        }
    }

    @Test func aDatabaseThatIsWrittenMeanwhileIsReadAndNeverLockedOrChanged() async throws {
        let preloader = RunningPreloader()
        let path = preloader.data + "/people.sqlite"
        try await Self.makePeople(path)
        preloader.declare(Self.people + "\ncache: false")
        try await preloader.use { preloader in
            let database = try Database.open(path, migrations: [Self.schema])
            for round in 0..<20 {
                try await database.write { try $0.run("UPDATE person SET name = ? WHERE id = 1", .text("\(round)")) }
                #expect(try await preloader.fetch("people", ["1"])["values"]["1"]["name"].string == "\(round)")
            }
            database.close()
        }
    }

    @Test func aFileIsReadAgainWhenItHasChanged() async throws {
        let preloader = RunningPreloader()
        preloader.folder.write("id,name\n1,\"An, the first\"\n2,Bình\n", to: "data/people.csv")
        preloader.folder.write("[{\"id\":7,\"n\":{\"x\":1}},{\"id\":\"k\",\"n\":2}]", to: "data/list.json")
        preloader.folder.write("{\"a\":1,\"b\":[2]}", to: "data/members.json")
        preloader.declare(
            """
            datasets:
              - { name: people, file: { path: people.csv, key: id }, cache: false }
              - { name: list, file: { path: list.json, key: id } }
              - { name: members, file: { path: members.json } }
            """)
        try await preloader.use { preloader in
            let rows = try await preloader.fetch("people", ["1", "2", "3"])
            #expect(
                rows["values"]["1"]["name"].string == "An, the first" && rows["values"]["2"]["name"].string == "Bình")
            #expect(rows["missing"].elements.map(\.string) == ["3"])
            #expect(try await preloader.fetch("list", ["7"])["values"]["7"]["n"]["x"].int == 1)
            #expect(try await preloader.fetch("members", ["b", "a"])["values"].names == ["a", "b"])
            preloader.folder.write("id,name\n3,Chi\n", to: "data/people.csv")
            #expect(try await preloader.fetch("people", ["3"])["values"]["3"]["name"].string == "Chi")
            preloader.folder.write("id,name\n3,Chi,x\n", to: "data/people.csv")
            let error = try await preloader.fetch("people", ["3"])["errors"]["3"]
            #expect(error["data"]["reason"].string == "source.faulty")
            #expect(error["message"].string?.contains("line 2 has 3 fields") == true)
        }
    }

    @Test func aKeyThatStandsTwiceInAFileIsAFaultOfThatKey() async throws {
        let preloader = RunningPreloader()
        preloader.folder.write("id,n\na,1\nb,2\na,3\n", to: "data/rows.csv")
        preloader.declare(
            """
            datasets:
              - { name: strict, file: { path: rows.csv, key: id } }
              - { name: lists, rows: all, file: { path: rows.csv, key: id } }
              - { name: firsts, rows: first, file: { path: rows.csv, key: id } }
            """)
        try await preloader.use { preloader in
            let rows = try await preloader.fetch("strict", ["a", "b"])
            #expect(rows["errors"].names == ["a"] && rows["values"].names == ["b"])
            #expect(
                try await preloader.fetch("lists", ["a"])["values"]["a"].elements.map { $0["n"].string } == ["1", "3"])
            #expect(try await preloader.fetch("firsts", ["a"])["values"]["a"]["n"].string == "1")
        }
    }
}
