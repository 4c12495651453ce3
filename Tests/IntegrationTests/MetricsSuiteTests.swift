import Foundation
import TestSupport
import Testing

private let isBuilt = RunningSuite.isBuilt && Binary.exist("millrace-metrics", "millrace-preloader")

/// The whole suite tells of itself: from a job to the page, and to Prometheus.
@Suite(.heavy, .serialized, .enabled(if: isBuilt, "millrace-metrics is not built"))
struct MetricsSuiteTests {
    private static let quick: [String: String?] = [
        "MILLRACE_RUNNER_PUBLISH_SEC": "1", "MILLRACE_PRELOADER_PUBLISH_SEC": "1", "MILLRACE_METRICS_TICK_SEC": "1",
        "MILLRACE_METRICS_PORT": "0",
    ]

    /// Where the page is, by the status line.
    private func address(_ suite: RunningSuite) async throws -> String {
        let status = try Tree(await suite.check("status", "--json"))
        let line = status["services"].elements.first { $0["name"].string == "metrics" }?["status"]["statusLine"].string
        let found = line?.split(separator: " ").last.map(String.init) ?? ""
        guard found.hasPrefix("http://127.0.0.1:") else { throw TestFailure("no page in \(line ?? "nothing")") }
        return found
    }

    private func get(_ url: String) async throws -> String {
        let finished = try await run(["curl", "--silent", "--show-error", "--max-time", "20", url])
        guard finished.succeeded else { throw TestFailure("\(finished)") }
        return finished.output
    }

    private func number(_ suite: RunningSuite, _ expression: String) async throws -> Double? {
        let answer = try Tree(await suite.check("metrics", "query", expression, "--json"))
        return answer["values"][0]["value"].decimal.map { NSDecimalNumber(decimal: $0).doubleValue }
    }

