import Glibc
import Linux
import Logging
import MillraceRPC
import Resilience

/// Keeps the runner's own worker processes alive: each has one end of a socket pair as descriptor 3 and is started
/// again, after a pause that grows, when it ends.
final class WorkerSupervisor: Sendable {
    /// The child's descriptor of the connection, and the variable that names it.
    static let descriptor: Int32 = 3
    static let variable = "MILLRACE_WORKER_FD"

    private let commands: [[String]]
    private let state: String?
    private let log: Logger
    private let time: any TimeSource
    private let children = Locked<[Int: ChildProcess]>([:])
    private let keepers = Locked<[Task<Void, Never>]>([])
    private let stopping = Locked(false)
    private let startedAt = Locked<Duration?>(nil)

    /// - Parameters:
    ///   - commands: Each a program and its arguments, parted by blanks.
    ///   - state: The folder of `--state`, which the workers have to find too; nil on an installed system.
    init(commands: [String], state: String?, log: Logger, time: any TimeSource) {
        self.state = state
        self.commands = commands.map { Self.resolve($0) }.filter { !$0.isEmpty }
        self.log = log
        self.time = time
    }

    /// Whether a first worker may still be on its way: a kind that nobody knows yet is worth waiting for.
    func mayStillStart(within time: Duration) -> Bool {
        !commands.isEmpty && startedAt.withLock { $0.map { self.time.boot() - $0 < time } ?? true }
    }

    private static func resolve(_ command: String) -> [String] {
        var words = command.split(separator: " ").map(String.init)
        guard let program = words.first, !program.contains("/") else { return words }
        let beside = Files.parent(Machine.executable) + "/" + program
        if Files.exists(beside) { words[0] = beside }
        return words
    }

    func start(server: RPCServer) {
        startedAt.withLock { $0 = time.boot() }
        keepers.withLock { keepers in
            for (number, command) in commands.enumerated() {
                keepers.append(Task { await self.keep(number, command, server) })
            }
        }
    }

    private func keep(_ number: Int, _ command: [String], _ server: RPCServer) async {
        let backoff = Backoff(base: .milliseconds(200), cap: .seconds(10))
        var failures = 0
        while !stopping.withLock({ $0 }) {
            let started = time.boot()
            do {
                let status = try await runOnce(number, command, server)
                if stopping.withLock({ $0 }) { return }
                log.warning("worker \(command[0]) ended: \(status)")
            } catch {
                if stopping.withLock({ $0 }) { return }
                log.error("worker \(command[0]) could not be started: \(error)")
            }
            // A worker that served for a while may come back at once.
            failures = time.boot() - started > .seconds(10) ? 0 : failures + 1
            guard failures > 0 else { continue }
            do { try await time.sleep(for: backoff.delay(attempt: failures)) } catch { return }
        }
    }

    private func runOnce(_ number: Int, _ command: [String], _ server: RPCServer) async throws -> ExitStatus {
        let (ours, theirs) = try UnixSocket.pair()
        var environment = Environment.all
        for name in ["NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID", "WATCHDOG_USEC", "WATCHDOG_PID"] {
            environment[name] = nil
        }
        environment[Self.variable] = String(Self.descriptor)
        if let state { environment["MILLRACE_STATE"] = state }
        let child = try ChildProcess(
            command, environment: environment, descriptors: [(2, 1), (2, 2), (theirs.raw, Self.descriptor)],
            endsGroup: true)
        theirs.close()
        children.withLock { $0[number] = child }
        defer { children.withLock { $0[number] = nil } }
        // Asked to stop meanwhile: the child must not be left behind.
        if stopping.withLock({ $0 }) { child.signal(SIGTERM) }
        let own = PeerCredentials.current
        let peer = Peer(
            credentials: PeerCredentials(pid: child.pid, uid: own.uid, gid: own.gid, groups: own.groups), access: .write
        )
        let session = try await server.adopt(connected: ours, peer: peer)
        let status = try await child.wait()
        session.close()
        return status
    }

    /// Ends the processes: TERM, and KILL for what is left after five seconds.
    func stop() async {
        stopping.withLock { $0 = true }
        let children = children.withLock { Array($0.values) }
        for child in children { child.signal(SIGTERM) }
        for child in children {
            do {
                _ = try await withDeadline(Deadline(after: .seconds(5), time: time), time: time) {
                    try await child.wait()
                }
            } catch {
                child.signal(SIGKILL)
            }
        }
        let keepers = keepers.withLock { keepers in
            defer { keepers = [] }
            return keepers
        }
        for keeper in keepers {
            keeper.cancel()
            await keeper.value
        }
    }
}
