import Glibc
import JSONCodec
import KindFiles
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import TestSupport

@testable import RunnerService

/// Pools with real processes, and in place of the runner what it owes them: a server that they register at, calls that
/// the test makes, and the end of a connection whose process is to go.
final class PoolYard: WorkerPoolsOwner {
    /// A process that has registered.
    struct Registered: Sendable {
        let pool: String
        let session: RPCSession
        var calls = 0
        /// Answers of which the pools know.
        var answers = 0
        var isRetired = false
        /// Whether the pools have been told.
        var isTold = false
    }

    struct History: Sendable {
        var registered: [Int32: Registered] = [:]
        /// Every process that was ever adopted.
        var pids: [Int32] = []
        /// The fewest processes that took calls in the moment one was asked to go, by pool.
        var fewestLeft: [String: Int] = [:]

        /// Those that take calls.
        func ready(_ pool: String) -> [Int32] {
            registered.filter { $0.value.pool == pool && $0.value.isTold && !$0.value.isRetired }.map(\.key).sorted()
        }
    }

    let pools: WorkerPools
    let history = Watched(History())
    private let lines = Locked<[String]>([])
    private let server: RPCServer
    private let adopted = Locked<[Int32: String]>([:])
    private let door = Locked<WorkerPools?>(nil)
    private let callsAtOnce: Bool

    /// - Parameter callsAtOnce: every process gets a call when it registers, as under load.
    private init(time: any TimeSource, callsAtOnce: Bool) {
        let log = Logger(label: "yard") { [lines] _ in LineLog(lines: lines) }
        pools = WorkerPools(state: nil, log: log, time: time)
        self.callsAtOnce = callsAtOnce
        var router = RPCRouter()
        let registered = Locked<(@Sendable (WorkerRegister.Params, RPCSession, Int32) -> Void)?>(nil)
        router.onReply(WorkerRegister.self) { params, context, reply in
            let take = registered.withLock { $0 }
            take?(params, context.session, context.peer.credentials?.pid ?? 0)
            reply.succeed(WorkerRegister.Result(worker: 1, run: 1))
        }
        server = RPCServer(router: router, log: log)
        registered.withLock { $0 = { [weak self] in self?.register($0, $1, $2) } }
    }

    /// Runs `body` with pools that keep `definitions`, ends them, and looks whether anything is left.
    static func run(
        _ definitions: [WorkerDefinition], time: any TimeSource = SystemTime(), callsAtOnce: Bool = false,
        _ body: (PoolYard) async throws -> Void
    ) async throws {
        let yard = PoolYard(time: time, callsAtOnce: callsAtOnce)
        yard.pools.start(definitions, for: yard)
        var failure: (any Error)?
        do { try await body(yard) } catch { failure = error }
        let pools = yard.pools
        try await within(.seconds(30), "the end of the pools") { [time] in
            async let ended: Void = pools.stop()
            // On a clock that stands, time goes by for those who do not heed TERM.
            if let time = time as? ManualTime {
                let over = Watched(false)
                let mover = Task {
                    while !over.value {
                        await time.sleepers(atLeast: 1)
                        if !over.value { time.advance(by: .seconds(1)) }
                        try? await Task.sleep(for: .milliseconds(50))
                    }
                }
                await ended
                over.update { $0 = true }
                time.advance(by: .zero)
                mover.cancel()
            } else {
                await ended
            }
        }
        await yard.server.drain(within: .seconds(1))
        if let failure {
            throw TestFailure("\(failure)\n\(yard.lines.withLock { $0.suffix(50).joined(separator: "\n") })")
        }
        for pid in yard.history.value.pids where kill(pid, 0) == 0 {
            throw TestFailure("process \(pid) is left")
        }
    }

    func adopt(_ descriptor: Descriptor, pid: Int32, pool: String) async throws -> RPCSession {
        adopted.withLock { $0[pid] = pool }
        history.update { $0.pids.append(pid) }
        let own = PeerCredentials.current
        let credentials = PeerCredentials(pid: pid, uid: own.uid, gid: own.gid, groups: own.groups)
        return try await server.adopt(connected: descriptor, peer: Peer(credentials: credentials, access: .write))
    }

    func retire(pid: Int32) {
        history.update { history in
            guard let pool = history.registered[pid]?.pool else { return }
            history.registered[pid]?.isRetired = true
            let left = history.registered.values.count { $0.pool == pool && !$0.isRetired }
            history.fewestLeft[pool] = min(history.fewestLeft[pool] ?? left, left)
        }
        closeIfDone(pid)
    }

    private func register(_ offer: WorkerRegister.Params, _ session: RPCSession, _ pid: Int32) {
        guard let pool = adopted.withLock({ $0[pid] }) else { return }
        history.update { $0.registered[pid] = Registered(pool: pool, session: session) }
        pools.registered(pid: pid, worker: 1, load: PoolLoad(calls: 0, capacity: offer.capacity))
        history.update { $0.registered[pid]?.isTold = true }
        session.onClose { [weak self] _ in
            self?.history.update { $0.registered[pid] = nil }
            self?.pools.left(pid: pid)
        }
        if callsAtOnce { call(pid, "done") }
    }

