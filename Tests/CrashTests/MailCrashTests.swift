import Glibc
import TestSupport
import Testing

/// `kill -9` of the worker and of the runner at random moments while briefs go out by mail to a real server. A few in every test
/// run; many by `make crash-mails`.
@Suite(
    .serialized, .heavy,
    .enabled(if: RunningSuite.isBuilt && MailServer.isThere, "the executables are not built, or no aiosmtpd is there"))
struct MailCrashTests {
    /// `MILLRACE_MAIL_KILLS`.
    static let kills = environment("MILLRACE_MAIL_KILLS").flatMap(Int.init) ?? 12
    /// `MILLRACE_CRASH_SEED` repeats the moments, as far as time can be repeated.
    static let seed = environment("MILLRACE_CRASH_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999)
    /// `MILLRACE_MAIL_CRASHES` is the file that the result is written to.
    static let document = environment("MILLRACE_MAIL_CRASHES")
    static let people = 16
    /// Kills of one day's mails; each takes up to five of them with it, three times at most.
    static let killsOfADay = 6

    @Test func nobodyGetsAMailTwiceAndWhatHasNotGoneSaysSo() async throws {
        let begun = ContinuousClock.now
        var options = MailServer.Options()
        options.security = .none
        options.pause = .milliseconds(40)
        let server = try await MailServer(options, certificate: nil)
        let runner = BareRunner()
        mkdir(runner.folder.file("etc"), 0o755)
        runner.folder.write(
            """
            [Mail]
            Mail=smtp
            MailServer=127.0.0.1
            MailPort=\(server.port)
            MailSecurity=none
            MailFrom=briefs@millrace.test
            """, to: "etc/backoffice.conf")
        var course = MailCrashes(server: server)
        try await runner.start()
        do {
            try await runner.millctl("brief", "import", runner.folder.write(Self.records, to: "records.json"))
            var random = SeededGenerator(seed: Self.seed)
            var day = 0
            while course.kills < Self.kills {
                try await course.day(Self.day(day), runner, &random)
                day += 1
            }
            try await course.judge(runner)
            if let document = Self.document {
                let conditions = CrashConditions(
                    seed: Self.seed, took: ContinuousClock.now - begun, command: "make crash-mails")
                try course.write(conditions, to: document)
            }
            // Between two mails a slow program does so much that a dozen kills may miss them all.
            #expect(
                course.undecided * 12 >= course.kills || Sanitizer.isThread,
                "hardly a kill met a mail on its way: \(course)")
            #expect(try await runner.stop() == .exited(0))
        } catch {
            throw TestFailure("seed \(Self.seed): \(error)\nthe runner's last words:\n\(runner.said.suffix(4000))")
        }
        try await server.end()
    }

    /// Everybody has one project and wants his brief by mail, at nine by UTC.
    private static let records: String = {
        func list(_ record: (String) -> String) -> String {
            (0..<people).map { record("p\($0)") }.joined(separator: ",")
        }
        return """
            {"users": [\(list { #"{"id": "\#($0)", "email": "\#($0)@example.com"}"# })],
             "preferences": [\(list { #"{"user_id": "\#($0)", "is_active": true, "email_daily_brief": true}"# })],
             "projects": [\(list { #"{"id": "\#($0)", "user_id": "\#($0)", "name": "Mill", "status": "active"}"# })]}
            """
    }()

    /// Days of the past, so that nothing waits for its time.
    private static func day(_ number: Int) -> String {
        func two(_ number: Int) -> String { "\(number < 10 ? "0" : "")\(number)" }
        return "\(2001 + number / 336)-\(two(number % 336 / 28 + 1))-\(two(number % 28 + 1))"
    }
}

/// What came of the kills.
struct MailCrashes {
    let server: MailServer
    private(set) var ofWorker = 0
    private(set) var ofRunner = 0
    private(set) var ofBoth = 0
    private(set) var days: [String] = []
    private(set) var sent = 0
    /// Mails of which nobody knows whether they have gone; some of them had.
    private(set) var undecided = 0
    private(set) var undecidedGone = 0
    /// Mails that had not begun to go when their job was given up.
    private(set) var waiting = 0

    var kills: Int { ofWorker + ofRunner + ofBoth }

    init(server: MailServer) { self.server = server }

