import Glibc
import JSONCodec
import MillraceProtocol
import MillraceWorker
import TestSupport
import Testing

/// The preloader in the suite, as a person and as a worker have it.
@Suite(
    .heavy,
    .enabled(if: RunningSuite.isBuilt && Binary.exist("millrace-preloader"), "the suite is not built"))
struct PreloadTests {
    @Test func theBooksAreADatasetOfTheSuite() async throws {
        try await RunningSuite.run { suite in
            try await suite.importMonth(SampleMonth("2026-10", contractors: 5, projectsEach: 2))
            try await suite.declareDatasets(
                """
                name: contractors
                scope: shared
                sqlite:
                  file: books.sqlite
                  query: SELECT id, name FROM contractor WHERE id IN (SELECT value FROM json_each(?1))
                  key: id
                """)
            #expect(try await suite.check("preload", "check").contains("1 dataset, nothing is wrong"))
            #expect(try await suite.check("preload", "list").contains("contractors"))
            let status = try await suite.check("status")
            #expect(status.contains("preloader"))
            let rows = try Tree(try await suite.check("preload", "fetch", "contractors", "nobody", "--json"))
            #expect(rows["datasets"][0]["missing"][0].string == "nobody")
            let stats = try Tree(try await suite.check("preload", "stats", "--json"))
            #expect(stats["datasets"][0]["physicalRequests"].int == 1)
            #expect(try await suite.check("preload", "clear", "contractors").contains("1 key forgotten"))
            #expect(try await suite.check("preload", "n+1").contains("nobody asks key by key"))
            #expect(try await suite.millctl("preload", "fetch", "people", "x").ending == .exited(66))
        }
    }

    @Test func aWorkerAsksByItsClientAndIsToldWhenNoPreloaderIsThere() async throws {
        try await RunningSuite.run { suite in
            suite.folder.write("{\"a\":{\"n\":1},\"b\":{\"n\":2}}", to: "state/data/rows.json")
            try await suite.declareDatasets("name: rows\nfile: { path: rows.json }")
            let client = PreloadClient(socket: PreloadClient.socketPath { $0 == "MILLRACE_STATE" ? suite.state : nil })
            for number in 0..<12 {
                _ = try await client.load("rows", ["k\(number)"], kind: "payouts")
            }
            let rows = try await client.load("rows", ["a", "x", "b"])
            #expect(rows.values.map(\.key) == ["a", "b"] && rows.missing == ["x"] && rows.errors.isEmpty)
            #expect(try rows.decode("b", as: [String: Int].self) == ["n": 2])
            #expect(try rows.decode("x", as: [String: Int].self) == nil)
            #expect(try await client.load("rows", []).values.isEmpty)
            let callers = try await suite.check("preload", "n+1", "--json")
            #expect(try Tree(callers)["callers"][0]["kind"].string == "payouts")
            let unknown = await #expect(throws: RPCError.self) { try await client.load("nothing", ["a"]) }
            #expect(unknown?.status == .notFound)
            client.close()
        }
        let nobody = PreloadClient(socket: TemporaryDirectory().file("preloader.sock"))
        let begun = ContinuousClock.now
        let error = await #expect(throws: RPCError.self) { try await nobody.load("rows", ["a"]) }
        #expect(error?.status == .unavailable && error?.reason == "preload.absent")
        #expect(ContinuousClock.now - begun < .seconds(5))
    }
}

extension RunningSuite {
    /// Has the preloader know these datasets.
    func declareDatasets(_ text: String) async throws {
        for folder in ["etc", "etc/datasets.d"] { mkdir(state + "/" + folder, 0o755) }
        folder.write(text, to: "state/etc/datasets.d/test.yaml")
        try await check("call", "--service", "preloader", "service.reload")
    }
}
