import JSONCodec
import Linux
import Logging
import MillraceProtocol
import MillraceRPC
import TestSupport
import Testing

@testable import BackOffice
@testable import BackOfficeWorker
@testable import MillraceWorker

/// Briefs that go out over a real mail server.
@Suite(.heavy, .enabled(if: MailServer.isThere))
struct MailWorkloadTests {
    private let folder = TemporaryDirectory()
    private let day = Day("2026-11-21")!

    /// The worker's part, with a person who wants mail and a brief that is done.
    private func door(port: Int?, address: String = "ada@example.com", more: [String: String] = [:]) async throws
        -> BooksDoor
    {
        let path = folder.file("books.sqlite")
        var lines = ""
        if let port {
            lines = """
                [Mail]
                Mail=smtp
                MailServer=127.0.0.1
                MailPort=\(port)
                MailSecurity=none
                MailFrom=briefs@millrace.test
                """
        }
        let file = folder.write(lines, to: "backoffice.conf")
        let settings = BackOfficeSettings(
            environment: { $0 == "MILLRACE_BOOKS" ? path : more[$0] }, variables: ["MILLRACE_BACKOFFICE_CONFIG": file])
        #expect(settings.problems.isEmpty, "\(settings.problems)")
        let door = BooksDoor(settings: settings)
        let books = try door.localBooks()
        let document = """
            {"users": [{"id": "ada", "email": "\(address)"}],
             "preferences": [{"user_id": "ada", "is_active": true, "email_daily_brief": true}],
             "projects": [{"id": "p", "user_id": "ada", "name": "Mill", "status": "active"}]}
            """
        _ = try await books.importBriefRecords(try JSON.decode(JSONValue.self, from: Array(document.utf8)))
        try await books.beginBrief(of: "ada", on: day, metadata: .emptyObject, now: .epoch)
        try await books.completeBrief(
            DailyBrief(day: day, texts: ["## Mill"]), of: "ada", analysis: "Go on.", now: .epoch)
        _ = try await books.noteBriefMail(of: "ada", on: day, token: "token-1", now: .epoch)
        return door
    }

    private func send(_ door: BooksDoor, again: Bool = false) async throws -> String {
        let params = #"{"user":"ada","date":"2026-11-21""# + (again ? #","again":true}"# : "}")
        let brief = JobBrief(
            id: JobID(7), kind: MailWorkload.kind, params: JSONRaw(unchecked: Array(params.utf8)), correlationId: "c")
        let run = JobRun(job: brief, log: Logger(label: "test")) { _ in }
        let result = try await TypedPlainWorkload(MailWorkload(books: door)).process(
            WorkloadProcess.Params(
                job: brief, item: ItemBrief(index: 0, key: "job", input: .null), attempt: 1, fence: 1), run)
        return result.output?.text ?? "none"
    }

    private func failure(_ door: BooksDoor, again: Bool = false) async throws -> RPCError {
        do {
            throw TestFailure("sent: \(try await send(door, again: again))")
        } catch let error as any RPCErrorConvertible {
            return error.rpcError
        }
    }

    private func status(_ door: BooksDoor) async throws -> BriefMailStatus? {
        try await door.localBooks().brief(of: "ada", on: day)?.mail?.status
    }

    private func server() async throws -> MailServer {
        var options = MailServer.Options()
        options.security = .none
        return try await MailServer(options, certificate: nil)
    }

    @Test func aBriefGoesOutOnceHoweverOftenTheJobRuns() async throws {
        let server = try await server()
        let door = try await door(port: server.port)
        #expect(try await send(door) == #"{"status":"sent"}"#)
        #expect(try await send(door) == #"{"status":"sent","reason":"it had gone before"}"#)
        let mails = try await server.wait(for: 1)
        #expect(mails.count == 1 && mails[0]["to"][0].string == "ada@example.com")
        let text = try #require(mails[0]["data"].string)
        #expect(text.contains("Subject: Your brief for 2026-11-21\r\n"))
        #expect(text.contains("Message-ID: <token-1@millrace.test>\r\n") && text.contains("Go on.\r\n\r\n# Your brief"))
        #expect(try await status(door) == .sent)
        #expect(try await send(door, again: true) == #"{"status":"sent"}"#)
        #expect(try await server.wait(for: 2)[1]["data"].string?.contains("<token-1@millrace.test>") == true)
        try await server.end()
    }

    private func change(_ door: BooksDoor, wantsMail: Bool = true, address: String = "ada@example.com") async throws {
        let document = """
            {"users": [{"id": "ada", "email": "\(address)"}],
             "preferences": [{"user_id": "ada", "is_active": true, "email_daily_brief": \(wantsMail)}]}
            """
        _ = try await door.localBooks().importBriefRecords(try JSON.decode(JSONValue.self, from: Array(document.utf8)))
    }

