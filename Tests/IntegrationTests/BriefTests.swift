import Glibc
import TestSupport
import Testing

/// Daily briefs through the whole suite, by the commands that a person types.
@Suite(.heavy, .enabled(if: RunningSuite.isBuilt && MailServer.isThere, "the executables are not built"))
struct BriefTests {
    private static let records = """
        {"users": [{"id": "ada", "email": "ada@example.com"}, {"id": "bob", "email": "bob@example.com"}],
         "preferences": [
           {"user_id": "ada", "is_active": true, "timezone": "Europe/Berlin", "email_daily_brief": true},
           {"user_id": "bob", "is_active": true}],
         "projects": [
           {"id": "p1", "user_id": "ada", "name": "Mill", "status": "active", "order": 1},
           {"id": "p2", "user_id": "ada", "name": "Weir", "status": "active", "order": 2},
           {"id": "p3", "user_id": "bob", "name": "Barn", "status": "active"}],
         "tasks": [{"id": "t1", "project_id": "p1", "title": "Grind", "status": "open", "priority": "high",
                    "start_date": "2026-11-21T09:00:00Z", "updated_at": "2026-11-20T00:00:00Z"}]}
        """

    private func run(_ body: (RunningSuite, MailServer) async throws -> Void) async throws {
        var options = MailServer.Options()
        options.security = .none
        let server = try await MailServer(options, certificate: nil)
        let folder = TemporaryDirectory()
        let settings = folder.write(
            """
            [Mail]
            Mail=smtp
            MailServer=127.0.0.1
            MailPort=\(server.port)
            MailSecurity=none
            MailFrom=briefs@millrace.test
            """, to: "backoffice.conf")
        try await RunningSuite.run(environment: ["MILLRACE_BACKOFFICE_CONFIG": settings]) { suite in
            try await suite.check("brief", "import", suite.folder.write(Self.records, to: "records.json"))
            try await body(suite, server)
        }
        try await server.end()
    }

    /// Jobs by kind and state.
    private func stats(_ suite: RunningSuite, _ options: String...) async throws -> [String] {
        let answer = try Tree(try await suite.check(["job", "stats", "--json"] + options))
        return answer["counts"].elements.map {
            "\($0["kind"].string ?? "") \($0["state"].string ?? "") \($0["jobs"].int ?? 0)"
        }
    }