    /// The mails of one day, killed while they go, until all their jobs are over.
    mutating func day(_ day: String, _ runner: BareRunner, _ random: inout SeededGenerator) async throws {
        days.append(day)
        try await eventually("the worker has said what it can do", within: .seconds(60), every: .milliseconds(10)) {
            try await runner.call("kind.list")["kinds"].elements.contains { $0["name"].string == "send-brief-mail" }
        }
        try await runner.millctl("kind", "pause", "send-brief-mail")
        try await runner.millctl("brief", "plan", "--now", "\(day)T08:30:00Z")
        try await eventually("the mails of \(day) are queued", within: .seconds(120), every: .milliseconds(50)) {
            // A planning queues those of earlier days anew, too.
            try await unfinished(runner) >= MailCrashTests.people
        }
        try await runner.millctl("kind", "resume", "send-brief-mail")
        for _ in 0..<MailCrashTests.killsOfADay {
            let worker = try await workers(runner).randomElement(using: &random)
            // Not a wait for something: the moment is what the test is about.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...300, using: &random)))
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                try await runner.kill()
                ofRunner += 1
                try await runner.start()
            case 1:
                if let worker { kill(worker, SIGKILL) }
                try await runner.kill()
                ofBoth += 1
                try await runner.start()
            default:
                guard let worker else { continue }
                kill(worker, SIGKILL)
                ofWorker += 1
            }
            try await eventually("another worker, or nothing to do", within: .seconds(60), every: .milliseconds(10)) {
                if try await workers(runner).contains(where: { $0 != worker }) { return true }
                return try await unfinished(runner) == 0
            }
            if try await unfinished(runner) == 0 { break }
        }
        try await eventually("the jobs of \(day) are over", within: .seconds(240), every: .milliseconds(50)) {
            try await unfinished(runner) == 0
        }
    }

    private func workers(_ runner: BareRunner) async throws -> [pid_t] {
        try await runner.call("worker.list")["workers"].elements.compactMap { $0["pid"].int.map { pid_t($0) } }
    }

    private func unfinished(_ runner: BareRunner) async throws -> Int {
        let counts = try await runner.call("job.stats", #"{"kind":"send-brief-mail"}"#)["counts"].elements
        return counts.reduce(0) { sum, count in
            ["scheduled", "ready", "running"].contains(count["state"].string ?? "")
                ? sum + (count["jobs"].int ?? 0) : sum
        }
    }

    /// Holds the books against the server's own account of what it took.
    mutating func judge(_ runner: BareRunner) async throws {
        var taken: [String: Int] = [:]
        for message in server.messages {
            let text = message["data"].string ?? ""
            let subject = text.split(separator: "\r\n").first { $0.hasPrefix("Subject: Your brief for ") }
            taken["\(message["to"][0].string ?? "") \(subject?.suffix(10) ?? "")", default: 0] += 1
        }
        #expect(taken.values.allSatisfy { $0 == 1 }, "a mail twice: \(taken.filter { $0.value > 1 })")
        let told = try await told(runner)
        let books = try await check(
            ["sqlite3", "-readonly", "-separator", " ", runner.books, "SELECT person, day, status FROM brief_mail"])
        let mails = books.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(mails.count == days.count * MailCrashTests.people)
        for mail in mails {
            let (person, day, what) = (mail[0], mail[1], Comment(rawValue: mail.joined(separator: " ")))
            let copies = taken["\(person)@example.com \(day)"] ?? 0
            switch mail[2] {
            case "sent":
                sent += 1
                #expect(copies == 1, what)
            case "sending":
                undecided += 1
                undecidedGone += copies
                if undecided <= 5 { try await expectToRead("perhaps gone", person, day, runner) }
                #expect(told.contains("\(person) \(day)"), what)
            case "pending":
                waiting += 1
                #expect(copies == 0, what)
                if waiting <= 5 { try await expectToRead("waits since", person, day, runner) }
                #expect(told.contains("\(person) \(day)"), what)
            default: Issue.record(what)
            }
        }
        #expect(sent + undecidedGone == server.messages.count)
    }

    private func expectToRead(_ words: String, _ person: String, _ day: String, _ runner: BareRunner) async throws {
        let shown = try await runner.millctl("brief", "show", person, day)
        #expect(shown.contains(words), "\(shown)")
    }

    /// The people and days of failed jobs that say that nobody knows, or that their workers were lost.
    private func told(_ runner: BareRunner) async throws -> Set<String> {
        var told: Set<String> = []
        var before = ""
        repeat {
            let page = try await runner.call(
                "job.list", #"{"kind":"send-brief-mail","states":["failed"],"limit":1000\#(before)}"#)
            for id in page["jobs"].elements.compactMap({ $0["id"].int }) {
                let job = try await runner.call("job.show", #"{"id":\#(id)}"#)["job"]
                guard ["mail.uncertain", "worker.lost"].contains(job["error"]["data"]["reason"].string ?? "") else {
                    continue
                }
                told.insert("\(job["params"]["user"].string ?? "") \(job["params"]["date"].string ?? "")")
            }
            before = page["nextBefore"].int.map { ",\"before\":\($0)" } ?? ""
        } while !before.isEmpty
        return told
    }

    func write(_ conditions: CrashConditions, to path: String) throws {
        let text = """
            # Mails and `kill -9`

            Made by `make crash-mails`; do not edit. \(conditions)

            **\(kills) kills while \(sent + undecided + waiting) briefs of \(days.count) days went out to a mail server: it took \
            \(server.messages.count), none of them twice.** Killed was the worker that sends them \(ofWorker) times, the runner \
            \(ofRunner) times, both \(ofBoth) times.

            | in the books afterwards | mails | of them taken by the server |
            | --- | ---: | ---: |
            | sent | \(sent) | \(sent) |
            | on their way when the worker was killed, perhaps gone: not sent again by themselves | \(undecided) | \(undecidedGone) |
            | not begun when their job had lost three workers: the next planning queues them anew | \(waiting) | 0 |

            What is not known as sent is told by `millctl brief show` and by a job that has failed. The server is aiosmtpd, which takes
            40 ms before it answers to the person, 40 ms before it has the message, and 40 ms before it says so; the moments are by
            chance, up to 300 ms apart.

            """
        try writeFile(text, to: path)
    }
}