    /// What keeps it from going a second time says nothing of the first.
    @Test func whatHasGoneStaysSentWhateverKeepsItFromGoingAgain() async throws {
        let server = try await server()
        let door = try await door(port: server.port)
        #expect(try await send(door) == #"{"status":"sent"}"#)
        let sent = try await door.localBooks().brief(of: "ada", on: day)?.mail
        func expectNothingNew() async throws {
            #expect(try await door.localBooks().brief(of: "ada", on: day)?.mail == sent)
            try await change(door)
            #expect(try await send(door) == #"{"status":"sent","reason":"it had gone before"}"#)
        }
        try await change(door, wantsMail: false)
        #expect(try await send(door, again: true) == #"{"status":"sent","reason":"not wanted any more"}"#)
        try await expectNothingNew()
        for (address, reason) in [("busy@example.com", "mail.refused"), ("no address", "mail.address")] {
            try await change(door, address: address)
            #expect(try await failure(door, again: true).reason == reason)
            try await expectNothingNew()
        }
        try await door.localBooks().beginBrief(of: "ada", on: day, metadata: .emptyObject, now: .epoch)
        #expect(try await failure(door, again: true).reason == "mail.early")
        try await expectNothingNew()
        #expect(server.messages.count == 1)
        try await server.end()
    }

    @Test func whatHasPerhapsGoneStaysSo() async throws {
        let server = try await server()
        let door = try await door(port: server.port, address: "lost@example.com")
        #expect(try await failure(door).reason == "mail.uncertain")
        for (wants, address) in [(false, "ada@example.com"), (true, "busy@example.com")] {
            try await change(door, wantsMail: wants, address: address)
            _ = try? await send(door, again: true)
            #expect(try await status(door) == .sending)
        }
        try await server.end()
    }

    @Test func aMailWaitsForABriefThatIsMadeAnew() async throws {
        let server = try await server()
        let door = try await door(port: server.port)
        let books = try door.localBooks()
        try await books.beginBrief(of: "ada", on: day, metadata: .emptyObject, now: .epoch)
        #expect(try await failure(door).status == .unavailable)
        #expect(try await status(door) == .pending)
        try await books.failBrief(of: "ada", on: day, because: "no active projects")
        #expect(try await failure(door).status == .unavailable)
        let mail = try await books.brief(of: "ada", on: day)?.mail
        #expect(mail?.status == .pending && mail?.error?.hasPrefix("the brief is failed") == true, "\(mail as Any)")
        try await books.beginBrief(of: "ada", on: day, metadata: .emptyObject, now: .epoch)
        try await books.completeBrief(DailyBrief(day: day, texts: ["## Weir"]), of: "ada", analysis: nil, now: .epoch)
        #expect(try await books.noteBriefMail(of: "ada", on: day, token: "another", now: .epoch) == .already)
        #expect(try await send(door) == #"{"status":"sent"}"#)
        #expect(try await server.wait(for: 1)[0]["data"].string?.contains("## Weir") == true)
        try await server.end()
    }

    @Test func theBooksTroubleIsNotedWithoutItsStatement() async throws {
        let server = try await server()
        let door = try await door(port: server.port)
        try await door.localBooks().database.write { connection in
            try connection.execute(
                """
                CREATE TRIGGER no BEFORE UPDATE ON brief_mail WHEN NEW.status = 'sending'
                BEGIN SELECT RAISE(ABORT, 'not now'); END
                """)
        }
        #expect(try await failure(door).message == "the books: not now")
        let mail = try await door.localBooks().brief(of: "ada", on: day)?.mail
        #expect((mail?.status, mail?.error) == (.pending, "the books: not now"))
        #expect(server.messages.isEmpty)
        try await server.end()
    }

    @Test func whoChangedHisMindOrHasNoAddressGetsNone() async throws {
        let server = try await server()
        let door = try await door(port: server.port)
        try await change(door, wantsMail: false)
        #expect(try await send(door) == #"{"status":"cancelled","reason":"not wanted any more"}"#)
        #expect(try await status(door) == .cancelled)
        #expect(server.messages.isEmpty)
        try await server.end()
    }

    @Test(arguments: [
        ("busy@example.com", StatusWord.unavailable, BriefMailStatus.pending),
        ("nobody@example.com", .failedPrecondition, .failed), ("full@example.com", .failedPrecondition, .failed),
        ("no address", .failedPrecondition, .failed),
    ])
    func whatTheServerSaysDecidesWhetherItIsTriedAgain(
        address: String, word: StatusWord, mail: BriefMailStatus
    ) async throws {
        let server = try await server()
        let door = try await door(port: server.port, address: address)
        let error = try await failure(door)
        #expect(error.status == word, "\(error)")
        #expect(try await status(door) == mail)
        #expect(!error.message.contains("example.com"))
        try await server.end()
    }

