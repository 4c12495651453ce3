import Foundation
import Glibc
import TestSupport
import Testing

/// `kill -9` at random moments of the main job.
@Suite(.serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct CrashTests {
    /// `MILLRACE_CRASH_ROUNDS`; the project's own bar is 200.
    static let rounds = environment("MILLRACE_CRASH_ROUNDS").flatMap(Int.init) ?? 20
    /// `MILLRACE_CRASH_SEED` repeats the moments, as far as time can be repeated.
    static let seed = environment("MILLRACE_CRASH_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999)
    static let contractors = 40

    /// The month of a round; each has its own, so that all can be looked at in the end.
    private func month(_ round: Int) -> String {
        let month = round % 12 + 1
        return "\(2000 + round / 12)-\(month < 10 ? "0" : "")\(month)"
    }

    @Test func killingTheRunnerLosesNoAcknowledgedJobAndNeitherLosesNorDoublesAnOrderOrALine() async throws {
        let runner = BareRunner()
        let months = (0...Self.rounds).map {
            SampleMonth(month($0), contractors: Self.contractors, entriesEach: 2, seed: UInt64($0))
        }
        try await runner.start()
        do {
            try await importAll(runner, months)
            var acknowledged: [String: Int] = [:]
            var random = SeededGenerator(seed: Self.seed)
            // The first one undisturbed: so long does it take, unless the machine is busier now than later.
            var span = try await ContinuousClock().measure {
                let job = try await finish(runner, 0)
                try #require(job["result"]["contractors_processed"].int == Self.contractors)
            }
            var struck = 0
            for round in 1...Self.rounds {
                let moment = span * Double.random(in: 0...1.1, using: &random)
                acknowledged.merge(try await self.round(round, runner, killedAfter: moment)) { first, _ in first }
                if try await wasTakenBack(runner, round) {
                    struck += 1
                } else if moment > span / 2 {
                    // The job was over; the next moments come sooner.
                    span = span * 0.8
                }
            }
            #expect(struck * 4 >= Self.rounds, "only \(struck) of \(Self.rounds) moments were within the job")
            try await expectEveryJob(runner, acknowledged)
            #expect(try await runner.stop() == .exited(0))
            try await expectWholeBooks(runner, months)
            for database in [runner.jobs, runner.books] {
                #expect(try await check(["sqlite3", "-readonly", database, "PRAGMA integrity_check"]) == "ok\n")
            }
        } catch {
            throw TestFailure("seed \(Self.seed): \(error)\nthe runner's last words:\n\(runner.said.suffix(4000))")
        }
    }

    private func importAll(_ runner: BareRunner, _ months: [SampleMonth]) async throws {
        var csv = ""
        for (index, month) in months.enumerated() {
            csv += index == 0 ? month.csv : String(month.csv.split(separator: "\n", maxSplits: 1)[1])
        }
        let path = runner.folder.write(csv, to: "timesheets.csv")
        try await runner.millctl("books", "import", "timesheets", path)
    }

    private func submit(_ runner: BareRunner, _ round: Int) async throws -> Int {
        let params = "{\"kind\":\"sync-task-order-logs\",\"params\":{\"month\":\"\(month(round))\"}}"
        let receipt = try await runner.call("job.submit", params, meta: "{\"idempotencyKey\":\"main-\(round)\"}")
        return try #require(receipt["id"].int)
    }

    private func finish(_ runner: BareRunner, _ round: Int) async throws -> Tree {
        try await runner.finished(try await submit(runner, round))
    }

    /// Whether a later run of the runner had to take the job of this round back.
    private func wasTakenBack(_ runner: BareRunner, _ round: Int) async throws -> Bool {
        let detail = try await runner.call(
            "job.show", "{\"id\":\(try await submit(runner, round)),\"transitions\":true}")
        return detail["transitions"].elements.contains { $0["from"].string == "running" && $0["to"].string == "ready" }
    }

    /// Submits the month, kills the runner, starts it again and sees the month end. Returns what was acknowledged.
    private func round(_ round: Int, _ runner: BareRunner, killedAfter moment: Duration) async throws -> [String: Int] {
        let main = try await submit(runner, round)
        let submitter = try Submitter(runner.socket, keys: "small-\(round)")
        let workers = try await runner.call("worker.list")["workers"].elements.compactMap { $0["pid"].int }
        // Not a wait for something: the moment is what the test is about.
        try await Task.sleep(for: moment)
        try await runner.kill()
        if round % 4 == 0 { for worker in workers { kill(pid_t(worker), SIGKILL) } }
        let receipts = try await submitter.receipts.wait(for: "the submitter to notice") { $0.isOver }

        try await runner.start()
        for worker in workers {
            try await eventually("worker \(worker) ends without its runner") { !ProcessLook.isAlive(pid_t(worker)) }
        }
        let job = try await runner.finished(main)
        #expect(job["state"].string == "succeeded", "round \(round), seed \(Self.seed): \(job)")
        #expect(job["items"]["succeeded"].int == Self.contractors)
        #expect(job["result"]["contractors_processed"].int == Self.contractors)
        // The same key again is the same job, also when its answer never came.
        var acknowledged = receipts.acknowledged
        acknowledged["main-\(round)"] = main
        #expect(try await submit(runner, round) == main)
        if let key = receipts.unanswered {
            let first = try await runner.call("job.submit", Submitter.params, meta: "{\"idempotencyKey\":\"\(key)\"}")
            let second = try await runner.call("job.submit", Submitter.params, meta: "{\"idempotencyKey\":\"\(key)\"}")
            #expect(first["id"] == second["id"])
            acknowledged[key] = first["id"].int
        }
        return acknowledged
    }

    /// Every acknowledged job is there, under its number and key, and there is no other.
    private func expectEveryJob(_ runner: BareRunner, _ acknowledged: [String: Int]) async throws {
        var present: Set<Int> = []
        var before = ""
        repeat {
            let page = try await runner.call("job.list", "{\"limit\":1000\(before)}")
            present.formUnion(page["jobs"].elements.compactMap { $0["id"].int })
            before = page["nextBefore"].int.map { ",\"before\":\($0)" } ?? ""
        } while !before.isEmpty
        var expected = Set(acknowledged.values)
        #expect(expected.count == acknowledged.count, "two keys were acknowledged as one job")
        expected.insert(try await submit(runner, 0))
        #expect(expected.subtracting(present).isEmpty, "acknowledged and lost")
        #expect(present.subtracting(expected).isEmpty, "there, and never submitted so")
        for id in expected {
            #expect(try await runner.finished(id)["state"].string == "succeeded")
        }
    }

    private func expectWholeBooks(_ runner: BareRunner, _ months: [SampleMonth]) async throws {
        let orders = Table(csv: try await runner.millctl("books", "export", "orders", "--format", "csv"))
        let pairs = orders.rows.map { "\($0["month"]!) \($0["contractor"]!)" }
        #expect(pairs.count == months.count * Self.contractors)
        #expect(Set(pairs).count == pairs.count, "an order is there twice")

        let lines = Table(csv: try await runner.millctl("books", "export", "lines", "--format", "csv"))
        var written: [String: Decimal] = [:]
        for row in lines.rows {
            let key = "\(row["month"]!) \(row["contractor"]!) \(row["project"]!)"
            let earlier = written.updateValue(Decimal(string: row["hours"]!)!, forKey: key)
            #expect(earlier == nil, "a line is there twice: \(key)")
        }
        var expected: [String: Decimal] = [:]
        for (round, month) in months.enumerated() {
            for (line, hours) in month.hours {
                expected["\(self.month(round)) \(line.contractor) \(line.project)"] = hours
            }
        }
        #expect(written == expected)
    }
}
