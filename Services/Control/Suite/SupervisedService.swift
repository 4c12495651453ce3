import Glibc
import Linux

/// One service of a running suite: its socket, which outlives it, its process, and what it says of itself.
///
/// Nothing here waits; ``Suite`` polls the descriptors and calls back.
final class SupervisedService {
    enum Phase: Hashable {
        /// Started, not ready by then: killed.
        case starting(until: Duration)
        case ready
        /// Died; is started again then.
        case pausing(until: Duration)
        /// Told to end.
        case draining
        case ended
    }

    static let readyWithin = Duration.seconds(30)
    private static let keptLines = 20

    let installed: InstalledService
    let socketPath: String
    private(set) var phase = Phase.ended
    /// Whether it was ready once; a service that never was ends the whole start.
    private(set) var hasBeenReady = false
    /// The last lines of the process that runs, or that ran last.
    private(set) var lastLines: [String] = []
    private(set) var process: ChildProcess?
    private(set) var output: Descriptor?
    let notify: NotifySocket

    private let socket: Descriptor
    private let launch: (SupervisedService) -> [String]
    private let environment: [String: String]
    private let log: MergedLog
    private var lines = LineSplitter()
    private var budget = RestartBudget()

    var name: String { installed.service.name }
    var pid: pid_t? { process?.pid }

    /// Opens the sockets; starts nothing yet.
    init(
        _ installed: InstalledService, state: StateDirectory, environment: [String: String], log: MergedLog,
        launch: @escaping (SupervisedService) -> [String]
    ) throws(SystemError) {
        self.installed = installed
        self.log = log
        self.launch = launch
        socketPath = state.socket(of: installed.service.name)
        // The suite's lock is ours, so nobody of ours listens there; a listener that is not ours keeps it.
        socket = try UnixSocket.listen(path: socketPath, mode: 0o660)
        notify = try NotifySocket(path: "\(state.run)/\(installed.service.name).notify")
        self.environment = ServiceLauncher.environment(state: state, notify: notify.path, inherited: environment)
    }

    deinit { unlink(socketPath) }

    /// Starts the process with the socket as descriptor 3.
    func start(at now: Duration) throws(SystemError) {
        while notify.next() != nil {}
        let pipe = try Pipe()
        try pipe.reader.setNonBlocking(true)
        lastLines = []
        lines = LineSplitter()
        process = try ChildProcess(
            launch(self), environment: environment,
            descriptors: [
                (from: pipe.writer.raw, to: 1), (from: pipe.writer.raw, to: 2),
                (from: socket.raw, to: ServiceLauncher.firstSocket),
            ], endsGroup: true)
        output = pipe.reader
        phase = .starting(until: now + Self.readyWithin)
    }

    /// Reads what the service reported; true when it has just become ready.
    func readNotifications() -> Bool {
        var becameReady = false
        while let message = notify.next() {
            if message.isReady, case .starting = phase {
                phase = .ready
                hasBeenReady = true
                becameReady = true
            }
        }
        return becameReady
    }

    /// Reads what it wrote; at the end of the stream the descriptor goes.
    func readOutput() {
        guard let output else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        let count: Int
        do {
            count = try output.read(into: buffer)
        } catch {
            if error.number == EAGAIN { return }
            count = 0
        }
        if count > 0 {
            lines.append(buffer[..<count], line: keep)
        } else {
            lines.finish(line: keep)
            self.output = nil
        }
    }

    /// Takes note that the process has ended; nil while it has not. What it wrote until then is read first.
    func collect() -> ExitStatus? {
        guard let process, let status = process.exitStatus else { return nil }
        readLeftOutput()
        self.process = nil
        if phase == .draining { phase = .ended }
        return status
    }

    /// Decides what follows a death that nobody asked for.
    func verdict(at now: Duration) -> RestartBudget.Verdict {
        let verdict = budget.died(at: now)
        switch verdict {
        case .restart(let pause, _): phase = .pausing(until: now + pause)
        case .giveUp: phase = .ended
        }
        return verdict
    }

    /// Tells it to finish its work and end; one that is not running has ended.
    func drain() {
        guard let process else {
            phase = .ended
            return
        }
        phase = .draining
        process.signal(SIGTERM, group: false)
    }

    func kill() {
        guard let process else { return }
        phase = .draining
        process.signal(SIGKILL)
    }

    /// Asks it to read its settings again.
    func reload() {
        if phase == .ready { process?.signal(SIGHUP, group: false) }
    }

    /// When ``Suite`` has to look at it again; nil when only an event can change it.
    var deadline: Duration? {
        switch phase {
        case .starting(let until), .pausing(let until): until
        case .ready, .draining, .ended: nil
        }
    }

    /// Its children may hold the pipe open, so this reads what is there and does not wait for the end.
    private func readLeftOutput() {
        while let output {
            var wish = pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0)
            guard poll(&wish, 1, 0) > 0 else { break }
            readOutput()
        }
        lines.finish(line: keep)
        output = nil
    }

    private func keep(_ line: String) {
        log.line(line, from: name)
        if lastLines.count == Self.keptLines { lastLines.removeFirst() }
        lastLines.append(line)
    }
}
