import Foundation
import Samples

/// Requests over a Unix socket, every variant driven by the same C client.
///
/// Server and client are placed, because a scheduler left alone mixes two worlds at random: on one core only the work
/// of both counts, on two cores a wake-up across cores each way comes to it. Latency is measured in both placements,
/// throughput on two cores. Meanwhile a thread of the idle class keeps each core from halting.
enum WireSuite {
    static func run(_ bench: Bench) throws {
        let servers = try Servers(bench)
        defer { servers.stop() }
        let awake = try Daemon(Command(bench.floor("awake")), log: bench.path("awake.log"))
        defer { awake.stop() }
        try latency(bench, servers)
        try throughput(bench, servers)
    }

    private static func latency(_ bench: Bench, _ servers: Servers) throws {
        let rounds = bench.rounds(9)
        for (place, core) in [("one core", servers.core), ("two cores", 0)] {
            func p50(_ server: Servers.Server, _ request: String) throws -> Double {
                try servers.load(server, request, core: core, seconds: bench.seconds(0.3)).p50
            }
            let measured = try interleaved(
                rounds: rounds,
                [
                    { try p50(.thread, BenchEcho.request) },
                    { try p50(.ours, BenchEcho.request) },
                    { try p50(.thread, BenchSubmit.request) },
                    { try p50(.ours, BenchSubmit.request) },
                    { try asyncCaller(bench, servers.path(.ours), callers: 1, core: core).p50 },
                ])
            func add(_ name: String, _ value: Double, floor: Double, goal: Double) {
                bench.report.add(
                    Figure(
                        "wire", "\(name) p50, \(place)", value, "us", floor: floor, goal: .ratioAtMost(goal),
                        rounds: rounds))
            }
            add("echo request", measured[1], floor: measured[0], goal: 2)
            add("typed request", measured[3], floor: measured[2], goal: 2.5)
            add("typed request, our async client", measured[4], floor: measured[2], goal: 4)
        }
    }

    private static func throughput(_ bench: Bench, _ servers: Servers) throws {
        let rounds = bench.rounds(9)
        let seconds = bench.seconds(0.3)
        for (name, request) in [("echo", BenchEcho.request), ("typed", BenchSubmit.request)] {
            func rate(_ server: Servers.Server, connections: Int, window: Int) throws -> Double {
                try servers.load(server, request, connections: connections, window: window, core: 0, seconds: seconds)
                    .rate
            }
            let measured = try interleaved(
                rounds: rounds,
                [
                    { try rate(.thread, connections: 1, window: 64) },
                    { try rate(.ours, connections: 1, window: 64) },
                    { try rate(.epoll, connections: 16, window: 1) },
                    { try rate(.ours, connections: 16, window: 1) },
                ])
            func add(_ figure: String, _ value: Double, floor: Double? = nil, _ goal: Goal) {
                bench.report.add(
                    Figure("wire", "\(name), \(figure)", value, "requests/s", floor: floor, goal: goal, rounds: rounds))
            }
            add("64 in flight on 1 connection", measured[1], floor: measured[0], .ratioAtLeast(0.15))
            add("the same, absolute", measured[1], .valueAtLeast(200_000))
            add("16 connections", measured[3], floor: measured[2], .ratioAtLeast(0.3))
        }
        let callers = try interleaved(
            rounds: rounds,
            [{ try asyncCaller(bench, servers.path(.ours), callers: 64, core: 0).rate }])
        bench.report.add(
            Figure("wire", "typed, 64 callers of our async client", callers[0], "requests/s", rounds: rounds))
    }

    private static func asyncCaller(
        _ bench: Bench, _ socket: String, callers: Int, core: Int
    ) throws -> LoadResult {
        let arguments = [socket, "\(bench.seconds(0.3))", "\(callers)"]
        return try Command(try bench.product("async-caller"), arguments, core: core).result()
    }
}

/// The servers of the wire figures, all on the last core.
final class Servers {
    enum Server: String, CaseIterable {
        case thread, epoll, ours
    }

    let core = max(0, sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1)
    private let bench: Bench
    private var daemons: [Daemon] = []

    init(_ bench: Bench) throws {
        self.bench = bench
        let ours = try bench.product("echo-server")
        for server in Server.allCases {
            let program =
                switch server {
                case .thread: bench.floor("echo_thread")
                case .epoll: bench.floor("echo_epoll")
                case .ours: ours
                }
            do {
                let command = Command(program, [path(server)], core: core)
                daemons.append(try Daemon(command, log: bench.path("\(server).log"), socket: path(server)))
            } catch {
                stop()
                throw error
            }
        }
    }

    func path(_ server: Server) -> String { bench.path("\(server).sock") }

    func load(
        _ server: Server, _ request: String, connections: Int = 1, window: Int = 1, core: Int, seconds: Double
    ) throws -> LoadResult {
        var arguments = [path(server), "--request", request, "--seconds", "\(seconds)", "--warmup", "0.05"]
        arguments += ["--connections", "\(connections)", "--window", "\(window)"]
        if server == .ours { arguments += ["--expect", #""result":"#] }
        return try Command(bench.floor("client"), arguments, core: core).result()
    }

    func stop() {
        for daemon in daemons { daemon.stop() }
    }
}
