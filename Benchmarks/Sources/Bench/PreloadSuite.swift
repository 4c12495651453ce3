import Foundation
import JSONCodec
import MillraceRPC

/// What a key costs that is in memory, and what waiting for others costs one that is not.
enum PreloadSuite {
    struct Inside: Decodable {
        var list: Double
        var single: Double
        var growth: Double
        var entries: Double
        var counted: Double
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
        let (keys, mebibytes) = (bench.quick ? 1_000_000 : 10_000_000, 64)
        let times: Inside = try Command(
            bench.product("preload-times"), ["\(rounds)", bench.quick ? "2000" : "20000", "\(keys)", "\(mebibytes)"]
        ).result()
        func add(_ name: String, _ value: Double, _ unit: String, _ goal: Goal? = nil, rounds: Int) {
            bench.report.add(Figure("preload", name, value, unit, goal: goal, rounds: rounds))
        }
        add("cached key in process, in lists of 100", times.list / 1000, "us", .valueAtMost(1), rounds: rounds)
        add("cached key in process, alone", times.single / 1000, "us", .valueAtMost(1), rounds: rounds)
        add(
            "memory for \(keys / 1_000_000) million keys, allowed \(mebibytes) MiB", times.growth / 1_048_576, "MiB",
            .valueAtMost(Double(mebibytes)), rounds: 1)
        add("keys kept of them", times.entries, "keys", rounds: 1)
    }
}
