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

    @Test func aBriefIsMadeMailedOnceAndShown() async throws {
        try await run { suite, server in
            try await suite.check("brief", "make", "ada", "2026-11-21")
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

            // Made again, and asked for by hand: it has gone.
            try await suite.check("brief", "make", "ada", "2026-11-21")
            #expect(try await suite.check("brief", "mail", "ada", "2026-11-21", "--json").contains("had gone before"))
            #expect(server.messages.count == 1)
            try await suite.check("brief", "mail", "ada", "2026-11-21", "--again")
            #expect(try await server.wait(for: 2).count == 2)

            // Nobody asked for this one by mail.
            try await suite.check("brief", "make", "bob", "2026-11-21")
            let other = try Tree(try await suite.check("brief", "show", "bob", "2026-11-21", "--json"))
            #expect(other["status"].string == "completed" && other["mail"] == .absent)
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
        }
    }
}