    @Test func aJobIsCountedByRunnerWorkerAndStoreAndHealthIsThatOfStatus() async throws {
        try await RunningSuite.run(environment: Self.quick) { suite in
            try await suite.importMonth(SampleMonth("2026-10", contractors: 3))
            try await suite.check(
                "job", "submit", "sync-task-order-logs", "--params", #"{"month":"2026-10"}"#, "--wait")
            try await eventually("the job is counted", within: .seconds(60), every: .milliseconds(200)) {
                try await number(suite, #"millrace_jobs_finished{kind="sync-task-order-logs"}"#) == 1
            }
            #expect(
                try await number(suite, #"sum by (kind) (millrace_jobs_failed{kind="sync-task-order-logs"})"#) ?? 0 == 0
            )
            let page = try await address(suite)
            let scraped = try await get(page + "metrics")
            for part in [
                "process_uptime_seconds{service=\"runner\"", "process_memory_bytes{service=\"preloader\"",
                "millrace_rpc_duration_seconds_count{service=\"runner\",method=\"job.submit\"}",
                "millrace_store_commit_duration_seconds_bucket{service=\"runner\",le=\"0.001\"}",
                "millrace_queue_ready{service=\"runner\",queue=\"default\"}",
                "sync_queue_active{service=\"runner\"} 0", "sync_queue_queued{service=\"runner\"} 0",
                "sync_duration_seconds_bucket{service=\"runner\",le=\"60.0\"} 0",
                "browser_pool_total{service=\"backoffice\"} 2", "browser_pool_in_use{service=\"backoffice\"} 0",
                "browser_pool_available{service=\"backoffice\"} 2",
                "millrace_job_duration_seconds_bucket{service=\"runner\",kind=\"sync-task-order-logs\",le=\"60.0\"}",
            ] { #expect(scraped.contains(part), "\(part)") }

            let health = try Tree(await get(page + "health"))
            let status = try Tree(await suite.check("status", "--json"))
            #expect(health["status"].string != "fail")
            #expect(status["ok"].bool == true)
            #expect(try await get(page + "ready") == "ready\n")
            #expect(try await suite.check("alert", "list").contains("alert"))
            #expect(try await suite.check("metrics", "list").contains("millrace_jobs_finished"))
            let drained = try await suite.down()
            #expect(drained.succeeded, "\(drained)")
            // The worker's last words came before the metrics service went.
            #expect(!suite.log.contains("Sanitizer:"))
        }
    }

    @Test func oneThatDoesNotAnswerIsSeenByHealthStatusAndThePage() async throws {
        try await RunningSuite.run(environment: Self.quick) { suite in
            let page = try await address(suite)
            let pid = try await onThread {
                try WireClient(suite.state + "/run/preloader.sock").call("service.ping")
            }["pid"].int
            let preloader = try #require(pid.map { pid_t($0) })
            kill(preloader, SIGSTOP)
            defer { kill(preloader, SIGCONT) }
            let finished = try await run([
                "curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", page + "health",
            ])
            #expect(finished.output == "503")
            #expect(try await suite.millctl("status").ending == .exited(69))
            let html = try await get(page)
            #expect(html.contains("Something is wrong: preloader"))
            kill(preloader, SIGCONT)
            try await eventually("it is well again", within: .seconds(30), every: .milliseconds(200)) {
                try await !get(page).contains("Something is wrong")
            }
        }
    }

    @Test func jobsGoOnWithoutTheMetricsServiceAndNothingIsLostWhenItComesBack() async throws {
        try await RunningSuite.run(environment: Self.quick) { suite in
            let ping = try await onThread { try WireClient(suite.state + "/run/metrics.sock").call("service.ping") }
            let metrics = try #require(ping["pid"].int.map { pid_t($0) })
            kill(metrics, SIGSTOP)
            try await suite.importMonth(SampleMonth("2026-10", contractors: 2))
            try await suite.check(
                "job", "submit", "sync-task-order-logs", "--params", #"{"month":"2026-10"}"#, "--wait")
            kill(metrics, SIGKILL)
            try await eventually("the job is counted", within: .seconds(60), every: .milliseconds(200)) {
                (try? await number(suite, #"millrace_jobs_finished{kind="sync-task-order-logs"}"#)) == 1
            }
        }
    }

    /// Built-in alerts on what really goes wrong: a service that hangs, and a kind whose jobs fail.
    @Test func realFailuresFireTheirAlertsAndTheyClear() async throws {
        let settings = Self.quick.merging(["MILLRACE_METRICS_STALE_SEC": "4"]) { $1 }
        try await RunningSuite.run(environment: settings) { suite in
            func firing() async throws -> Set<String> {
                let alerts = try Tree(await suite.millctl("alert", "list", "--json").output)["alerts"].elements
                return Set(alerts.filter { $0["state"].string == "firing" }.compactMap { $0["rule"].string })
            }
            #expect(try await firing().subtracting(["heartbeat"]).isEmpty)

            for folder in ["etc", "etc/kinds.d"] { mkdir(suite.state + "/" + folder, 0o755) }
            suite.folder.write(
                "name: bad\nsummary: Fails.\ncommand: [/bin/false]\n",
                to: "state/etc/kinds.d/bad.yaml")
            suite.folder.write(
                "name: tell\nsummary: Tells somebody.\ncommand: [/bin/true]\n", to: "state/etc/kinds.d/tell.yaml")
            mkdir(suite.state + "/etc/alerts.d", 0o755)
            suite.folder.write(
                "notify: {wait: 0s, interval: 0s}\nsinks: [{job: tell}]\n", to: "state/etc/alerts.d/own.yaml")
            _ = try await suite.call("service.reload")
            _ = try await onThread { try WireClient(suite.state + "/run/metrics.sock").call("service.reload") }
            for _ in 0..<3 { _ = try await suite.call("job.submit", #"{"kind":"bad","maxAttempts":1}"#) }
            try await eventually("the budget is spent", within: .seconds(60), every: .milliseconds(250)) {
                try await firing().contains("job-budget-fast")
            }
            // The sink that is a job got the notice as its parameters, and ran.
            try await eventually("it was told by a job", within: .seconds(60), every: .milliseconds(250)) {
                let jobs = try await suite.call("job.list", #"{"kind":"tell","states":["succeeded"]}"#)["jobs"].elements
                for id in jobs.compactMap({ $0["id"].int }) {
                    let notice = try await suite.call("job.show", "{\"id\":\(id)}")["job"]["params"]
                    if notice["firing"].elements.contains(where: { $0["rule"].string == "job-budget-fast" }) {
                        return true
                    }
                }
                return false
            }

            let ping = try await onThread { try WireClient(suite.state + "/run/preloader.sock").call("service.ping") }
            let preloader = try #require(ping["pid"].int.map { pid_t($0) })
            kill(preloader, SIGSTOP)
            defer { kill(preloader, SIGCONT) }
            try await eventually("it is silent", within: .seconds(60), every: .milliseconds(250)) {
                try await firing().contains("service-silent")
            }
            #expect(try await suite.millctl("alert", "list").ending == .exited(69))
            kill(preloader, SIGCONT)
            try await eventually("it is heard again", within: .seconds(60), every: .milliseconds(250)) {
                try await !firing().contains("service-silent")
            }
        }
    }

    @Test(.enabled(if: RunningPrometheus.program != nil, "no prometheus (Debian: prometheus)"))
    func aRealPrometheusScrapesTheSuiteAndHasTheRightNumbers() async throws {
        try await RunningSuite.run(environment: Self.quick) { suite in
            try await suite.importMonth(SampleMonth("2026-10", contractors: 2))
            for _ in 0..<3 {
                try await suite.check(
                    "job", "submit", "sync-task-order-logs", "--params", #"{"month":"2026-10"}"#, "--wait")
            }
            let prometheus = try await RunningPrometheus(
                scraping: try await address(suite).dropFirst("http://".count).dropLast().description)
            let finished = #"millrace_jobs_finished_total{kind="sync-task-order-logs"}"#
            try await eventually("three jobs are counted", within: .seconds(60), every: .milliseconds(250)) {
                try await prometheus.numbers(finished) == [3]
            }
            let durations = #"sum(millrace_job_duration_seconds_count{kind="sync-task-order-logs"})"#
            #expect(try await prometheus.numbers(durations) == [3])
            #expect(try await prometheus.numbers("count(millrace_service_up == 1)").first ?? 0 >= 3)
            #expect(try await prometheus.numbers("count(process_uptime_seconds) by (service)").count >= 3)

            // What is shipped asks for what there is.
            let questions = try shippedQuestions()
            #expect(questions.count > 20)
            for question in questions {
                #expect(try Tree(await prometheus.ask("query", question))["status"].string == "success", "\(question)")
            }
            let scraped = try await get(address(suite) + "metrics")
            let names = Set(
                questions.flatMap { $0.matches(of: /\b(millrace|process)_[a-z_]+/).map { String($0.output.0) } })
            // Nothing has failed here, and nobody outside was called.
            let rare = ["millrace_outside_", "millrace_breaker_", "millrace_alerts", "millrace_rpc_errors"]
            for name in names where !rare.contains(where: name.hasPrefix) {
                #expect(scraped.contains("\n\(name){"), "\(name)")
            }
        }
    }

    /// The expressions of the dashboard and of the rules.
    private func shippedQuestions() throws -> [String] {
        let folder = packageRoot + "/Units/prometheus"
        guard let dashboard = text(of: folder + "/grafana-dashboard.json"),
            let rules = text(of: folder + "/prometheus-rules.yaml")
        else { throw TestFailure("they are not there") }
        let panels = try Tree(dashboard)["panels"].elements.flatMap { panel in
            panel["targets"].elements.compactMap { $0["expr"].string }
        }
        var asked: [String] = []
        let lines = rules.split(separator: "\n").map(String.init)
        for (number, line) in lines.enumerated() {
            guard let start = line.range(of: "expr: ")?.upperBound else { continue }
            guard line[start...] == ">-" else {
                asked.append(String(line[start...]))
                continue
            }
            let depth = line.prefix { $0 == " " }.count
            let more = lines[(number + 1)...].prefix { $0.prefix { $0 == " " }.count > depth }
            asked.append(more.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " "))
        }
        return panels + asked
    }

    @Test(
        .enabled(
            if: outsideProgram("promtool", variable: "MILLRACE_PROMTOOL") != nil, "no promtool (Debian: prometheus)"))
    func promtoolTakesWhatIsShipped() async throws {
        let promtool = outsideProgram("promtool", variable: "MILLRACE_PROMTOOL")!
        let folder = packageRoot + "/Units/prometheus"
        #expect(try await check([promtool, "check", "rules", folder + "/prometheus-rules.yaml"]).contains("SUCCESS"))
        #expect(try await check([promtool, "check", "config", folder + "/prometheus.yaml"]).contains("SUCCESS"))
    }

    @Test(.enabled(if: HeadlessBrowser.isThere, "no chromium"))
    func theLivePageIsDrawnWithTenThousandJobsAndAServiceDown() async throws {
        try await RunningSuite.run(environment: Self.quick) { suite in
            let page = try await address(suite)
            let later = #"{"kind":"sync-task-order-logs","params":{"month":"2026-10"},"runAt":"2036-01-01T00:00:00Z"}"#
            for _ in 0..<10 {
                let jobs = Array(repeating: later, count: 1000).joined(separator: ",")
                _ = try await suite.call("job.submitBatch", "{\"jobs\":[\(jobs)]}")
            }
            let ping = try await onThread { try WireClient(suite.state + "/run/preloader.sock").call("service.ping") }
            let preloader = try #require(ping["pid"].int.map { pid_t($0) })
            kill(preloader, SIGSTOP)
            defer { kill(preloader, SIGCONT) }
            let shots = environment("MILLRACE_SCREENSHOTS") ?? suite.folder.path
            for (name, width, height, more) in [
                ("live-wide", 1280, 1800, [String]()),
                ("live-dark", 1280, 1800, ["--blink-settings=preferredColorScheme=0"]),
                ("live-phone", 500, 2600, []),
            ] {
                let picture = "\(shots)/\(name).png"
                _ = try await HeadlessBrowser.open(
                    page, more + ["--screenshot=\(picture)", "--window-size=\(width),\(height)", "--timeout=6000"],
                    in: suite.folder)
                #expect((contents(of: picture) ?? []).count > 20_000)
            }
            let dom = try await HeadlessBrowser.open(page, ["--dump-dom", "--timeout=6000"], in: suite.folder).output
            #expect(dom.contains("Something is wrong: preloader"))
            #expect(dom.contains("Jobs that run or wait <span class=\"quiet\">10000</span>"))
            #expect(dom.contains("page 1 of 100"))
            #expect(dom.components(separatedBy: "href=\"/jobs/").count - 1 == 100)
            let last = try await get(page + "?page=100")
            #expect(last.components(separatedBy: "href=\"/jobs/").count - 1 == 100)
            let job = try await get(page + "jobs/1")
            #expect(job.contains("<h2>Job 1</h2>"))
        }
    }
}
