/// redis with a log that is synced before every answer.
final class Redis {
    private let bench: Bench
    private let daemon: Daemon
    private let socket: String

    init(_ bench: Bench) throws {
        self.bench = bench
        socket = bench.path("redis.sock")
        let settings = [
            "--port", "0", "--unixsocket", socket, "--dir", try bench.folder("redis"), "--appendonly", "yes",
            "--appendfsync", "always", "--save", "",
        ]
        daemon = try Daemon(Command("redis-server", settings), log: bench.path("redis.log"), socket: socket)
    }

    /// LPUSH a second.
    func rate(callers: Int, seconds: Double, body: String) throws -> Double {
        try PeerLife.rate(bench, "redis", "put", socket, callers, seconds, body)
    }

    /// LPUSH, RPOPLPUSH and LREM by each of the callers, a second.
    func lives(callers: Int, seconds: Double, body: String) throws -> Double {
        try PeerLife.rate(bench, "redis", "life", socket, callers, seconds, body)
    }

    func stop() { daemon.stop() }
}

/// The client of queues with a text protocol.
enum PeerLife {
    static func rate(
        _ bench: Bench, _ peer: String, _ what: String, _ socket: String, _ callers: Int, _ seconds: Double,
        _ body: String
    ) throws -> Double {
        try Command(bench.floor("peer_life"), [peer, what, socket, "\(callers)", "\(seconds)", body])
            .result(LoadResult.self).rate
    }
}
