import Foundation
import Glibc
import TestSupport
import Testing

/// Processes are killed in the middle of the work; the work is done once all the same.
@Suite(.serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct RecoveryTests {
    @Test func aRunnerKilledInTheMiddleOfAJobGoesOnWithExactlyTheItemsThatWereNotFinished() async throws {
        try await RunningSuite.run { suite in
            let first = try TestWorker(suite.socket)
            let params = "{\"items\":8,\"slots\":4}"
            let submitted = try await suite.call("job.submit", "{\"kind\":\"test.held\",\"params\":\(params)}")
            let id = try #require(submitted["id"].int)
            for item in try await first.hold(4)[..<3] { try first.succeed(item) }
            // Finished means on disk: the runner has said so to those who ask.
            try await eventually("three checkpoints") { try await suite.job(id)["items"]["succeeded"].int == 3 }
            let done = try await items(suite, id) { $0["state"].string == "succeeded" }
            let runner = try await suite.processID()

            kill(runner, SIGKILL)
            try await first.history.wait(for: "the runner to be gone") { $0.isClosed }
            try await eventually("the runner is back") {
                guard let pid = try? await suite.processID() else { return false }
                return pid != runner
            }
            let second = try TestWorker(suite.socket)
            var again: Set<String> = []
            for _ in 0..<5 {
                let item = try await second.hold(1)[0]
                again.insert(item.key)
                try second.succeed(item)
            }

            let job = try await suite.finished(id)
            #expect(job["state"].string == "succeeded")
            #expect(job["result"]["done"].int == 8)
            #expect(again == Set((0..<8).map { "i\($0)" }).subtracting(done))
            #expect(second.history.value.given.count == 5)
            let oldest = try #require(first.history.value.given.map(\.fence).max())
            #expect(second.history.value.given.allSatisfy { $0.fence > oldest })
        }
    }

    @Test func aWorkerHearsThatItIsRegisteredBeforeItsFirstCall() async throws {
        try await RunningSuite.run { suite in
            for _ in 0..<10 {
                let first = try TestWorker(suite.socket)
                let submitted = try await suite.call(
                    "job.submit", "{\"kind\":\"test.held\",\"params\":{\"items\":2,\"slots\":2}}")
                let id = try #require(submitted["id"].int)
                _ = try await first.hold(2)
                try await gone(first, suite)
                // The items wait for whoever comes, who gets them at once.
                let second = try TestWorker(suite.socket)
                for item in try await second.hold(2) { try second.succeed(item) }
                #expect(try await suite.finished(id)["state"].string == "succeeded")
                try await gone(second, suite)
            }
        }
    }

    private func gone(_ worker: TestWorker, _ suite: RunningSuite) async throws {
        worker.close()
        try await eventually("the runner to miss the worker") {
            try await suite.call("worker.list")["workers"].elements.allSatisfy { $0["name"].string != "test" }
        }
    }

    private func items(_ suite: RunningSuite, _ id: Int, _ filter: (Tree) -> Bool) async throws -> Set<String> {
        let items = try await suite.call("job.show", "{\"id\":\(id),\"items\":true}")["items"].elements
        return Set(items.filter(filter).compactMap { $0["key"].string })
    }

    @Test func aKilledWorkerOfTheMainJobIsReplacedAndTheMonthIsWhole() async throws {
        try await RunningSuite.run { suite in
            let month = SampleMonth("2026-10", contractors: 400)
            try await suite.importMonth(month)
            let submitted = try await suite.call(
                "job.submit", "{\"kind\":\"sync-task-order-logs\",\"params\":{\"month\":\"2026-10\"}}")
            let id = try #require(submitted["id"].int)
            try await underWay(suite, id)
            let worker = try #require(try await suite.call("worker.list")["workers"][0]["pid"].int)
            kill(pid_t(worker), SIGKILL)
            let state = try await suite.job(id)["state"].string
            #expect(state == "running", "the worker was to be killed in the middle")

            let job = try await suite.finished(id)
            #expect(job["state"].string == "succeeded", "\(job)")
            try await expectWhole(suite, month)
        }
    }

    @Test func aKilledRunnerFinishesTheMainJobAfterItsRestart() async throws {
        try await RunningSuite.run { suite in
            let month = SampleMonth("2026-10", contractors: 400)
            try await suite.importMonth(month)
            let waiting = try suite.start(
                "job", "submit", "sync-task-order-logs", "--params", "{\"month\":\"2026-10\"}", "--wait", "--json")
            try await eventually("the job is there") { try await suite.call("job.list")["jobs"] != .array([]) }
            try await underWay(suite, 1)
            let runner = try await suite.processID()
            kill(runner, SIGKILL)

            // The caller's own wait outlasts the restart.
            #expect(try await waiting.wait(within: .seconds(120)) == .exited(0), "\(waiting.progress.value.errorText)")
            let job = try Tree(waiting.progress.value.outputText)["job"]
            #expect(job["state"].string == "succeeded")
            #expect(job["result"]["contractors_processed"].int == 400)
            #expect(try await suite.processID() != runner)
            try await expectWhole(suite, month)
        }
    }

    @Test func aCancelledMonthTellsExactlyWhatItDidAndTheNextRunDoesTheRest() async throws {
        try await RunningSuite.run { suite in
            let month = SampleMonth("2026-10", contractors: 400)
            try await suite.importMonth(month)
            let params = "{\"kind\":\"sync-task-order-logs\",\"params\":{\"month\":\"2026-10\"}}"
            let id = try #require(try await suite.call("job.submit", params)["id"].int)
            try await underWay(suite, id)
            let cancelled = try await suite.millctl("job", "cancel", "\(id)", "--reason", "enough for today")
            #expect(cancelled.succeeded, "\(cancelled)")

            let job = try await suite.finished(id)
            #expect(job["state"].string == "cancelled")
            let done = try #require(job["result"]["contractors_processed"].int)
            #expect(done >= 20 && done < 400)
            #expect(job["items"]["succeeded"].int == done)
            #expect(job["result"]["details"].elements.count == done)
            // What is told is in the books.
            let orders = Table(csv: try await suite.check("books", "export", "orders", "--format", "csv"))
            let written = Set(orders.rows.compactMap { $0["contractor"] })
            #expect(written.isSuperset(of: job["result"]["details"].elements.compactMap { $0["contractor_id"].string }))

            let again = try #require(try await suite.call("job.submit", params)["id"].int)
            #expect(try await suite.finished(again)["state"].string == "succeeded")
            try await expectWhole(suite, month)
        }
    }

    /// Waits until a part of the items is done. The job is long enough for the rest to be undone still.
    private func underWay(_ suite: RunningSuite, _ id: Int) async throws {
        try await eventually("job \(id) is under way", every: .milliseconds(1)) {
            guard let done = try await suite.job(id)["items"]["succeeded"].int else { return false }
            return done >= 20
        }
    }

    private func expectWhole(_ suite: RunningSuite, _ month: SampleMonth) async throws {
        let orders = Table(csv: try await suite.check("books", "export", "orders", "--format", "csv"))
        #expect(orders.rows.count == month.contractors)
        #expect(Set(orders.rows.map { $0["contractor"] }).count == month.contractors)
        let lines = Table(csv: try await suite.check("books", "export", "lines", "--format", "csv"))
        #expect(lines.rows.count == month.hours.count)
        var written: [SampleMonth.Line: Decimal] = [:]
        for row in lines.rows {
            let line = SampleMonth.Line(contractor: row["contractor"]!, project: row["project"]!)
            written[line] = Decimal(string: row["hours"]!)
        }
        #expect(written == month.hours)
    }
}
