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
        #expect(JobText.outcome(job) == "job 17 partial: 18/20 items, 2 failed in 3.2 s")
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