    /// Between the last dot and the answer nobody knows; a second copy is worse than none.
    @Test func aMailThatMayHaveGoneIsNotSentAgainByItself() async throws {
        let server = try await server()
        let door = try await door(port: server.port, address: "lost@example.com")
        #expect(try await failure(door).reason == "mail.uncertain")
        #expect(try await status(door) == .sending)
        #expect(try await failure(door).reason == "mail.uncertain")
        #expect(try await server.wait(for: 1).count == 1)
        await #expect(throws: (any Error).self) { try await send(door, again: true) }
        #expect(try await server.wait(for: 2).count == 2)
        try await server.end()
    }

    @Test func withMailOffNothingIsNotedAndAJobSaysSo() async throws {
        let door = try await door(port: nil)
        let post = BriefPost(books: door, runner: RPCClient(socket: folder.file("none.sock"), patience: .zero))
        #expect(await post.queue("ada", day, at: nil, .example) == nil)
        #expect(try await failure(door).reason == "mail.off")
    }

    @Test func withoutARunnerTheMailWaitsInTheBooks() async throws {
        let door = try await door(port: 1)
        let next = try #require(Day("2026-11-22"))
        try await door.localBooks().beginBrief(of: "ada", on: next, metadata: .emptyObject, now: .epoch)
        let post = BriefPost(books: door, runner: RPCClient(socket: folder.file("none.sock"), patience: .zero))
        #expect(await post.queue("ada", next, at: nil, .example) == .later)
        #expect(try await door.localBooks().briefMail(of: "ada", on: next)?.status == .pending)
    }

    /// The job of a mail that is still to go may be over: its worker died three times, or the server was away for too long.
    @Test func aPlanningQueuesAnewWhatHasNotGoneAndGivesUpWhatIsADayOld() async throws {
        let submitted = Watched<[String]>([])
        var router = RPCRouter()
        router.on(JobSubmit.self) { job, context in
            submitted.update { $0 += [job.uniqueKey ?? "", context.meta.idempotencyKey ?? ""] }
            return JobReceipt(
                id: JobID(1), state: .ready, durability: .disk, duplicate: false, correlationId: context.correlationId)
        }
        let runner = RPCServer(router: router, log: Logger(label: "test"))
        let socket = folder.file("runner.sock")
        try await runner.serve(listening: UnixSocket.listen(path: socket))
        let door = try await door(port: 1)
        let (books, now) = (try door.localBooks(), door.time.wall())
        let next = try #require(Day("2026-11-22"))
        try await books.beginBrief(of: "ada", on: next, metadata: .emptyObject, now: now)
        _ = try await books.noteBriefMail(of: "ada", on: next, token: "token-2", now: now - .seconds(600))
        let client = RPCClient(socket: socket)
        let post = BriefPost(books: door, runner: client)
        await post.queueWhatWaits(.example)
        let first = submitted.value
        try await eventually("the clock goes on") { door.time.wall() > now + .milliseconds(1) }
        await post.queueWhatWaits(.example)
        let second = submitted.value.dropFirst(2)
        #expect(first.count == 2 && second.count == 2)
        #expect(first.first == "brief-mail-ada-2026-11-22" && second.first == first.first)
        #expect(first.last != second.last, "one that is over would be told instead of a new one")
        #expect(try await status(door) == .failed, "the one of \(day) is older than a day")
        client.close()
        await runner.drain(within: .zero)
    }

    @Test func settingsThatCannotWorkAreAllNamed() {
        func problems(_ lines: String) -> [String] {
            let file = folder.write(lines, to: "wrong.conf")
            return BackOfficeSettings(
                environment: { _ in nil }, variables: ["MILLRACE_BACKOFFICE_CONFIG": file]
            ).problems
        }
        #expect(problems("[Mail]\nMail=smtp\n").count == 2)
        #expect(problems("[Mail]\nMail=smtp\nMailServer=m.example\nMailFrom=nobody\n").count == 2)
        #expect(
            problems("[Mail]\nMail=smtp\nMailServer=m.example\nMailFrom=a@b.c\nMailSecurity=none\nMailUser=u\n").count
                == 1)
        #expect(problems("[Mail]\nMail=smtp\nMailServer=m.example\nMailFrom=a@b.c\n").isEmpty)
    }

    @Test func variablesOfTheQueueKeepTheirBounds() {
        let values = [
            "QUEUE_MAX_RETRIES": "11", "QUEUE_STALLED_TIMEOUT": "10", "QUEUE_WORKER_TIMEOUT": "x",
            "QUEUE_RETRY_BACKOFF_BASE": "200", "QUEUE_ENABLE_PROGRESS_TRACKING": "false", "QUEUE_POLL_INTERVAL": "2000",
        ]
        let queue = BriefQueueSettings { values[$0] }
        #expect(queue.attempts == 10 && queue.stalled == .seconds(30) && queue.timeout == .seconds(600))
        #expect(queue.retryBase == .milliseconds(200) && !queue.tracksProgress && queue.progressRetries == 3)
        #expect(queue.warnings.count == 4)
        #expect(BriefQueueSettings { _ in nil } == BriefQueueSettings())
        #expect(BriefQueueSettings { $0 == "QUEUE_MAX_RETRIES" ? "0" : nil }.attempts == 1)
    }
}
