import Linux
import Testing

@testable import Control

struct RestartBudgetTests {
    @Test func thePauseDoublesAndTheFifthDeathIsTheLast() {
        var budget = RestartBudget()
        let pauses = [100, 200, 400, 800]
        for (index, pause) in pauses.enumerated() {
            let expected = RestartBudget.Verdict.restart(after: .milliseconds(pause), death: index + 1)
            #expect(budget.died(at: .seconds(100 + index)) == expected)
        }
        #expect(budget.died(at: .seconds(110)) == .giveUp)
    }

    @Test func deathsLongAgoAreForgotten() {
        var budget = RestartBudget()
        for minute in 0..<20 {
            let first = RestartBudget.Verdict.restart(after: .milliseconds(100), death: 1)
            #expect(budget.died(at: .seconds(61 * minute)) == first)
        }
    }

    @Test func theWindowIsSixtySecondsAndSlides() {
        var budget = RestartBudget()
        for second in [0, 20, 40, 59] { _ = budget.died(at: .seconds(second)) }
        // The first has left the window, so this is the fourth in it.
        #expect(budget.died(at: .seconds(61)) == .restart(after: .milliseconds(800), death: 4))
        #expect(budget.died(at: .seconds(62)) == .giveUp)
    }
}

struct LineSplitterTests {
    private func lines(_ chunks: [String]) -> [String] {
        var splitter = LineSplitter(), lines: [String] = []
        for chunk in chunks { splitter.append(Array(chunk.utf8)) { lines.append($0) } }
        splitter.finish { lines.append($0) }
        return lines
    }

    @Test func linesAreTheSameHoweverTheBytesCome() {
        let text = "one\r\ntwö 日本\n\nfour without end"
        let expected = ["one", "twö 日本", "", "four without end"]
        #expect(lines([text]) == expected)
        var splitter = LineSplitter(), single: [String] = []
        for byte in text.utf8 { splitter.append([byte]) { single.append($0) } }
        splitter.finish { single.append($0) }
        #expect(single == expected)
    }

    @Test func aLineWithoutEndIsCutSoThatMemoryStaysBounded() {
        let long = String(repeating: "x", count: LineSplitter.longestLine * 2 + 5)
        #expect(lines([long]).map(\.utf8.count) == [LineSplitter.longestLine, LineSplitter.longestLine, 5])
    }
}

struct NotifyMessageTests {
    @Test func theWordsOfAServiceAreUnderstood() {
        let message = NotifyMessage("READY=1\nSTATUS=3 jobs = 2 kinds\nMAINPID=7")
        #expect(message.isReady && !message.isStopping)
        #expect(message.status == "3 jobs = 2 kinds")
        #expect(NotifyMessage("STOPPING=1").isStopping)
        #expect(!NotifyMessage("READY=0\nXREADY=1").isReady)
    }
}

struct ServiceLauncherTests {
    @Test func aServiceFindsItsOwnStateAndNothingOfAnotherManager() {
        let inherited = [
            "PATH": "/bin", "NOTIFY_SOCKET": "/run/systemd/notify", "LISTEN_FDS": "2", "LISTEN_PID": "1",
            "WATCHDOG_USEC": "1000", "STATE_DIRECTORY": "/var/lib/other", "MILLRACE_STATE": "/old",
            "TASK_ORDER_LOG_WORKER_POOL_SIZE": "7",
        ]
        let variables = ServiceLauncher.environment(
            state: StateDirectory("/nowhere/s"), notify: "/nowhere/s/run/runner.notify", inherited: inherited)
        #expect(
            variables == [
                "PATH": "/bin", "TASK_ORDER_LOG_WORKER_POOL_SIZE": "7", "MILLRACE_STATE": "/nowhere/s",
                "NOTIFY_SOCKET": "/nowhere/s/run/runner.notify",
            ])
    }

    @Test func theServiceIsStartedByWayOfMillctl() {
        let words = ServiceLauncher.arguments(
            for: InstalledService(service: .runner, executable: "/usr/bin/millrace-runner"),
            options: ["--log-level", "debug"], launcher: "/usr/bin/millctl", parent: 42)
        #expect(
            words == [
                "/usr/bin/millctl", "__exec-service", "runner", "42", "/usr/bin/millrace-runner", "--log-level",
                "debug",
            ])
    }
}

