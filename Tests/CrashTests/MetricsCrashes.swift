import Glibc
import TestSupport

/// A metrics service and some who publish to it, each a process, killed one after the other.
struct MetricsCrashes {
    /// Publishes totals that grow by one, and writes down for whoever outlives it how many it has sent and how many were answered.
    private static let script = """
        import json, os, socket, struct, sys, threading
        path, service, instance, book, count = sys.argv[1:6]
        book = os.open(book, os.O_WRONLY | os.O_CREAT, 0o600)
        connection = None
        def read(length):
            data = b""
            while len(data) < length:
                part = connection.recv(length - len(data))
                if not part: raise OSError("hung up")
                data += part
            return data
        def publish(number):
            series = [{"created": 1795253400000, "counter": number}]
            family = {"name": "shop_orders", "help": "Orders.", "type": "counter", "labels": [], "series": series}
            snapshot = {"service": service, "instance": instance, "started": 1795253400000, "sequence": number,
                        "taken": 1795253400000, "families": [family]}
            body = json.dumps({"jsonrpc": "2.0", "id": number, "method": "metrics.publish",
                               "params": {"snapshot": snapshot}}).encode()
            connection.sendall(struct.pack(">I", len(body)) + body)
            while True:
                answer = json.loads(read(struct.unpack(">I", read(4))[0]))
                if answer.get("id") == number:
                    if "error" in answer: raise OSError(answer["error"]["message"])
                    return
        for number in range(1, int(count) + 1):
            os.pwrite(book, struct.pack("<q", number), 0)
            while True:
                try:
                    if connection is None:
                        connection = socket.socket(socket.AF_UNIX)
                        connection.settimeout(20)
                        connection.connect(path)
                    publish(number)
                    break
                except OSError:
                    connection.close()
                    connection = None
                    threading.Event().wait(0.01)
            os.pwrite(book, struct.pack("<q", number), 8)
        """

    private struct Publisher {
        var service: String
        /// Still to be answered, before this process began.
        var left: Int
        var generation = 0
        var process: RunningProcess?
    }

    private let folder = TemporaryDirectory("millrace-metrics-crash")
    private var metrics: RunningProcess?
    private var publishers: [Publisher]
    private var socket: String { folder.file("run/metrics.sock") }

    /// Publishes that were answered, of processes that are gone.
    private(set) var answered = 0
    /// Publishes that were on their way when their process was killed.
    private(set) var inFlight = 0
    private var serviceKills = 0
    private var publisherKills = 0

    init(publishers count: Int, each: Int) {
        publishers = (0..<count).map { Publisher(service: "shop-\($0)", left: each) }
    }

    mutating func start() async throws {
        try await startMetrics()
        for number in publishers.indices { try startPublisher(number) }
    }

    /// Waits until so many publishes are answered, or all.
    func reach(_ count: Int) async throws {
        try await eventually("\(count) publishes", within: .seconds(600), every: .milliseconds(2)) {
            let now = publishers.indices.reduce(answered) { $0 + book($1).answered }
            return now >= count || publishers.allSatisfy { $0.process?.progress.value.ending != nil }
        }
    }

    /// Kills the service, or five times as often one who publishes, and starts it again.
    mutating func killOne(_ random: inout SeededGenerator) async throws {
        if Int.random(in: 0..<6, using: &random) == 0 {
            try await killMetrics()
            return try await startMetrics()
        }
        let number = Int.random(in: publishers.indices, using: &random)
        guard let process = publishers[number].process, process.progress.value.ending == nil else { return }
        process.signal(SIGKILL)
        try await process.wait(within: .seconds(20))
        publisherKills += 1
        close(number)
        if publishers[number].left > 0 { try startPublisher(number) }
    }

    /// Waits for all to be answered, and kills the service once more.
    mutating func finish() async throws {
        for number in publishers.indices {
            guard let process = publishers[number].process else { continue }
            let ending = try await process.wait(within: .seconds(600))
            guard ending == .exited(0) else { throw TestFailure("\(ending): \(process.progress.value.errorText)") }
            close(number)
        }
        try await killMetrics()
        try await startMetrics()
    }

    /// What the service says that was published in all.
    func told() async throws -> Int {
        let socket = socket
        let answer = try await onThread {
            try WireClient(socket).call("metrics.query", #"{"expression":"sum(shop_orders)"}"#)
        }
        guard let value = answer["values"][0]["value"].int else { throw TestFailure("\(answer)") }
        return value
    }

    // MARK: - Processes

    private mutating func startMetrics() async throws {
        let started = try RunningProcess(
            ["setpriv", "--pdeathsig", "KILL", Binary.path("millrace-metrics"), "--state", folder.path, "--port", "0"],
            environment: ["NOTIFY_SOCKET": nil, "LISTEN_FDS": nil, "SWIFT_BACKTRACE": "enable=no"])
        metrics = started
        try await started.waitForOutput("ready")
    }

    private mutating func killMetrics() async throws {
        metrics?.signal(SIGKILL)
        let ending = try await metrics?.wait(within: .seconds(20))
        guard ending == .killed(signal: SIGKILL) else { throw TestFailure("it had ended: \(ending as Any)") }
        serviceKills += 1
    }

    private mutating func startPublisher(_ number: Int) throws {
        let publisher = publishers[number]
        let instance = "\(publisher.service)-\(publisher.generation)"
        publishers[number].process = try RunningProcess([
            "setpriv", "--pdeathsig", "KILL", "python3", "-c", Self.script, socket, publisher.service, instance,
            folder.file(instance), "\(publisher.left)",
        ])
    }

    /// Takes down what a process that is gone has left.
    private mutating func close(_ number: Int) {
        let (sent, heard) = book(number)
        answered += heard
        inFlight += sent - heard
        publishers[number].left -= sent
        publishers[number].generation += 1
        publishers[number].process = nil
    }

    /// How many publishes the process of now has sent, and how many were answered.
    private func book(_ number: Int) -> (sent: Int, answered: Int) {
        let publisher = publishers[number]
        guard publisher.process != nil else { return (0, 0) }
        let bytes = contents(of: folder.file("\(publisher.service)-\(publisher.generation)")) ?? []
        func value(_ place: Int) -> Int {
            bytes.count < place + 8 ? 0 : bytes[place..<place + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        return (value(0), value(8))
    }

    func write(_ told: Int, _ conditions: CrashConditions, to path: String) throws {
        let text = """
            # Figures and `kill -9`

            Made by `make crash-metrics`; do not edit. \(conditions)

            **\(answered) publishes that were answered, \(serviceKills) kills of the metrics service and \(publisherKills) of those who \
            published, \(told) counted at the end: \(max(0, answered - told)) lost, \(max(0, told - answered - inFlight)) counted twice.**

            Eight processes publish a total that grows by one each time; the one that is killed comes back as another instance, which
            begins at nothing. \(inFlight) publishes were on their way when their sender died: they may have come or not. The service is
            killed once more before it is asked.

            """
        try writeFile(text, to: path)
    }
}