    /// Gives a process an item; "hold" is answered when it gets a "release".
    func call(_ pid: Int32, _ item: String) {
        guard let session = history.value.registered[pid]?.session else { return }
        count(pid, 1)
        let brief = JobBrief(id: JobID(1), kind: "test.pool", params: .null, correlationId: "test")
        let params = WorkloadProcess.Params(
            job: brief, item: ItemBrief(index: 0, key: item, input: .null), attempt: 1, fence: 1)
        session.send(WorkloadProcess.self, params) { [weak self] _ in self?.count(pid, -1) }
    }

    private func count(_ pid: Int32, _ change: Int) {
        var calls: Int?
        history.update { history in
            history.registered[pid]?.calls += change
            calls = history.registered[pid]?.calls
        }
        if let calls { pools.changed(pid: pid, load: PoolLoad(calls: calls, capacity: 4)) }
        if change < 0 { history.update { $0.registered[pid]?.answers += 1 } }
        closeIfDone(pid)
    }

    private func closeIfDone(_ pid: Int32) {
        guard let process = history.value.registered[pid], process.isRetired, process.calls == 0 else { return }
        process.session.close()
    }

    // MARK: What a test waits for

    /// The processes of a pool that take calls, once there are so many.
    @discardableResult
    func ready(_ count: Int, _ pool: String = "yard", within limit: Duration = .seconds(20)) async throws -> [Int32] {
        try await history.wait(within: limit, for: "\(count) processes of \(pool)") { $0.ready(pool).count == count }
            .ready(pool)
    }

    /// Gives a process an item and waits until it has done it.
    func answered(_ pid: Int32) async throws {
        let before = history.value.registered[pid]?.answers ?? 0
        call(pid, "done")
        try await history.wait(for: "the answer of \(pid)") { ($0.registered[pid]?.answers ?? 0) > before }
    }

    /// Waits until a process and its number are gone, and its connection with them.
    func gone(_ pid: Int32, within limit: Duration = .seconds(20)) async throws {
        try await eventually("process \(pid) is gone", within: limit) { kill(pid, 0) != 0 }
        try await history.wait(within: limit, for: "the end of the connection of \(pid)") { $0.registered[pid] == nil }
    }

    func view(_ pool: String = "yard") throws -> PoolView {
        guard let view = pools.views.first(where: { $0.name == pool }) else { throw TestFailure("no pool \(pool)") }
        return view
    }
}

private struct LineLog: LogHandler {
    let lines: Locked<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(lines: Locked<[String]>) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.level) \(event.message)") }
    }
}

extension WorkerDefinition {
    /// A worker of a few lines of Python, which takes four calls at once.
    ///
    /// - Parameter mode: `"deaf"` knows no `worker.ping`, `"stubborn"` heeds neither TERM nor the end of its connection and
    ///   has a child that does not either, `"shy"` never registers.
    static func python(_ pool: String = "yard", mode: String = "good") -> WorkerDefinition {
        WorkerDefinition(name: pool, process: .trusted([interpreter ?? "python3", "-S", "-E", "-c", source, mode]))
    }

    static func started(_ pool: String, _ arguments: [String]) -> WorkerDefinition {
        WorkerDefinition(name: pool, process: .trusted(arguments))
    }

    /// The interpreter itself, which starts faster than what stands before it in PATH; nil where there is none.
    static let interpreter: String? = {
        guard let pipe = try? Pipe(),
            (try? ChildProcess(
                ["python3", "-c", "import sys; print(sys.executable, end='')"], descriptors: [(pipe.writer.raw, 1)]))
                != nil
        else { return nil }
        pipe.writer.close()
        let path = (try? pipe.reader.readToEnd()).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return path.hasPrefix("/") ? path : nil
    }()

    private static let source = """
        import json, os, signal, socket, struct, sys, time
        mode = sys.argv[1]
        peer = socket.socket(fileno=int(os.environ["MILLRACE_WORKER_FD"]))
        if mode == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if os.fork() == 0:
                while True: time.sleep(1000)
        if mode == "shy":
            while True: time.sleep(1000)
        def send(message):
            body = json.dumps(dict(message, jsonrpc="2.0")).encode()
            peer.sendall(struct.pack(">I", len(body)) + body)
        def read(count):
            data = b""
            while len(data) < count:
                part = peer.recv(count - len(data))
                if not part:
                    while mode == "stubborn": time.sleep(1000)
                    sys.exit(0)
                data += part
            return data
        kinds = [{"name": "test.pool", "stages": ["process"]}]
        send({"id": 0, "method": "worker.register", "params": {"name": "yard", "kinds": kinds, "capacity": 4}})
        held = []
        while True:
            message = json.loads(read(struct.unpack(">I", read(4))[0]))
            method = message.get("method")
            if method == "worker.ping" and mode == "deaf":
                send({"id": message["id"], "error": {"code": -32601, "message": "Method not found"}})
            elif method == "worker.ping":
                send({"id": message["id"], "result": {}})
            elif method == "workload.process":
                key = message["params"]["item"]["key"]
                if key == "hold":
                    held.append(message["id"])
                    continue
                if key == "release":
                    while held: send({"id": held.pop(), "result": {}})
                send({"id": message["id"], "result": {}})
        """
}