struct LogLineTests {
    @Test func aLineOfTheLogIsTakenApart() throws {
        let text =
            "2026-11-21T02:26:09.123Z info runner item done job-id=17 item-key=\"a b\" job-kind=sync-task-order-logs"
        let line = try #require(LogLine(text))
        #expect(line.time == Timestamp("2026-11-21T02:26:09.123Z"))
        #expect(line.level == "info" && line.name == "runner" && line.message == "item done")
        #expect(line.fields.map(\.name) == ["job-id", "item-key", "job-kind"])
        #expect(line["job-id"] == "17" && line["item-key"] == "a b")
    }

    @Test func quotedValuesKeepWhatTheyHold() throws {
        let text = #"2026-11-21T02:26:09.123Z error runner it said error="say \"a=\" and\n\\go" job-id=3"#
        let line = try #require(LogLine(text))
        #expect(line["error"] == "say \"a=\" and\n\\go")
        #expect(line["job-id"] == "3")
        #expect(line.message == "it said")
    }

    @Test func aMessageMayHoldAnything() throws {
        let line = try #require(LogLine("2026-11-21T02:26:09Z warning millctl 1 = 1, \"so\" it is"))
        #expect(line.message == "1 = 1, \"so\" it is")
        #expect(line.fields.isEmpty)
        #expect(try #require(LogLine("2026-11-21T02:26:09Z info runner ")).message == "")
    }

    @Test(arguments: [
        "", "Fatal error: index out of range", "2026-11-21T02:26:09Z", "2026-11-21T02:26:09Z shout runner x",
        "yesterday info runner x",
    ])
    func aLineOfAnotherFormIsNone(text: String) {
        #expect(LogLine(text) == nil)
    }
}

struct LogFilterTests {
    private let line = "2026-11-21T02:26:09.000Z info runner item done job-id=17 correlation-id=c-9"

    @Test func aJobIsFoundByItsNumberAlone() {
        #expect(LogFilter(job: 17).matches(line))
        #expect(!LogFilter(job: 1).matches(line))
        #expect(!LogFilter(job: 7).matches(line))
        #expect(!LogFilter(job: 17).matches("2026-11-21T02:26:09.000Z info runner 17 jobs done"))
        #expect(!LogFilter(job: 17).matches("2026-11-21T02:26:09.000Z info runner old-job-id=17x"))
    }

    @Test func aCorrelationAndATimeNarrowItDown() {
        #expect(LogFilter(correlation: "c-9").matches(line))
        #expect(!LogFilter(correlation: "c-").matches(line))
        #expect(LogFilter(since: Timestamp("2026-11-21T02:26:09Z")).matches(line))
        #expect(!LogFilter(since: Timestamp("2026-11-21T02:26:10Z")).matches(line))
        #expect(!LogFilter(job: 17, since: Timestamp("2026-11-21T02:26:10Z")).matches(line))
    }

    @Test func withoutAFilterEveryLineIsWanted() {
        #expect(LogFilter().matches("anything at all"))
        #expect(!LogFilter(job: 1).matches("anything at all job-id=1"))
    }

    @Test func theJournalIsAskedForTheServicesOwnLines() {
        #expect(
            LogFilter(job: 17).journalMatches(units: ["millrace-runner.service", "millrace-metrics.service"]) == [
                "_SYSTEMD_UNIT=millrace-runner.service", "_SYSTEMD_UNIT=millrace-metrics.service", "JOB_ID=17",
            ])
    }

    @Test func theOptionsBecomeThoseOfJournalctl() throws {
        let command = try #require(
            try Millctl.parseAsRoot(["logs", "--follow", "--lines", "5", "--since", "2026-11-21T02:26:09Z", "--json"])
                as? LogsCommand)
        let show = LogShow(
            filter: LogFilter(job: 3, since: command.since), lines: command.lines, follow: command.follow,
            global: command.global)
        #expect(
            show.journalWords == [
                "journalctl", "--output", "json", "--since", "@1795227969", "--lines", "5", "--follow",
                "_SYSTEMD_UNIT=millrace-runner.service", "_SYSTEMD_UNIT=millrace-preloader.service",
                "_SYSTEMD_UNIT=millrace-categorizer.service", "_SYSTEMD_UNIT=millrace-scheduler.service",
                "_SYSTEMD_UNIT=millrace-metrics.service", "JOB_ID=3",
            ])
    }
}
