import Foundation
import JSONCodec
import MillraceRPC

/// What a key costs that is in memory, and what waiting for others costs one that is not.
enum PreloadSuite {
    struct Inside: Decodable {
        var list: Double
        var single: Double
    }

    struct Memory: Decodable {
        var growth: Double
        var entries: Double
    }

    struct Shape {
        var name: String
        var keys: Int
        var chunk: Int
        /// Bytes of a row.
        var value: Int
        /// MiB that the process may grow by.
        var most: Double
    }

    static func run(_ bench: Bench) throws {
        try wire(bench)
        try inside(bench)
    }

    // MARK: Over the socket

    /// A list of 100 cached keys, against a C server that sends the same bytes to whoever asks.
    private static func wire(_ bench: Bench) throws {
        for folder in ["run", "data", "log", "etc/datasets.d"] { _ = try bench.folder("preload/\(folder)") }
        let state = bench.path("preload")
        let rows = (0..<1000).map { #""\#(key($0))":{"id":"\#(key($0))","name":"Somebody"}"# }.joined(separator: ",")
        try Data("{\(rows)}".utf8).write(to: URL(filePath: "\(state)/data/rows.json"))
        let declaration = "name: rows\nfile: { path: rows.json }\ncache: { ttl: 1h }\n"
        try Data(declaration.utf8).write(to: URL(filePath: "\(state)/etc/datasets.d/rows.yaml"))
        let core = max(0, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1)
        let socket = "\(state)/run/preloader.sock"
        let preloader = try Daemon(
            Command(
                try bench.product("millrace-preloader"), ["--state", state], environment: ["MILLRACE_STATE": state],
                core: core), log: "\(state)/log/preloader.log", socket: socket)
        defer { preloader.stop() }

        let params = fetch((0..<100).map { key($0) })
        let client = try BlockingClient(socket: socket)
        let answer = try client.callRaw("preload.fetch", JSONRaw(validating: Array(params.utf8)))
        let canned =
            #"{"jsonrpc":"2.0","id":000000000,"result":\#(answer.text),"meta":{"correlationId":"0123456789-1"}}"#
        try Data(canned.utf8).write(to: URL(filePath: bench.path("canned.json")))
        let raw = try Daemon(
            Command(bench.floor("canned"), [bench.path("canned.sock"), bench.path("canned.json")], core: core),
            log: bench.path("canned.log"), socket: bench.path("canned.sock"))
        defer { raw.stop() }
        let awake = try Daemon(Command(bench.floor("awake")), log: bench.path("awake.log"))
        defer { awake.stop() }

        let request = #"{"jsonrpc":"2.0","id":ID,"method":"preload.fetch","params":\#(params)}"#
        let rounds = bench.rounds(9)
        func p50(_ socket: String, core: Int) throws -> Double {
            let arguments = [
                socket, "--request", request, "--seconds", "\(bench.seconds(0.3))", "--warmup", "0.05", "--expect",
                #""result":"#,
            ]
            let result: LoadResult = try Command(bench.floor("client"), arguments, core: core).result()
            return result.p50
        }
        for (place, client) in [("one core", core), ("two cores", 0)] {
            let measured = try interleaved(
                rounds: rounds,
                [{ try p50(bench.path("canned.sock"), core: client) }, { try p50(socket, core: client) }])
            bench.report.add(
                Figure(
                    "preload", "cached list of 100 keys p50, \(place)", measured[1], "us", floor: measured[0],
                    rounds: rounds))
            bench.report.add(
                Figure(
                    "preload", "of it beyond the raw round trip of the same bytes, \(place)",
                    measured[1] - measured[0], "us", goal: .valueAtMost(60), rounds: rounds))
        }
        try window(bench, client)
    }

    /// What the window costs keys that are not known, with several callers at once.
    private static func window(_ bench: Bench, _ client: BlockingClient) throws {
        let count = bench.quick ? 100 : 900
        for number in 100..<(100 + count) {
            let params = fetch([key(number), key((number + 1) % 1000)])
            _ = try client.callRaw("preload.fetch", JSONRaw(validating: Array(params.utf8)))
        }
        let stats = try client.callRaw("preload.stats").decode(JSONValue.self)["datasets"]?[0]
        for (name, member) in [("p50", "windowDelayP50Us"), ("p99", "windowDelayP99Us")] {
            guard let value = stats?[member]?.doubleValue else { throw BenchmarkError("no \(member)") }
            bench.report.add(
                Figure("preload", "window delay of a lone caller's keys, \(name)", value, "us", rounds: 1))
        }
    }

    private static func key(_ number: Int) -> String { "contractor-\(100_000 + number)" }

    private static func fetch(_ keys: [String]) -> String {
        let list = keys.map { "\"\($0)\"" }.joined(separator: ",")
        return #"{"datasets":[{"dataset":"rows","keys":[\#(list)]}]}"#
    }

    // MARK: In process

    private static func inside(_ bench: Bench) throws {
        let rounds = bench.rounds(9)
        let program = try bench.product("preload-times")
        let times: Inside = try Command(program, ["cached", "\(rounds)", bench.quick ? "2000" : "20000"]).result()
        func add(_ name: String, _ value: Double, _ unit: String, _ goal: Goal? = nil, rounds: Int) {
            bench.report.add(Figure("preload", name, value, unit, goal: goal, rounds: rounds))
        }
        add("cached key in process, in lists of 100", times.list / 1000, "us", .valueAtMost(1), rounds: rounds)
        add("cached key in process, alone", times.single / 1000, "us", .valueAtMost(1), rounds: rounds)
        for shape in shapes {
            let keys = bench.quick ? shape.keys / 10 : shape.keys
            let memory: Memory = try Command(
                program, ["memory", "64", "\(keys)", "\(shape.chunk)", "\(shape.value)"]
            ).result()
            add(
                "memory, 64 MiB allowed: \(shape.name)", memory.growth / 1_048_576, "MiB", .valueAtMost(shape.most),
                rounds: 1)
            add("keys kept of them", memory.entries, "keys", rounds: 1)
        }
    }

    /// What goes through a cache of 64 MiB. What is on its way is no part of the cache: a list of keys and its answer, while
    /// they are loaded.
    private static let shapes = [
        Shape(name: "10 million small rows in lists of 1,000", keys: 10_000_000, chunk: 1000, value: 42, most: 64),
        Shape(
            name: "2 million small rows in lists of 100,000, which take 50 MiB on their way", keys: 2_000_000,
            chunk: 100_000, value: 42, most: 116),
        Shape(name: "20,000 rows of 64 KiB in lists of 10", keys: 20_000, chunk: 10, value: 65_536, most: 68),
        Shape(name: "1,000 rows of 8 MiB, one at a time", keys: 1000, chunk: 1, value: 8 << 20, most: 80),
    ]
}
