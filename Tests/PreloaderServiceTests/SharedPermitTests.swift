import Glibc
import Simulators
import TestSupport
import Testing

/// One budget of an outside service for the preloader and a worker process, held by the runner; and by the preloader alone
/// while there is no runner.
@Suite(
    .heavy,
    .enabled(if: RunningPreloader.isBuilt && RunningRunner.isBuilt && PythonWorker.isThere, "not all is built"))
struct SharedPermitTests {
    private static let (rate, burst) = (40, 4)
    private static let resource = "{ name: api, rate: \(rate), burst: \(burst), breaker: { failures: 5, pause: 30s } }"

    /// Takes a permit for each call that it makes.
    private static let worker = """
        import json, socket, struct, sys, urllib.request
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(sys.argv[1])
        def ask(method, **params):
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
            peer.sendall(struct.pack(">I", len(body)) + body)
            size = struct.unpack(">I", peer.recv(4, socket.MSG_WAITALL))[0]
            return json.loads(peer.recv(size, socket.MSG_WAITALL))["result"]
        for number in range(int(sys.argv[3])):
            permit = ask("permit.acquire", resource="api")["permit"]
            urllib.request.urlopen(sys.argv[2]).read()
            ask("permit.report", permit=permit, succeeded=True)
        """

    /// A service that notes when it was called, a runner that knows its budget, and a preloader with a dataset of it: a
    /// request for each key.
    private static func run(
        _ body: (RunningPreloader, RunningRunner, HTTPSimulator, Watched<[Duration]>) async throws -> Void
    ) async throws {
        let begin = ContinuousClock.now
        let calls = Watched<[Duration]>([])
        try await HTTPSimulator.run(answer: { call in
            calls.update { $0.append(call.time - begin) }
            return call.target.contains("worker") ? .json("[]") : People.answer(call)
        }) { simulator in
            let more = """
                chunk: 1
                window: { size: 1 }
                parallelism: 5
                resource: { name: api, rate: \(rate), burst: \(burst) }
                """
            let preloader = RunningPreloader()
            preloader.declare(People.dataset(simulator, "\(more)\ncache: false"))
            let runner = RunningRunner(kinds: "resources: [\(resource)]\n", state: preloader.state)
            try await runner.use { runner in
                try await preloader.use { preloader in try await body(preloader, runner, simulator, calls) }
            }
        }
    }

    /// Calls that had come by any moment, against what may have: one burst, and the rate since the beginning.
    private static func expectKept(_ calls: [Duration]) {
        for (place, time) in calls.enumerated() {
            let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
            let most = Double(burst) + Double(rate) * seconds
            #expect(Double(place + 1) <= most, "\(place + 1) calls after \(seconds) s")
        }
    }

    @Test func aWorkerAndThePreloaderTogetherStayWithinOneBudget() async throws {
        try await Self.run { preloader, runner, simulator, calls in
            let worker = try RunningProcess(
                ["python3", "-c", Self.worker, runner.socket, simulator.url("/worker"), "50"])
            async let rows = preloader.fetch("people", (0..<50).map { "p\($0)" })
            #expect(try await rows["values"].names.count == 50)
            #expect(try await worker.wait() == .exited(0), "\(worker.progress.value.errorText)")
            #expect(calls.value.count == 100)
            Self.expectKept(calls.value)
            // Neither had it for itself: the worker asks for one at a time, the preloader for up to five.
            let half = simulator.calls.prefix(50).count { $0.target.contains("worker") }
            #expect((2...40).contains(half), "\(half) of the worker's among the first 50")
            #expect(!preloader.log.contains("no permits from the runner"))
        }
    }

    @Test func withoutARunnerItKeepsToTheRateAloneAndWithOneAgainToHis() async throws {
        try await Self.run { preloader, runner, simulator, calls in
            async let rows = preloader.fetch("people", (0..<160).map { "p\($0)" })
            try await calls.wait(for: "calls under the runner's permits") { $0.count >= 30 }
            try await runner.kill()
            let before = calls.value.count
            try await calls.wait(for: "calls without a runner") { $0.count >= before + 60 }
            #expect(preloader.log.contains("no permits from the runner, keeping to the declared rate alone"))
            try await runner.start()
            #expect(try await rows["values"].names.count == 160, "nobody noticed")
            Self.expectKept(calls.value)

            // The runner's word counts again: only it knows that the breaker is open.
            try await runner.call("breaker.open", "{\"name\":\"api\"}")
            try await eventually("the runner is asked again", every: .milliseconds(100)) {
                let errors = try await preloader.fetch("people", ["p1"])["errors"]
                return errors["p1"]["data"]["reason"].string == "breaker.open"
            }
            let count = calls.value.count
            _ = try await preloader.fetch("people", ["p2"])
            #expect(calls.value.count == count)
        }
    }
}
