import Foundation
import Samples

/// Heap allocations of the whole server for one request: read, decode, dispatch, encode, write.
enum AllocationSuite {
    static func run(_ bench: Bench) throws {
        let socket = bench.path("counted.sock")
        let counts = bench.path("counts")
        let environment = ["LD_PRELOAD": bench.floor("malloc_count.so"), "MALLOC_COUNT": counts]
        let server = try Daemon(
            Command(bench.product("echo-server"), [socket], environment: environment), log: bench.path("counted.log"),
            socket: socket)
        defer { server.stop() }
        let rounds = bench.rounds(5)

        func perRequest(_ request: String, window: Int) throws -> Double {
            let requests = 20_000
            func load(_ requests: Int) throws {
                let arguments = [socket, "--request", request, "--requests", "\(requests)", "--window", "\(window)"]
                try Command(bench.floor("client"), arguments + ["--expect", #""result":"#]).output()
            }
            // A connection costs some allocations of its own: the difference of two runs leaves them out.
            let start = try allocations(counts)
            try load(1000)
            let middle = try allocations(counts)
            try load(1000 + requests)
            let end = try allocations(counts)
            return Double((end - middle) - (middle - start)) / Double(requests)
        }

        _ = try perRequest(BenchPing.request, window: 1)
        for (name, request, window, goal) in [
            ("ping", BenchPing.request, 1, Goal?.some(.valueAtMost(12))),
            ("ping, 64 in flight", BenchPing.request, 64, nil),
            ("echo", BenchEcho.request, 1, nil),
            ("typed request", BenchSubmit.request, 1, nil),
        ] {
            let measured = try interleaved(rounds: rounds, [{ try perRequest(request, window: window) }])
            bench.report.add(
                Figure("allocations", name, measured[0], "allocations", goal: goal, rounds: rounds))
        }
    }

    private static func allocations(_ path: String) throws -> Int {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return data.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    }
}
