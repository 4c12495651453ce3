import JSONCodec
import Linux
import MillraceProtocol
import Testing

@testable import Control

struct JobResultTests {
    private let result: JSONValue = [
        "month": "2026-10", "orders_created": 2, "batch": nil,
        "details": [
            [
                "contractor_id": "ada", "order_page_id": "o-1", "total_hours": .number("12.50"),
                "update_hours_only": false,
                "projects": [
                    [
                        "project_id": "atlas", "line_item_page_id": "l-1", "hours": .number("8"),
                        "timesheets_aggregated": 2,
                    ],
                    [
                        "project_id": "borealis", "line_item_page_id": "l-2", "hours": .number("4.50"),
                        "timesheets_aggregated": 1,
                    ],
                ],
            ],
            ["contractor_id": "bob", "order_page_id": "o-2", "total_hours": 0, "projects": []],
        ],
        "errors": [],
    ]

    @Test func detailsAreATableWithARowPerProject() {
        #expect(
            JobResult(terminal: .pipe).lines(result) == [
                "Contractor  Total hours  Project   Hours  Entries",
                "ada               12.50  atlas      8           2",
                "                         borealis   4.50        1",
                "bob                0",
                "",
                "Month           2026-10",
                "Orders created  2",
                "Batch           null",
            ])
    }

    @Test func hoursAreShownToTheLastDecimal() {
        let value: JSONValue = ["hours": .number("0.100000000000000001")]
        #expect(JobResult(terminal: .pipe).lines(value) == ["Hours  0.100000000000000001"])
    }

    @Test func whatIsNoTableIsShownAsJSON() {
        #expect(JobResult(terminal: .pipe).lines(["names": ["a", "b"]]) == ["Names:", "[\"a\", \"b\"]"])
        #expect(JobResult(terminal: .pipe).lines(.number("42")) == ["42"])
        #expect(JobResult(terminal: .pipe).lines(.null) == [])
    }

    @Test func aLongListIsCounted() {
        let rows = JSONValue.array((0..<250).map { ["n": .number("\($0)")] })
        let lines = JobResult(terminal: .pipe).lines(["rows": rows])
        #expect(lines.last == "and 50 more; --json shows all")
        #expect(lines.count == 1 + 200 + 1)
    }

    @Test(arguments: [
        ("contractor_id", "Contractor"), ("timesheets_aggregated", "Entries"), ("total_hours", "Total hours"),
        ("lineItems", "Line items"), ("id", "Id"),
    ])
    func namesOfMembersBecomeTitles(name: String, title: String) {
        #expect(JobResult.title(name) == title)
    }
}

struct JobTextTests {
    @Test func theOutcomeSaysWhatBecameOfTheItems() {
        var job = JobView.example(.partial, succeeded: 18, failed: 2)
        job.startedAt = Timestamp(milliseconds: 1000)
        job.finishedAt = Timestamp(milliseconds: 4200)
        #expect(JobText.outcome(job) == "job 17 partial: 20/20 items, 2 failed in 3.2 s")
        #expect(JobText.outcome(.example(.cancelled, total: 0)) == "job 17 cancelled")
    }

    @Test func theSummaryOfAJobThatFailedSaysWhy() {
        var job = JobView.example(.failed, total: 0)
        job.cause = "attempts"
        job.error = RPCError(.invalidArgument, "is no month", reason: "month.invalid")
        let lines = JobWaiting.summary(of: job, .pipe)
        #expect(lines[0] == "job 17 failed")
        #expect(lines[1] == "  is no month [INVALID_ARGUMENT month.invalid]")
        #expect(lines.count == 2)
        job.error = nil
        #expect(JobWaiting.summary(of: job, .pipe)[1] == "  cause: attempts")
    }

    @Test func aListShowsTheJobsInOrder() {
        var done = JobView.example(.succeeded, succeeded: 20)
        done.startedAt = Timestamp(milliseconds: 1000)
        done.finishedAt = Timestamp(milliseconds: 2500)
        let lines = JobText.list([.example(succeeded: 3), done], now: Timestamp(milliseconds: 9000)).lines(for: .pipe)
        #expect(
            lines == [
                "ID  Kind                  State       Items  Queue    Submitted              Took  Cause",
                "17  sync-task-order-logs  processing  3/20   default  1970-01-01T00:00:01Z         started",
                "17  sync-task-order-logs  succeeded   20/20  default  1970-01-01T00:00:01Z  1.5 s  started",
            ])
    }

    @Test func theFactsLeaveOutWhatIsNotThere() {
        let lines = JobText.facts(.example(), now: .epoch).lines(for: .pipe)
        #expect(lines.contains("State        running, processing"))
        #expect(!lines.contains { $0.hasPrefix("Key") || $0.hasPrefix("Finished") || $0.hasPrefix("Error") })
    }
}

