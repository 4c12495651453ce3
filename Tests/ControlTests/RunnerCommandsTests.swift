import Glibc
import JSONCodec
import MillraceProtocol
import TestSupport
import Testing

@testable import Control

/// The program itself, in a pipe, against a runner that answers with the examples of the contract.
@Suite(.heavy, .enabled(if: Binary.exist("millctl"), "millctl is not built"))
struct RunnerCommandsTests {
    @Test func everyCommandShowsWhatTheRunnerSays() async throws {
        try await ExampleRunner.with { runner in
            for (line, output) in [
                (
                    "queue list",
                    """
                    Queue    State   Running  Ready  Held  Scheduled  Durability  Max running  Max waiting  Why
                    default  open          2     14     3          1  disk                  8       100000
                    mail     paused        0    120     0          0  crash                                 until 2026-11-21T02:31:00Z: the mail host is down

                    Kind                  State  Running  Ready  Held  Scheduled
                    sync-task-order-logs  open         2     14     3          1

                    """
                ),
                (
                    "queue pause mail --reason x",
                    "queue mail is paused until 2099-12-31T00:00:00Z: the mail host is down\n"
                ),
                ("queue resume default", "queue default is open\n"),
                (
                    "queue drain default",
                    "queue default is draining: moving to another machine; 2 jobs still run; 18 jobs still to run\n"
                ),
                ("queue set default --running 8", "queue default: disk, at most 8 run, at most 100000 wait\n"),
                ("kind pause sync-task-order-logs", "kind sync-task-order-logs is paused; 2 jobs still run\n"),
                ("kind resume sync-task-order-logs", "kind sync-task-order-logs is open\n"),
                (
                    "kind list",
                    """
                    Kind                  State   Program  Workers  Running  At most  Pool        Stages                             Summary               File
                    sync-task-order-logs  open    worker         1        2        4  backoffice  plan, preload, process, summarize  timesheets to orders  /etc/millrace/kinds.d/backoffice.yaml
                    thumbnail             paused  outside        0        0                       process                            makes small pictures

                    """
                ),
                (
                    "job stats",
                    """
                    Kind             Scheduled  Succeeded  Failed   All
                    daily-brief             40        812       3   855
                    send-brief-mail                   611           611
                    all                     40       1423       3  1466

                    """
                ),
                (
                    "job stats --kind daily-brief --queue default --key ada --since 2026-11-01T00:00:00Z",
                    """
                    Kind         Scheduled  Succeeded  Failed  All
                    daily-brief          1         19       1   21

                    """
                ),
                (
                    "pool list",
                    """
                    Jobs   3 of 64 run on the machine
                    Calls  5 of 256 to workers are in flight

                    Pool        Processes  At most  Warm  Command                                    Problem
                    backoffice          2        2     1  /usr/libexec/millrace/millrace-backoffice
                    thumbnail           0        2     0  /usr/local/bin/thumb --fast                exited 127 before registering

                    Pool         Pid  Worker  State     Calls       Age   Idle
                    backoffice  4711       1  ready         5  1 m 01 s
                    backoffice  4730          starting      0     12 ms  12 ms

                    """
                ),
                (
                    "limit list",
                    """
                    Scope     Name           Max running  Max waiting  Rate  Burst  Used  Waiting  From
                    machine                           64                               3        0  default
                    key       sync-schedule            2           10                  2        4  default
                    resource  notion                                   3/s       3     1       12  file

                    """
                ),
                (
                    "limit set resource notion --rate 2.5 --burst 5",
                    "resource notion: 2.5/s, burst 5 (set); 1 used, 12 wait\n"
                ),
                ("breaker open openrouter", "breaker openrouter is open by hand\n"),
                ("breaker close openrouter", "breaker openrouter is closed by hand\n"),
                ("breaker reset openrouter", "breaker openrouter is closed\n"),
                ("job redrive 16 17", "2 jobs wait again\n"),
                ("job redrive --kind sync-task-order-logs --states failed,partial", "12 jobs wait again\n"),
            ] {
                let said = try await runner.millctl(line)
                #expect(said.succeeded && said.errors.isEmpty, "\(said)")
                #expect(said.output == output, "\(line)")
            }
        }
    }

