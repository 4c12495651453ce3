import Glibc
import TestSupport
import Testing

/// Kinds that belong to the runner's pools: whoever may submit jobs cannot take their work over.
@Suite(
    .serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"),
    .enabled(if: PythonWorker.isThere, "python3 not there"))
struct ReservedKindTests {
    private let folder = TemporaryDirectory()

    private func pooled(_ runner: RunningRunner) async throws {
        try await eventually("the pool's worker is there", within: .seconds(30)) {
            try await runner.call("worker.list")["workers"].elements.contains { $0["pool"].string != nil }
        }
    }

    private func reason(_ runner: RunningRunner, registering kinds: String) async throws -> String? {
        let params = "{\"name\":\"outside\",\"kinds\":\(kinds),\"capacity\":9}"
        return try await runner.request("worker.register", params)["error"]["data"]["reason"].string
    }

    @Test func aKindOfADeclaredPoolIsServedByItsProcessesAlone() async throws {
        let worker = PythonWorker.write(to: folder)
        let kinds = "kinds: [{ name: task, worker: { command: [/usr/bin/python3, \(worker), task, \"1\"] } }]\n"
        try await RunningRunner.run(kinds: kinds) { runner in
            // Also before the first of its processes is there.
            #expect(try await reason(runner, registering: #"[{"name":"task"}]"#) == "kind.reserved")
            try await pooled(runner)
            #expect(try await reason(runner, registering: #"[{"name":"free"},{"name":"task"}]"#) == "kind.reserved")
            #expect(try await reason(runner, registering: #"[{"name":"free"}]"#) == nil)
            let job = try await runner.finished(try await runner.submit("task"))
            #expect(job["state"].string == "succeeded" && job["result"]["pid"].int != nil)
        }
    }

    /// Whoever may change the runner may run a back office by hand; whoever may only use it may not.
    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func aKindThatAPoolOfTheSettingsHasRegisteredStaysItsOwnAcrossRestarts() async throws {
        let worker = PythonWorker.write(to: folder)
        let runner = RunningRunner(
            settings: "[Service]\nGroup=nogroup\n", options: ["--commands", "/usr/bin/python3 \(worker) payout 1"])
        func refusal(_ kind: String) async throws -> String {
            runner.openToNobody()
            let params = "{\"name\":\"outside\",\"kinds\":[{\"name\":\"\(kind)\"}],\"capacity\":9}"
            return try await runner.asNobody(["call", "worker.register", params]).errors
        }
        try await runner.use { runner in
            try await pooled(runner)
            #expect(try await refusal("payout").contains("kind.reserved"))
            #expect(try await reason(runner, registering: #"[{"name":"payout"}]"#) == nil)
            // What was to be written before a job is on disk with it.
            _ = try await runner.submit("payout")
            try await runner.kill()
            // Its processes cannot serve for now.
            folder.write("import time\ntime.sleep(1000)\n", to: "worker.py")
            try await runner.start()
            #expect(try await refusal("payout").contains("kind.reserved"))
            #expect(try await refusal("free") == "")
        }
    }

    @Test func aWorkerFromOutsideIsHungUpOnWhenItsKindIsGivenToAPool() async throws {
        let worker = PythonWorker.write(to: folder)
        try await RunningRunner.run { runner in
            let outside = try TestWorker(runner.socket, kind: "task")
            let free = try TestWorker(runner.socket, kind: "free")
            try await eventually("both are there") {
                try await runner.call("worker.list")["workers"].elements.count == 2
            }
            let command = "[/usr/bin/python3, \(worker), task, \"1\"]"
            runner.declare("kinds: [{ name: task, worker: { command: \(command) } }]\n")
            try await runner.reload()
            _ = try await outside.history.wait(within: .seconds(20), for: "the outside worker to be hung up on") {
                $0.isClosed
            }
            #expect(!free.history.value.isClosed)
            try await pooled(runner)
            #expect(try await runner.finished(try await runner.submit("task"))["result"]["pid"].int != nil)
        }
    }
}
