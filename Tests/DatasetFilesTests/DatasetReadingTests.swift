import Declarations
import Glibc
import JSONCodec
import Linux
import MillraceStore
import Preloading
import TestSupport
import Testing

@testable import DatasetFiles

struct DatasetReadingTests {
    private static let minimal = """
        name: people
        file: { path: people.json, key: id }
        """

    @Test func aDatasetThatSaysLittleHasTheDefaults() throws {
        let folder = try Folder(Self.minimal)
        let (catalog, problems) = folder.load()
        #expect(problems.isEmpty)
        let dataset = try #require(catalog.datasets["people"])
        #expect(dataset.rules == DatasetRules())
        #expect(dataset.scope == .user && dataset.attempts == 1)
        #expect(dataset.breaker == nil && dataset.resource == nil)
        #expect(
            dataset.source
                == .file(FileSourceDefinition(path: folder.data + "/people.json", format: .json, key: "id")))
        #expect(dataset.place.brief == "test.yaml:1")
    }

    @Test func everythingThatCanBeSaidIsRead() throws {
        let folder = try Folder(
            """
            datasets:
              - name: people
                summary: Everybody.
                scope: shared
                rows: first
                chunk: 50
                window: { size: 20, age: 5ms }
                parallelism: 3
                waiting: 1000
                pages: 7
                timeout: 10s
                attempts: 4
                cache: { entries: 500, bytes: 1M, ttl: 5min, negative-ttl: 0, stale: 1min }
                breaker: { failures: 2, pause: 10s }
                resource: { name: notion, rate: 3, burst: 5 }
                http:
                  url: https://api.example.org/v1/people?ids={keys}&from={cursor}
                  join: ";"
                  headers:
                    Accept-Language: de
                    Authorization: { credential: people-token, prefix: "Bearer " }
                  items: /data
                  key: /id
                  value: /attributes
                  next: /links/next
                  limit: 2M
            """)
        let (catalog, problems) = folder.load()
        #expect(problems.isEmpty)
        let dataset = try #require(catalog.datasets["people"])
        var rules = DatasetRules()
        rules.rows = .first
        rules.chunk = 50
        rules.window.size = 20
        rules.window.age = .milliseconds(5)
        rules.parallelism = 3
        rules.waiting = 1000
        rules.pages = 7
        rules.timeout = .seconds(10)
        rules.cache.entries = 500
        rules.cache.bytes = 1 << 20
        rules.cache.ttl = .seconds(300)
        rules.cache.negativeTTL = .zero
        rules.cache.stale = .seconds(60)
        #expect(dataset.rules == rules)
        #expect(dataset.scope == .shared && dataset.attempts == 4 && dataset.summary == "Everybody.")
        #expect(dataset.breaker?.failures == 2 && dataset.breaker?.pause == .seconds(10))
        #expect(dataset.resource == .init(name: "notion", bucket: BucketDefinition(rate: 3, burst: 5)))
        guard case .http(let http) = dataset.source else { throw TestFailure("\(dataset.source)") }
        #expect(http.method == .get && http.join == ";" && http.limit == 2 << 20 && !http.isKeyed)
        #expect(http.headers.map(\.name) == ["Accept-Language", "Authorization"])
        #expect(http.headers[1].value == .credential("people-token", prefix: "Bearer "))
        #expect("\(http.items) \(http.key!) \(http.value!) \(http.next!)" == "/data /id /attributes /links/next")
    }

    @Test func aBodyIsPostedAndKeysInItMakeASourceKeyed() throws {
        let folder = try Folder(
            """
            name: people
            http:
              url: http://localhost:8080/query
              body: { filter: { ids: "{keys}" }, size: 100 }
              items: /rows
            """)
        let (catalog, problems) = folder.load()
        #expect(problems.isEmpty)
        guard case .http(let http)? = catalog.datasets["people"]?.source else { throw TestFailure("no source") }
        #expect(http.method == .post && http.isKeyed)
        #expect(http.body.map { JSON.text($0) } == #"{"filter":{"ids":"{keys}"},"size":100}"#)
    }

    @Test func theWindowIsAsLargeAsAChunkUnlessSaidOtherwise() throws {
        let (catalog, _) = try Folder(Self.minimal + "\nchunk: 30").load()
        #expect(catalog.datasets["people"]?.rules.window.size == 30)
    }

    @Test func aCacheCanBeSwitchedOff() throws {
        let (catalog, problems) = try Folder(Self.minimal + "\ncache: false").load()
        #expect(problems.isEmpty)
        #expect(catalog.datasets["people"]?.rules.cache.isOn == false)
    }

    @Test func aStatementIsCheckedAgainstTheDatabaseThatIsThere() async throws {
        let folder = try Folder(
            """
            name: people
            sqlite:
              file: people.sqlite
              query: SELECT id, name, :uid AS asker FROM person WHERE id IN (SELECT value FROM json_each(:keys))
              key: id
            """)
        #expect(folder.load().problems.map { $0.contains("warning") && $0.contains("not there yet") } == [true])
        let schema = Migration(version: 1, name: "people", sql: "CREATE TABLE person (id TEXT PRIMARY KEY, name TEXT)")
        let database = try Database.open(folder.data + "/people.sqlite", migrations: [schema])
        #expect(folder.load().problems.isEmpty)
        database.close()
        #expect(folder.load().problems.isEmpty)
    }
}