    @Test func whatIsAskedIsWhatWasTyped() async throws {
        try await ExampleRunner.with { runner in
            for (line, request) in [
                ("queue pause mail --reason full", #"queue.pause {"queue":"mail","reason":"full"}"#),
                ("kind drain thumbnail", #"queue.drain {"kind":"thumbnail"}"#),
                (
                    "queue set mail --durability crash --waiting 0",
                    #"queue.set {"queue":"mail","durability":"crash","waitingLimit":0}"#
                ),
                ("limit set key thumbnail --running 4", #"limit.set {"scope":"key","name":"thumbnail","running":4}"#),
                (
                    "limit set resource notion --clear", #"limit.set {"scope":"resource","name":"notion","clear":true}"#
                ),
                ("pool resize backoffice --processes 4", #"pool.resize {"pool":"backoffice","processes":4}"#),
                ("pool resize --job 17 --slots 10", #"pool.resize {"job":17,"slots":10}"#),
                ("pool resize --calls 9", #"pool.resize {"calls":9}"#),
                (
                    "job edit 16 --priority -3 --timeout 90s --run-at 2026-11-21T02:31:00Z",
                    #"job.edit {"id":16,"priority":-3,"runAt":"2026-11-21T02:31:00.000Z","timeoutMs":90000}"#
                ),
                ("job bury 16 --reason later", #"job.bury {"id":16,"reason":"later"}"#),
                (
                    "job redrive --queue mail --buried --limit 5",
                    #"job.redrive {"queue":"mail","buried":true,"limit":5}"#
                ),
                (
                    "job submit k --after 11,12 --unique a:b:replace --item-timeout 30s",
                    #"job.submit {"kind":"k","after":[11,12],"uniqueKey":"a:b","uniqueMode":"replace","itemTimeoutMs":30000}"#
                ),
                (
                    "job submit k --after-always 11 --unique a",
                    #"job.submit {"kind":"k","after":[11],"afterMode":"always","uniqueKey":"a"}"#
                ),
            ] {
                let said = try await runner.millctl(line)
                #expect(said.succeeded, "\(said)")
                #expect(runner.asked.value.last == request)
            }
        }
    }

    @Test func withJSONEveryAnswerIsOneDocument() async throws {
        try await ExampleRunner.with { runner in
            for line in [
                "queue list", "queue pause --reason x mail", "queue resume mail", "queue drain mail",
                "queue set mail --running 1", "kind list", "worker list", "pool list", "pool resize --jobs 64",
                "limit list", "limit set machine --running 9", "breaker list", "breaker open openrouter",
                "job edit 16 --priority 9",
                "job bury 16", "job redrive 16", "why 16", "job why 16", "top", "job wait 17",
            ] {
                let said = try await runner.millctl(line + " --json")
                let document = try? JSON.decode(JSONValue.self, from: said.output)
                #expect(document?.members?.isEmpty == false, "\(said)")
                #expect(said.output.filter { $0 == "\n" }.count == 1, "\(line)")
            }
        }
    }

    @Test func whyIsToldInSentencesWithWhatToDo() async throws {
        try await ExampleRunner.with { runner in
            let said = try await runner.millctl("why 16")
            let lines = said.output.split(separator: "\n").map(String.init)
            #expect(lines.first == "job 16 is ready and waits:")
            #expect(lines.contains { $0.hasPrefix("  • the queue default is paused: month end (for ") })
            #expect(
                lines.contains {
                    $0.hasPrefix("    → go on: millctl queue resume default --state ")
                })
            #expect(lines.contains("  • 2 of 2 jobs of key 2026-10 run (3 jobs before it)"))
            #expect(lines.contains("  • it comes after 2 jobs that are not over (jobs 11, 12)"))
        }
    }

    @Test func underNohupTheEndOfTheTerminalIsPassedOver() async throws {
        try await ExampleRunner.with { runner in
            let process = try RunningProcess(
                ["nohup", Binary.path("millctl"), "top", "--interval", "1s"],
                environment: ["MILLRACE_STATE": runner.folder.path])
            _ = try await runner.asked.wait(within: .seconds(20), for: "the first question") {
                $0.contains { $0.hasPrefix("worker.list") }
            }
            process.signal(SIGHUP)
            #expect(try await process.wait() == .exited(0))
        }
    }

    @Test func whatARefusalMeansIsTheExitCode() async throws {
        let refusal = RPCError(
            .failedPrecondition, "job 17 is running; only a waiting job can be changed", reason: "job.notWaiting")
        try await ExampleRunner.with(["job.edit": .failure(refusal)]) { runner in
            let said = try await runner.millctl("job edit 17 --priority 1")
            #expect(said.status == 65)
            #expect(said.errors.contains("only a waiting job can be changed (job.notWaiting)"))
        }
    }

    @Test func whoWaitsForAJobThatNobodyServesIsTold() async throws {
        let why: JSONValue = [
            "id": 17, "state": "ready",
            "reasons": [["code": "noWorker", "message": "no worker serves kind thumbnail"]],
        ]
        try await ExampleRunner.with([
            "job.why": .success(why), "job.watch": .failure(.init(.notFound, "no job 17", reason: "job.notFound")),
        ]) { runner in
            // The complaint comes while the watch lasts; here the watch fails at once, so the wish is what is seen.
            _ = try await runner.millctl("job submit thumbnail --wait")
            #expect(runner.asked.value.contains(#"job.why {"id":17}"#))
        }
    }

    @Test func aPictureOfTheRunnerIsPrintedInAPipe() async throws {
        try await ExampleRunner.with { runner in
            let said = try await runner.millctl("top --interval 100ms")
            #expect(said.succeeded, "\(said)")
            for part in ["runner 0.1.0", "default  open", "backoffice", "sync-task-order-logs", "Progress"] {
                #expect(said.output.contains(part), "\(part): \(said)")
            }
            #expect(!said.output.contains("\u{1B}"))
        }
    }

    @Test func aBenchmarkNamesTheDurabilityItMeasured() async throws {
        try await ExampleRunner.with { runner in
            let said = try await runner.millctl(
                "bench --count 7 --connections 2 --kind sync-task-order-logs --submit-only")
            #expect(said.succeeded, "\(said)")
            #expect(said.output.contains("durability disk"))
            #expect(said.output.contains("p999"))
            #expect(runner.asked.value.filter { $0.hasPrefix("job.submit ") }.count == 7)
            let unserved = try await runner.millctl("bench --count 1 --kind thumbnail")
            #expect(unserved.status == 69)
            #expect(unserved.errors.contains("nothing serves kind thumbnail"))
            #expect(unserved.errors.contains("there is sync-task-order-logs"))
        }
    }

    @Test func theLogOfAJobThatIsNotThereSaysSo() async throws {
        let missing = RPCError(.notFound, "no job 99", reason: "job.notFound")
        try await ExampleRunner.with(["job.show": .failure(missing)]) { runner in
            let log = StateDirectory(runner.folder.path).logFile
            runner.folder.write("", to: String(log.dropFirst(runner.folder.path.count + 1)))
            for line in ["logs --job 99", "job log 99"] {
                let said = try await runner.millctl(line)
                #expect(said.status == 66)
                #expect(said.errors.contains("no job 99"), "\(said)")
            }
        }
    }

    @Test func kindFilesAreCheckedWithPlaces() async throws {
        let folder = TemporaryDirectory()
        folder.write("name: thumbnail\ncommand: [/bin/cat]\nconcurency: 3\n", to: "a.yaml")
        let wrong = try await run([Binary.path("millctl"), "kind", "check", folder.path])
        #expect(wrong.status == 65)
        #expect(wrong.output.contains("\(folder.path)/a.yaml:3:1: "), "\(wrong)")
        #expect(wrong.output.contains("concurrency"), "the near miss is named: \(wrong)")
        let json = try await run([Binary.path("millctl"), "kind", "check", folder.path, "--json"])
        let report = try JSON.decode(JSONValue.self, from: json.output)
        #expect(report["ok"] == false)
        #expect(report["problems"]?.elements?.first?["line"] == 3)

        folder.write("name: thumbnail\ncommand: [/bin/cat]\nconcurrency: 3\n", to: "a.yaml")
        let right = try await run([Binary.path("millctl"), "kind", "check", folder.path])
        #expect(right.succeeded, "\(right)")
        #expect(right.output == "\(folder.path): 1 kind, 0 workers, 0 resources, 0 queues, nothing is wrong\n")
    }
}
