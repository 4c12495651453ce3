import MillraceStore
import TestSupport
import Testing

@testable import DatasetFiles

struct DatasetMistakeTests {
    private static let file = "file: { path: a.json, key: id }"

    @Test(
        "A mistake is named with its place",
        arguments: [
            ("name: a", "test.yaml:1:1: has no source"),
            (
                "name: a\n\(file)\nhttp: { url: \"https://example.org/\" }",
                "test.yaml:1:1: has 2 sources, http and file"
            ),
            (file, "test.yaml:1:1: name is missing"),
            ("name: A b\n\(file)", "test.yaml:1:7: name: has to be a name of"),
            ("name: millrace.x\n\(file)", "names that begin with millrace. are the suite's own"),
            ("name: a\n\(file)\ncunk: 3", "test.yaml:3:1: cunk: there is no such key, did you mean chunk?"),
            ("name: a\n\(file)\nchunk: 0", "test.yaml:3:8: chunk: has to be a whole number from 1 to 100000"),
            ("name: a\n\(file)\nscope: everybody", "scope: has to be one of user, shared"),
            ("name: a\n\(file)\nrows: some", "rows: has to be one of one, first, all"),
            ("name: a\n\(file)\nwindow: { age: 1h }", "window.age: has to be a time span from 0s to 10s"),
            ("name: a\n\(file)\ncache: { ttl: 0 }", "cache.ttl: has to be a time span from 1ms"),
            ("name: a\n\(file)\ncache: off", "cache: has to be true or false"),
            ("name: a\n\(file)\ncache: true", "cache: is on by default"),
            ("name: a\n\(file)\nresource: { name: notion }", "rate is missing"),
            ("name: a\n\(file)\nresource: { name: notion, rate: fast }", "resource.rate: has to be tokens a second"),
            ("name: a\nfile: { path: a.csv }", "key is missing; name the column"),
            ("name: a\nfile: { key: id }", "path is missing"),
            ("name: a\nhttp: { url: \"ftp://x/\" }", "http.url: has to be an address that begins with https://"),
            ("name: a\nhttp: { url: \"https://u:p@x/\" }", "holds a user or password"),
            ("name: a\nhttp: { url: \"https://{keys}.x/\" }", "the host cannot depend on keys"),
            ("name: a\nhttp: { url: \"https://x/{key}\" }", "there is no {key}; there are {keys} and {cursor}"),
            ("name: a\nhttp: { url: \"https://x/{cursor}\" }", "names {cursor} but not where the next one is"),
            ("name: a\nhttp: { url: \"https://x/\", next: /next }", "the cursor goes nowhere"),
            ("name: a\nhttp: { url: \"https://x/\", next: next }", "http.next: has to be a JSON pointer"),
            ("name: a\nhttp: { url: \"https://x/\", method: GET, body: {} }", "is sent with POST"),
            (
                "name: a\nhttp: { url: \"https://x/\", headers: { Authorization: abc } }",
                "a secret does not belong here"
            ),
            (
                "name: a\nhttp: { url: \"https://x/\", headers: { Authorization: { credential: ../x } } }",
                "has to be the name of a systemd credential"
            ),
            ("name: a\nhttp: { url: \"https://x/\", headers: { \"A b\": c } }", "is no name of a header"),
            ("name: a\nsqlite: { file: a.sqlite, key: id }", "query is missing"),
            ("datasets: [{}]", "name is missing"),
        ])
    func mistake(text: String, problem: String) throws {
        let (catalog, problems) = try Folder(text).load()
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
        #expect(catalog.datasets.isEmpty || problem.contains("no such key"))
    }

    @Test func allMistakesOfAllFilesAreToldAtOnceAndWhatIsRightIsTaken() throws {
        let folder = try Folder("name: a\nchunk: none\nfile: { path: a.json }\ntimeout: soon", file: "a.yaml")
        folder.directory.write(
            "datasets:\n  - { name: b, file: { path: b.json } }\n  - { name: c }", to: "datasets.d/b.yml")
        folder.directory.write("name: b\nfile: { path: x.json }", to: "datasets.d/c.yaml")
        let (catalog, problems) = folder.load()
        #expect(problems.count == 4, "\(problems)")
        #expect(problems[0].hasPrefix("a.yaml:2:8: chunk:") && problems[1].hasPrefix("a.yaml:4:10: timeout:"))
        #expect(problems[2].hasPrefix("b.yml:3:5: datasets[1]: has no source"))
        #expect(problems[3].contains("dataset b is declared in b.yml:2 and again in c.yaml:1; remove one of them"))
        #expect(catalog.datasets.keys.sorted() == ["b"])
    }

    @Test func aResourceHasTheSameFiguresEverywhere() throws {
        let (_, problems) = try Folder(
            """
            datasets:
              - { name: a, file: { path: a.json }, resource: { name: notion, rate: 3 } }
              - { name: b, file: { path: b.json }, resource: { name: notion, rate: 3, burst: 3 } }
              - { name: c, file: { path: c.json }, resource: { name: notion, rate: 4 } }
            """
        ).load()
        #expect(problems.count == 1 && problems[0].contains("notion has other figures in test.yaml:2"), "\(problems)")
    }

    @Test(
        "A statement that does not fit its database is a mistake",
        arguments: [
            ("SELECT id FROM nobody WHERE id IN (SELECT value FROM json_each(?1))", "id", "no such table: nobody"),
            ("SELECT id FROM person", "id", "has 0 parameters besides :uid"),
            ("SELECT id FROM person WHERE id = ?1 OR id = ?2", "id", "has 2 parameters besides :uid"),
            ("DELETE FROM person WHERE id = ?1 RETURNING id", "id", "changes the database"),
            ("SELECT id, name FROM person WHERE id = ?1", "di", "gives no one column di, did you mean id?"),
            ("SELECT id, name AS id FROM person WHERE id = ?1", "id", "gives two columns of one name"),
            ("SELECT id FROM person WHERE id = ?1; SELECT 1", "id", "more than one statement"),
            ("SELEC id", "id", "syntax error"),
        ])
    func statement(query: String, key: String, problem: String) throws {
        let folder = try Folder(
            "name: people\nsqlite:\n  file: people.sqlite\n  query: \(query)\n  key: \(key)")
        let schema = Migration(version: 1, name: "people", sql: "CREATE TABLE person (id TEXT PRIMARY KEY, name TEXT)")
        try Database.open(folder.data + "/people.sqlite", migrations: [schema]).close()
        let (catalog, problems) = folder.load()
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
        #expect(catalog.datasets.isEmpty)
    }

    @Test func aFolderThatIsNotThereIsAMistakeUnlessItMayBeAbsent() {
        #expect(DatasetCatalog.load(folder: "/nowhere/datasets.d", data: "/").problems.count == 1)
        #expect(DatasetCatalog.load(folder: "/nowhere/datasets.d", data: "/", mayBeAbsent: true).problems.isEmpty)
    }
}