struct AttemptTextTests {
    @Test func anAttemptSaysHowItEndedAndWhatItUsed() {
        let start = Timestamp(milliseconds: 1000)
        func attempt(_ cause: String?, exit: Int? = nil, signal: Int? = nil) -> AttemptView {
            AttemptView(
                number: 1, stage: .process, worker: "command", startedAt: start,
                endedAt: cause == nil ? nil : start + .seconds(1), cause: cause, cpuUs: 1_250_000,
                peakBytes: 73_400_320, exitCode: exit, signal: signal, fence: 41)
        }
        let attempts = [
            attempt("exit", exit: 75), attempt("signal", signal: 9), attempt("succeeded", exit: 0), attempt(nil),
        ]
        #expect(attempts.map(JobText.cause) == ["exit 75", "signal 9 (SIGKILL)", "succeeded", "running"])
        #expect(
            JobText.attempts(attempts.dropLast(), now: start).lines(for: .pipe)[1]
                == "      1  process  command     41  1970-01-01T00:00:01Z  1.0 s  1.2 s  70.0 MiB  exit 75")
    }

    @Test(arguments: [
        (Int64(0), "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (73_400_320, "70.0 MiB"),
        (5 << 40, "5.0 TiB"),
    ])
    func bytesAreSaidInTheLargestUnit(bytes: Int64, text: String) {
        #expect(ByteText.short(bytes) == text)
    }

    @Test func aHeldJobIsToldFromAReadyOne() {
        var job = JobView.example(.ready, total: 0)
        job.hold = .dependency
        job.after = [JobID(3), JobID(4)]
        #expect(JobText.stage(of: job) == "ready, after")
        #expect(JobText.facts(job, now: .epoch).lines(for: .pipe).contains("After        3, 4"))
        job.hold = .bury
        #expect(JobText.stage(of: job) == "buried")
    }
}

struct PreciseDurationTests {
    @Test(arguments: [
        (0, "0 us"), (312, "312 us"), (1250, "1.25 ms"), (1005, "1.00 ms"), (12_500, "12.5 ms"), (125_999, "125 ms"),
        (1_250_000, "1.25 s"),
    ])
    func aDurationHasThreeDigits(microseconds: Int, text: String) {
        #expect(Duration.microseconds(microseconds).precise == text)
    }
}

struct WhyTextTests {
    private let text = WhyText(terminal: .pipe, now: Timestamp(milliseconds: 100_000), option: " --state /s")

    @Test func figuresThatTheWordsHoldAreNotRepeated() {
        let reason = WhyReason(
            code: .keyLimit, message: "2 of 2 jobs of key 12 run", name: "12", limit: 2, used: 2, ahead: 3)
        #expect(text.sentence(reason) == "2 of 2 jobs of key 12 run (3 jobs before it)")
        #expect(
            text.sentence(WhyReason(code: .jobSlots, message: "the machine is full", limit: 64, used: 64))
                == "the machine is full (64 of 64)")
        #expect(
            text.sentence(WhyReason(code: .dependency, message: "comes after job 112", jobs: [JobID(11), JobID(12)]))
                == "comes after job 112 (jobs 11, 12)")
    }

    @Test func timesAreToldFromNow() {
        let reason = WhyReason(
            code: .retry, message: "answers 503", since: Timestamp(milliseconds: 90_000),
            until: Timestamp(milliseconds: 105_000))
        #expect(
            text.sentence(reason)
                == "answers 503 (for 10.0 s, since 1970-01-01T00:01:30Z; until 1970-01-01T00:01:45Z, in 5.0 s)")
        let end = WhyReason(code: .failed, message: "no month", since: Timestamp(milliseconds: 90_000))
        #expect(text.sentence(end) == "no month (10.0 s ago, at 1970-01-01T00:01:30Z)")
    }

    @Test func whatCanBeDoneIsACommandForThisPlace() {
        #expect(
            text.advice(WhyReason(code: .queuePaused, message: "", name: "my queue"), job: JobID(3))
                == "go on: millctl queue resume 'my queue' --state /s")
        #expect(text.advice(WhyReason(code: .turn, message: ""), job: JobID(3)) == nil)
    }

    /// The list is closed, and every waiting that does not pass by itself has its way out.
    @Test func everyReasonHasASentence() {
        for code in WhyCode.allCases {
            #expect(!text.sentence(WhyReason(code: code, message: "")).isEmpty)
        }
        let stuck = WhyCode.allCases.filter { WhyText.needsAHand(WhyReason(code: $0, message: "")) }
        for code in stuck {
            #expect(text.advice(WhyReason(code: code, message: "", name: "n"), job: JobID(1)) != nil, "\(code)")
        }
    }
}

struct MethodBookTests {
    private let book = MethodBook([
        "methods": [
            [
                "name": "job.list", "summary": "Lists jobs.", "x-access": "read",
                "params": [
                    [
                        "name": "limit", "required": false,
                        "schema": ["type": "integer", "minimum": 1, "maximum": 1000, "default": 50],
                    ],
                    [
                        "name": "states", "required": true,
                        "schema": ["type": "array", "items": ["enum": ["ready", "failed"]]],
                    ],
                ],
                "result": ["schema": ["$ref": "#/components/schemas/JobPage"]],
                "examples": [
                    ["params": [["name": "limit", "value": 2]], "result": ["value": ["jobs": []]]],
                    ["params": [], "result": ["value": ["jobs": []]]],
                ],
            ],
            ["name": "service.ping", "summary": "Answers.", "x-access": "read", "params": []],
        ]
    ])

    @Test func theListNamesEachMethodWithItsAccess() {
        #expect(
            book.list().lines(for: .pipe) == [
                "Method        Access  Summary", "job.list      read    Lists jobs.", "service.ping  read    Answers.",
            ])
    }

    @Test func oneMethodIsToldInFullWithACommandToTry() throws {
        let lines = book.lines(try #require(book.method("job.list")), for: .pipe)
        #expect(
            lines == [
                "job.list", "Lists jobs.", "Access  read", "Result  JobPage", "",
                "Parameter  Type                          Needed  Default",
                "limit      integer 1 to 1000             no      50",
                "states     list of one of ready, failed  yes",
                "", "For instance", "millctl call job.list '{\"limit\":2}'", "{", "  \"jobs\": []", "}",
            ])
    }

    @Test func aMethodWithoutParametersSaysSo() throws {
        #expect(book.lines(try #require(book.method("service.ping")), for: .pipe).last == "It takes no parameters.")
        #expect(book.method("job.shwo") == nil)
    }
}
