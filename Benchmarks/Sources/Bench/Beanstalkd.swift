/// beanstalkd with a log that is synced before every answer.
final class Beanstalkd {
    private let bench: Bench
    private let daemon: Daemon
    private let socket: String

    init(_ bench: Bench) throws {
        self.bench = bench
        socket = bench.path("beanstalkd.sock")
        daemon = try Daemon(
            Command("beanstalkd", ["-l", "unix:\(socket)", "-b", try bench.folder("beanstalkd"), "-f0"]),
            log: bench.path("beanstalkd.log"), socket: socket)
    }

    func rate(callers: Int, seconds: Double, body: String) throws -> Double {
        try Command(bench.floor("beanstalk"), [socket, "\(callers)", "\(seconds)", body]).result(LoadResult.self).rate
    }

    /// Jobs put in, taken and done by each of the callers, a second.
    func lives(callers: Int, seconds: Double, body: String) throws -> Double {
        try PeerLife.rate(bench, "beanstalkd", "life", socket, callers, seconds, body)
    }

    func stop() { daemon.stop() }
}
