import Glibc
import TestSupport
import Testing

/// What is left of a runner that ended, and of the work it did.
@Suite(
    .serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"),
    .enabled(if: PythonWorker.isThere, "python3 not there"))
struct DrainDepthTests {
    private let folder = TemporaryDirectory()

    private func kinds(_ gate: HoldingPipe) -> String {
        let worker = PythonWorker.write(to: folder)
        return """
            kinds:
              - { name: task, worker: python }
              - { name: quick, command: [/bin/cat] }
              - { name: held, command: [/bin/sh, -c, "read -r line <\(gate.path)"] }
              - { name: endless, command: [/bin/sh, -c, "trap '' TERM; sleep 1000 & setsid sleep 1001 & wait; sleep 1002"], grace: 100ms }
            workers:
              - { name: python, command: [/usr/bin/python3, \(worker), task, "4"], processes: 2, warm: 2 }
            """
    }

    @Test func whatRunsEndsWithinTheDrainAndNoProcessIsLeft() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        let runner = RunningRunner(kinds: kinds(gate))
        try await runner.use { runner in
            try await eventually("both workers are there") {
                try await runner.call("worker.list")["workers"].elements.count == 2
            }
            var jobs: [Int] = []
            for _ in 0..<4 { jobs.append(try await runner.submit("held")) }
            for number in 0..<3 {
                let params = "{\"do\":\"wait\",\"mark\":\"\(folder.file("m\(number)"))\",\"gate\":\"\(gate.path)\"}"
                jobs.append(try await runner.submit("task", params))
            }
            for job in jobs { try await runner.reached("running", job) }
            try await eventually("the processes") { ProcessLook.descendants(of: runner.pid).count >= 6 }
            let family = ProcessLook.descendants(of: runner.pid)
            runner.signal(SIGTERM)
            try await eventually("it drains") {
                (try? WireClient(runner.socket)) == nil || runner.log.contains("drain")
            }
            gate.release(7)
            #expect(try await runner.ended() == .exited(0))
            #expect(family.filter(ProcessLook.isAlive).isEmpty)
            #expect(ProcessLook.bearing(runner.socket).isEmpty)
            #expect(access(runner.socket, F_OK) != 0, "the socket is left")
            try await runner.start()
            for job in jobs { #expect(try await runner.job(job)["state"].string == "succeeded") }
        }
    }

    @Test func whatDoesNotEndInTimeIsEndedWithItsTreeAndRunsAgainUnderTheNextRunner() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        let runner = RunningRunner(kinds: kinds(gate), settings: "[Service]\nDrainSec=1\n")
        try await runner.use { runner in
            let job = try await runner.submit("endless")
            try await eventually("the tree is there") { ProcessLook.descendants(of: runner.pid).count >= 5 }
            let family = ProcessLook.descendants(of: runner.pid)
            #expect(try await runner.stop() == .exited(0))
            #expect(family.filter(ProcessLook.isAlive).isEmpty)
            #expect(ProcessLook.bearing(runner.socket).isEmpty)
            try await runner.start()
            try await runner.reached("running", job)
            try await eventually("the second attempt") { try await runner.attempts(job).count == 2 }
            _ = try await runner.call("job.cancel", "{\"id\":\(job)}")
            #expect(try await runner.finished(job)["state"].string == "cancelled")
        }
    }

    @Test func twoHundredJobsLeaveNoDescriptorNoChildAndNoThreadBehind() async throws {
        let gate = try HoldingPipe(folder.file("gate"))
        try await RunningRunner.run(kinds: kinds(gate)) { runner in
            try await eventually("both workers are there") {
                try await runner.call("worker.list")["workers"].elements.count == 2
            }
            let socket = runner.socket
            func rounds(_ count: Int) async throws {
                let jobs = try await onThread {
                    let client = try WireClient(socket)
                    return try (0..<count).flatMap { number in
                        let command = try client.call("job.submit", "{\"kind\":\"quick\",\"params\":\(number)}")
                        let task = try client.call("job.submit", "{\"kind\":\"task\",\"params\":{}}")
                        return [command["id"].int ?? 0, task["id"].int ?? 0]
                    }
                }
                for job in jobs { #expect(try await runner.finished(job)["state"].string == "succeeded") }
            }
            func look() -> (descriptors: [Int: String], children: Int, threads: Int) {
                let threads = (text(of: "/proc/\(runner.pid)/status") ?? "").split(separator: "\n")
                    .first { $0.hasPrefix("Threads:") }?.split(separator: "\t").last.flatMap { Int($0) }
                return (
                    ProcessLook.descriptors(runner.pid), ProcessLook.descendants(of: runner.pid).count, threads ?? 0
                )
            }
            // Once before the count: readers of the database, threads of the pool come with the first work.
            try await rounds(50)
            let before = look()
            try await rounds(100)
            try await eventually("as many descriptors as before") {
                look().descriptors.count <= before.descriptors.count
            }
            let after = look()
            #expect(after.children == before.children && after.children == 2)
            #expect(after.threads <= before.threads + 1, "\(before.threads), then \(after.threads)")
            // And cancelled, failed and endless ones leave as little.
            let endless = try await runner.submit("endless")
            try await runner.reached("running", endless)
            _ = try await runner.call("job.cancel", "{\"id\":\(endless)}")
            try await runner.finished(endless)
            try await eventually("nothing of the cancelled one is left") {
                look().descriptors.count <= before.descriptors.count && look().children == 2
            }
        }
    }
}
