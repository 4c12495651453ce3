import Glibc
import TestSupport
import Testing

/// What was acknowledged is not lost: by a killed runner, by a full disk.
@Suite(.serialized, .heavy, .enabled(if: RunningRunner.isBuilt, "the runner is not built"))
struct StoreTroubleTests {
    private let folder = TemporaryDirectory()

    @Test func aQueueOfTheClassCrashSaysSoAndItsJobSurvivesAKillRightAfterTheAnswer() async throws {
        let kinds = """
            kinds:
              - { name: ok, command: [/bin/true] }
            queues:
              - { name: bulk, durability: crash }
            """
        try await RunningRunner.run(kinds: kinds) { runner in
            try await runner.check("kind", "pause", "ok")
            let socket = runner.socket
            let pid = runner.pid
            let (receipts, answers) = try await onThread {
                let client = try WireClient(socket)
                var answers: [Tree] = []
                for number in 0..<50 {
                    answers.append(
                        try client.call("job.submit", "{\"kind\":\"ok\",\"queue\":\"bulk\",\"params\":\(number)}"))
                }
                Glibc.kill(pid, SIGKILL)
                return (answers.compactMap { $0["id"].int }, answers)
            }
            #expect(answers.allSatisfy { $0["durability"].string == "crash" })
            _ = try await runner.ended()
            try await runner.start()
            for (number, id) in receipts.enumerated() { #expect(try await runner.job(id)["params"].int == number) }
            #expect(try await runner.call("job.submit", "{\"kind\":\"ok\"}")["durability"].string == "disk")
            // By hand, at once and for good.
            try await runner.check("queue", "set", "default", "--durability", "crash")
            try await runner.stop()
            try await runner.start()
            #expect(try await runner.call("job.submit", "{\"kind\":\"ok\"}")["durability"].string == "crash")
        }
    }

    @Test(.enabled(if: SmallDisk.hindrance == nil, "no small disk: \(SmallDisk.hindrance ?? "")"))
    func aFullDiskRefusesSubmitsLosesNothingAndWorkGoesOnByItselfWhenThereIsRoom() async throws {
        let disk = try SmallDisk(megabytes: 12)
        let gate = try HoldingPipe(folder.file("gate"))
        let kinds = """
            kinds:
              - { name: held, command: [/bin/sh, -c, "read -r line <\(gate.path); echo 7"] }
              - { name: ok, command: [/bin/true] }
            """
        let runner = RunningRunner(kinds: kinds, state: disk.path)
        try await runner.use { runner in
            try await runner.check("kind", "pause", "ok")
            let held = try await runner.submit("held")
            try await runner.reached("running", held)
            try disk.reserve(6 << 20)

            let socket = runner.socket
            /// Submits until one is refused.
            func fill(_ params: String) async throws -> (taken: [Int], refusal: Tree) {
                try await onThread {
                    let client = try WireClient(socket)
                    var taken: [Int] = []
                    while true {
                        let reply = try client.request("job.submit", "{\"kind\":\"ok\",\"params\":\(params)}")
                        guard let id = reply["result"]["id"].int else { return (taken, reply) }
                        taken.append(id)
                    }
                }
            }
            var (taken, refusal) = try await fill("\"" + String(repeating: "x", count: 50_000) + "\"")
            #expect(taken.count > 10)
            #expect(refusal["error"]["data"]["status"].string == "RESOURCE_EXHAUSTED", "\(refusal)")
            #expect(refusal["error"]["data"]["reason"].string == "store.full")
            #expect(refusal["error"]["data"]["retryAfterMs"].int != nil)

            // Not a byte more: what runs can end, but not be written down. Where the log began anew, its file has room.
            try disk.fill()
            let small = try await fill("1")
            #expect(small.refusal["error"]["data"]["reason"].string == "store.full", "\(small)")
            taken += small.taken
            let status = try await runner.call("service.status")
            let store = status["checks"].elements.first { $0["name"].string == "store" }
            #expect(store?["verdict"].string == "fail", "\(status)")
            #expect(try await runner.millctl("status").output.contains("full"))
            gate.release()
            try await eventually("its end waits for room") { try await runner.why(held) == ["saving"] }
            #expect(try await runner.job(taken[0])["state"].string == "ready", "what is there can be read")

            disk.free()
            let job = try await runner.finished(held)
            #expect(job["state"].string == "succeeded" && job["result"].int == 7)
            try await runner.check("kind", "resume", "ok")
            for id in taken { #expect(try await runner.finished(id)["state"].string == "succeeded") }
            #expect(try await runner.finished(try await runner.submit("ok"))["state"].string == "succeeded")
            let well = try await runner.call("service.status")
            #expect(!"\(well["checks"])".contains("fail"), "\(well)")
        }
    }
}
