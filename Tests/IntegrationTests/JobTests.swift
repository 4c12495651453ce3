import TestSupport
import Testing

/// What the runner promises to those who submit jobs, seen with a worker in the test's hands.
@Suite(.serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct JobTests {
    private func submit(
        _ suite: RunningSuite, items: Int = 1, slots: Int = 5, more: String = "", meta: String? = nil
    ) async throws -> Tree {
        let params = "{\"items\":\(items),\"slots\":\(slots)}"
        return try await suite.call("job.submit", "{\"kind\":\"test.held\",\"params\":\(params)\(more)}", meta: meta)
    }

    @Test func aJobRunsAsManyItemsAtOnceAsItsPlanSaysAndNoMore() async throws {
        try await RunningSuite.run { suite in
            let worker = try TestWorker(suite.socket)
            let id = try #require(try await submit(suite, items: 7, slots: 3)["id"].int)
            var held = try await worker.hold(3)
            for _ in 0..<4 {
                #expect(worker.history.value.held.count == 3)
                try worker.succeed(held[0])
                held = try await worker.hold(3)
            }
            for item in held { try worker.succeed(item) }
            let job = try await suite.finished(id)
            #expect(job["state"].string == "succeeded")
            #expect(job["result"]["done"].int == 7)
            #expect(worker.history.value.given.count == 7)
        }
    }

    @Test func aCancelledJobKeepsWhatIsDoneAndEndsWithAPartialResult() async throws {
        try await RunningSuite.run { suite in
            let worker = try TestWorker(suite.socket)
            let id = try #require(try await submit(suite, items: 6, slots: 2)["id"].int)
            let first = try await worker.hold(2)
            try worker.succeed(first[0])
            let held = try await worker.history.wait(for: "the third item") { $0.given.count == 3 }.held

            let cancelled = try await suite.call("job.cancel", "{\"id\":\(id),\"reason\":\"enough\"}")
            #expect(cancelled["cancelling"].bool == true)
            let told = try await worker.history.wait(for: "both calls cancelled") { $0.cancelled.count == 2 }.cancelled
            #expect(Set(told) == Set(held))
            for item in held { try worker.giveUp(item) }

            let job = try await suite.finished(id)
            #expect(job["state"].string == "cancelled")
            #expect(job["items"]["succeeded"].int == 1)
            #expect(job["items"]["cancelled"].int == 5)
            #expect(job["result"]["done"].int == 1)
            #expect(job["result"]["cancelled"].bool == true)
            #expect(worker.history.value.given.count == 3, "no item starts after the cancellation")
        }
    }

    @Test func oneFailedItemLeavesTheOthersAloneAndARetryRunsOnlyIt() async throws {
        try await RunningSuite.run { suite in
            let worker = try TestWorker(suite.socket)
            let id = try #require(try await submit(suite, items: 3, more: ",\"maxAttempts\":1")["id"].int)
            for item in try await worker.hold(3) {
                if item.key == "i1" { try worker.fail(item) } else { try worker.succeed(item) }
            }
            let job = try await suite.finished(id)
            #expect(job["state"].string == "partial")
            #expect(job["items"]["succeeded"].int == 2)
            #expect(job["items"]["failed"].int == 1)

            let retried = try await suite.call("job.retry", "{\"id\":\(id)}")
            #expect(retried["items"].int == 1)
            let again = try await worker.hold(1)
            #expect(again.map(\.key) == ["i1"])
            try worker.succeed(again[0])
            let whole = try await suite.finished(id)
            #expect(whole["state"].string == "succeeded")
            #expect(whole["result"]["done"].int == 3)
        }
    }

    @Test func anItemThatMayBeTriedAgainIsTriedAgain() async throws {
        try await RunningSuite.run { suite in
            let worker = try TestWorker(suite.socket)
            let id = try #require(try await submit(suite, more: ",\"maxAttempts\":3,\"backoffMs\":1")["id"].int)
            for attempt in 1...2 {
                let item = try await worker.hold(1)[0]
                #expect(item.attempt == attempt)
                try worker.fail(item, transient: true)
            }
            let last = try await worker.hold(1)[0]
            #expect(last.attempt == 3)
            try worker.succeed(last)
            #expect(try await suite.finished(id)["state"].string == "succeeded")
            let fences = worker.history.value.given.map(\.fence)
            #expect(fences == fences.sorted() && Set(fences).count == 3, "each lease has a greater number")
        }
    }

    @Test func aWorkerThatHangsUpLosesItsItemsToAnotherAtOnce() async throws {
        try await RunningSuite.run { suite in
            let first = try TestWorker(suite.socket)
            let id = try #require(try await submit(suite, items: 2)["id"].int)
            let held = try await first.hold(2)
            try first.succeed(held[0])
            try await eventually("the checkpoint") { try await suite.job(id)["items"]["succeeded"].int == 1 }
            let second = try TestWorker(suite.socket)
            first.close()
            let again = try await second.hold(1)
            #expect(again.map(\.key) == [held[1].key])
            #expect(again[0].fence > held[1].fence)
            try second.succeed(again[0])
            #expect(try await suite.finished(id)["state"].string == "succeeded")
        }
    }

    @Test func theSameIdempotencyKeyIsTheSameJob() async throws {
        try await RunningSuite.run { suite in
            let worker = try TestWorker(suite.socket, answersByItself: true)
            let meta = "{\"idempotencyKey\":\"october\"}"
            let first = try await submit(suite, meta: meta)
            let second = try await submit(suite, meta: meta)
            #expect(first["duplicate"].bool == false)
            #expect(first["durability"].string == "disk")
            #expect(second["duplicate"].bool == true)
            #expect(first["id"] == second["id"])
            _ = try await suite.finished(try #require(first["id"].int))
            #expect(worker.history.value.given.count == 1)

            let other = try await suite.request(
                "job.submit", "{\"kind\":\"test.held\",\"params\":{\"items\":2}}", meta: meta)
            #expect(other["error"]["data"]["status"].string == "ALREADY_EXISTS")
        }
    }

    @Test func aBatchIsTakenWholeOrNotAtAll() async throws {
        try await RunningSuite.run { suite in
            let worker = try TestWorker(suite.socket, answersByItself: true)
            let good = "{\"kind\":\"test.held\"}"
            let bad = try await suite.request(
                "job.submitBatch", "{\"jobs\":[\(good),{\"kind\":\"test.held\",\"priority\":5000},\(good)]}")
            #expect(bad["error"]["data"]["field"].string == "jobs[1].priority")
            #expect(try await suite.call("job.list")["jobs"].elements.isEmpty)

            let whole = try await suite.call("job.submitBatch", "{\"jobs\":[\(good),\(good),\(good)]}")
            let ids = whole["jobs"].elements.compactMap { $0["id"].int }
            #expect(ids.count == 3 && Set(ids).count == 3)
            for id in ids { #expect(try await suite.finished(id)["state"].string == "succeeded") }
            #expect(worker.history.value.given.count == 3)
        }
    }

    @Test func pagesOfTheListShowEveryJobOnceTheNewestFirst() async throws {
        try await RunningSuite.run { suite in
            let worker = try TestWorker(suite.socket, answersByItself: true)
            let jobs = Array(repeating: "{\"kind\":\"test.held\"}", count: 25).joined(separator: ",")
            let ids = try await suite.call("job.submitBatch", "{\"jobs\":[\(jobs)]}")["jobs"].elements
                .compactMap { $0["id"].int }
            for id in ids { _ = try await suite.finished(id) }

            var seen: [Int] = []
            var before = ""
            var pages = 0
            repeat {
                let page = try await suite.call("job.list", "{\"limit\":10,\"states\":[\"succeeded\"]\(before)}")
                seen += page["jobs"].elements.compactMap { $0["id"].int }
                before = page["nextBefore"].int.map { ",\"before\":\($0)" } ?? ""
                pages += 1
            } while !before.isEmpty && pages < 10
            #expect(seen == ids.sorted(by: >))
            #expect(pages == 3)
            #expect(try await suite.call("job.list", "{\"states\":[\"failed\"]}")["jobs"].elements.isEmpty)
            withExtendedLifetime(worker) {}
        }
    }

    @Test func aWatchTellsOfEachItemAndEndsWithTheJob() async throws {
        try await RunningSuite.run { suite in
            let worker = try TestWorker(suite.socket)
            let id = try #require(try await submit(suite, items: 3, slots: 1)["id"].int)
            let watch = try suite.start("job", "watch", "\(id)", "--json")
            try await watch.waitForOutput("\"running\"", within: .seconds(20))
            for done in 0..<3 {
                try worker.succeed(try await worker.hold(1)[0])
                if done < 2 { try await watch.waitForOutput("\"succeeded\":\(done + 1)", within: .seconds(20)) }
            }
            #expect(try await watch.wait() == .exited(0))
            let lines = watch.progress.value.outputText.split(separator: "\n").map(String.init)
            let last = try Tree(try #require(lines.last))
            #expect(last["job"]["state"].string == "succeeded")
            let items = try lines.dropLast().compactMap { try Tree($0)["item"]["key"].string }
            #expect(Set(items).isSuperset(of: ["i0", "i1", "i2"]), "\(lines)")
        }
    }

    @Test func anUnknownKindIsRefusedAndTheKnownOnesAreNamed() async throws {
        try await RunningSuite.run { suite in
            let finished = try await suite.millctl("job", "submit", "make-coffee")
            #expect(finished.status == 66, "\(finished)")
            #expect(finished.errors.contains("make-coffee"))
            #expect(finished.errors.contains("sync-task-order-logs"))
            #expect(try await suite.call("job.list")["jobs"].elements.isEmpty)
        }
    }

    @Test func aJobThatIsNotThereIsNotFound() async throws {
        try await RunningSuite.run { suite in
            for method in ["job.show", "job.cancel", "job.retry", "job.watch"] {
                let reply = try await suite.request(method, "{\"id\":4711}")
                #expect(reply["error"]["data"]["status"].string == "NOT_FOUND", "\(method): \(reply)")
                #expect(reply["error"]["data"]["reason"].string == "job.notFound")
            }
        }
    }
}