    @Test func aBriefIsMadeMailedOnceAndShown() async throws {
        try await run { suite, server in
            let made = try await suite.check("brief", "make", "ada", "2026-11-21")
            #expect(made.contains("## Mill") && made.contains("completed"), "\(made)")
            let mail = try await server.wait(for: 1)[0]
            #expect(mail["to"][0].string == "ada@example.com")
            try await eventually("the mail is noted as sent", within: .seconds(60)) {
                try await suite.check("brief", "show", "ada", "2026-11-21").contains("sent")
            }
            let shown = try Tree(try await suite.check("brief", "show", "ada", "2026-11-21", "--json"))
            #expect(shown["status"].string == "completed" && shown["progress"].int == 100)
            #expect(shown["priorityActions"][0].string == "Grind" && shown["mail"]["status"].string == "sent")
            let text = try #require(shown["content"].string)
            let (mill, weir) = (text.ranges(of: "## Mill"), text.ranges(of: "## Weir"))
            #expect(mill.count == 1 && weir.count == 1 && mill[0].lowerBound < weir[0].lowerBound)

            try await eventually("both jobs are over and counted", within: .seconds(60)) {
                try await stats(suite, "--key", "ada") == ["daily-brief succeeded 1", "send-brief-mail succeeded 1"]
            }

            // Made again, and asked for by hand: it has gone.
            try await suite.check("brief", "make", "ada", "2026-11-21")
            #expect(try await suite.check("brief", "mail", "ada", "2026-11-21", "--json").contains("had gone before"))
            #expect(server.messages.count == 1)
            try await suite.check("brief", "mail", "ada", "2026-11-21", "--again")
            #expect(try await server.wait(for: 2).count == 2)

            let list = try await suite.check("brief", "list")
            #expect(list.contains("ada     daily 09:00  Europe/Berlin"), "\(list)")
            let people = try Tree(try await suite.check("brief", "list", "--json"))["people"]
            #expect(people[0]["user"].string == "ada" && people[0]["byMail"].bool == true)
            #expect(people[0]["latest"]["date"].string == "2026-11-21")
            #expect(people[0]["latest"]["mail"]["status"].string == "sent")
            #expect(people[1]["user"].string == "bob" && people[1]["latest"] == .absent)
            #expect(
                people[1]["next"].string?.hasSuffix("T09:00:00.000Z") == true, "nine by UTC unless he says otherwise")

            // Nobody asked for this one by mail.
            try await suite.check("brief", "make", "bob", "2026-11-21")
            let other = try Tree(try await suite.check("brief", "show", "bob", "2026-11-21", "--json"))
            #expect(other["status"].string == "completed" && other["mail"] == .absent)
            #expect(
                try await stats(suite) == ["daily-brief succeeded 3", "send-brief-mail succeeded 3"],
                "what is over counts too")
            #expect(try await stats(suite, "--kind", "daily-brief", "--key", "bob") == ["daily-brief succeeded 1"])
        }
    }

    /// The dataset as it is in the examples, for 300 people, of whom the back-off keeps two thirds from a brief.
    @Test func whoWasHereWhenIsAskedOnceOfThePreloaderForAll() async throws {
        let day = "2036-11-21T"
        // Away for a day, for six, for ten.
        let visits = ["2036-11-20T07:00:00Z", "2036-11-15T07:00:00Z", "2036-11-11T07:00:00Z"]
        let people = (0..<300).map { ($0, "p\($0)") }
        let users = people.map { #"{"id": "\#($1)", "last_visit": "\#(visits[$0 % 3])"}"# }
        let preferences = people.map { #"{"user_id": "\#($1)", "is_active": true, "time_of_day": "08:00"}"# }
        let records = """
            {"users": [\(users.joined(separator: ","))], "preferences": [\(preferences.joined(separator: ","))]}
            """
        try await RunningSuite.run(environment: ["ENGAGEMENT_BACKOFF_ENABLED": "true"]) { suite in
            try await suite.check("brief", "import", suite.folder.write(records, to: "records.json"))
            try await suite.declareDatasets(
                try #require(text(of: packageRoot + "/Examples/datasets.d/briefs.yaml")))
            func plan(_ options: String...) async throws -> Tree {
                let words = ["brief", "plan", "--now", day + "07:30:00Z", "--json"] + options
                return try Tree(try await suite.check(words))["job"]["result"]
            }
            func asked() async throws -> [Int?] {
                let stats = try Tree(try await suite.check("preload", "stats", "--json"))["datasets"].elements
                let dataset = stats.first { $0["dataset"].string == "brief-engagement" } ?? .absent
                return ["asks", "keysAsked", "logicalBatches", "physicalRequests", "failedBatches"].map {
                    dataset[$0].int
                }
            }
            let dry = try await plan("--dry-run")
            #expect(try await asked() == [1, 300, 1, 1, 0])
            #expect(dry["due"].elements.count == 200, "\(dry["leftOut"])")
            let back = dry["due"].elements.filter { $0["isReengagement"].bool == true }
            #expect(back.count == 100 && back.allSatisfy { $0["daysSinceLastLogin"].int == 10 }, "\(back.prefix(2))")
            let left = dry["leftOut"].elements
            #expect(
                left.count == 100 && left.allSatisfy { $0["reason"].string == "first back-off" }, "\(left.prefix(2))")
            #expect(try await plan()["queued"].int == 200)
            // Asked anew each time: what was true a while ago decides nothing.
            #expect(try await asked() == [2, 600, 2, 2, 0])
            #expect(try await plan()["queued"].int == 0)
        }
    }

    /// As the examples declare it; jobs of a schedule without parameters are told of the schedule.
    @Test(.enabled(if: Binary.exist("millrace-scheduler"))) func aSchedulePlansTheBriefs() async throws {
        try await run { suite, _ in
            for folder in ["etc", "etc/schedules.d"] { mkdir(suite.state + "/" + folder, 0o755) }
            for name in ["plan-briefs", "payroll"] {
                let declared = try #require(text(of: packageRoot + "/Examples/schedules.d/\(name).yaml"))
                suite.folder.write(declared, to: "state/etc/schedules.d/\(name).yaml")
            }
            try await suite.check("call", "--service", "scheduler", "service.reload")
            let list = try await suite.check("schedule", "list")
            #expect(list.contains("payroll") && list.contains("plan-briefs"), "\(list)")
            let run = try Tree(try await suite.check("schedule", "run", "plan-briefs", "--json"))["run"]
            let job = try await suite.finished(try #require(run["job"].int))
            #expect(job["state"].string == "succeeded" && job["params"]["schedule"].string == "plan-briefs", "\(job)")
            #expect(
                try await suite.check("schedule", "why", "plan-briefs").hasPrefix("waits  the next run is that of "))
        }
    }

    @Test func thePlanningQueuesEachOnceAndTellsWhyNot() async throws {
        try await run { suite, _ in
            // Ada's nine o'clock is eight by UTC, bob's is nine.
            let now = "2036-11-21T07:30:00Z"
            let dry = try Tree(try await suite.check("brief", "plan", "--dry-run", "--now", now, "--json"))["job"][
                "result"]
            #expect(dry["due"].elements.map { $0["user"].string } == ["ada"] && dry["queued"].int == 0, "\(dry)")
            let first = try Tree(try await suite.check("brief", "plan", "--now", now, "--json"))["job"]["result"]
            #expect(first["queued"].int == 1 && first["plannedTo"].string == "2036-11-21T08:30:00.000Z", "\(first)")
            let second = try Tree(try await suite.check("brief", "plan", "--now", now, "--json"))["job"]["result"]
            #expect(second["queued"].int == 0, "\(second)")
            #expect(try await suite.check("brief", "show", "ada", "2036-11-21").contains("planned"))
            let jobs = try Tree(try await suite.check("job", "list", "--key", "ada", "--json"))["jobs"]
            #expect(jobs.elements.count == 1 && jobs[0]["kind"].string == "daily-brief")
            #expect(jobs[0]["runAt"].string == "2036-11-21T07:58:00.000Z" && jobs[0]["maxAttempts"].int == 3)
            #expect(try await suite.check("brief", "cancel", "ada", "2036-11-21").contains("1 job cancelled"))
            #expect(try await suite.check("brief", "cancel", "ada", "2036-11-21").contains("no job makes"))
            let list = try Tree(try await suite.check("brief", "list", "--json"))["people"]
            #expect(list[0]["latest"]["status"].string == "planned", "it is not planned again")
            #expect(list[0]["latest"]["error"].string == "cancelled by hand")
        }
    }
}
