import ArgumentParser
import BackOffice
import Calendars
import JSONCodec
import Linux
import MillraceProtocol

extension BriefCommand {
    /// A person's day.
    struct PersonAndDay: ParsableArguments {
        @Argument(help: "The person.") var user: String
        @Argument(help: "The day, YYYY-MM-DD; today where the person is when left out.", transform: OptionValue.day)
        var date: Day?

        /// The day, by the person's own clock where it is not given.
        func day(_ global: GlobalOptions) async throws -> Day {
            if let date { return date }
            let user = user
            let zone = try await BooksPlace(global.place).use(global.place) { try await $0.briefZone(of: user) }
            guard let zone else { throw Failure(.noInput, "the books know no person \(user)") }
            return try BriefPreference(person: user, zone: zone).zone().today(at: SystemTime().wall())
        }

        /// The brief as the books have it.
        func brief(of day: Day, _ global: GlobalOptions) async throws -> BriefView {
            let user = user
            let found = try await BooksPlace(global.place).use(global.place) { try await $0.brief(of: user, on: day) }
            guard let found else { throw Failure(.noInput, "\(user) has no brief of \(day)") }
            return found
        }
    }

    /// `millctl brief make ada 2026-11-21`
    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a brief now, anew where there is one, and shows it.",
            discussion: """
                Jobs that make the same brief are cancelled first. The mail of a day goes out once, whatever is made again: \
                see `millctl brief mail`.
                """)

        @OptionGroup var global: GlobalOptions
        @OptionGroup var whose: PersonAndDay

        func run() async throws {
            let day = try await whose.day(global)
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            let others = try await BriefJobs(caller, whose.user, day).cancel(because: "the brief is made anew")
            var job = JobSpecification(kind: BriefJobs.kind, params: BriefJobs.params(whose.user, day))
            job.key = whose.user
            job.priority = 10
            job.maxAttempts = 1
            job.after = others.isEmpty ? nil : others
            job.afterMode = others.isEmpty ? nil : .always
            try await JobWaiting.submit(job, global, by: caller) { job, terminal in
                job.state == .succeeded ? [] : JobWaiting.summary(of: job, terminal)
            }
            if !global.json { Output.lines(BriefText.brief(try await whose.brief(of: day, global), global.terminal)) }
        }
    }

    /// `millctl brief cancel ada 2026-11-21`
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancels the jobs that make a brief.", discussion: "The day's brief is not planned again.")

        @OptionGroup var global: GlobalOptions
        @OptionGroup var whose: PersonAndDay

        func run() async throws {
            let day = try await whose.day(global)
            let caller = try Caller(service: KnownService.runner.name, at: global.place)
            let (user, reason) = (whose.user, "cancelled by hand")
            let cancelled = try await BriefJobs(caller, user, day).cancel(because: reason)
            if !cancelled.isEmpty {
                try await BooksPlace(global.place).use(global.place) { books in
                    try await books.cancelBrief(of: user, on: day, because: reason)
                }
            }
            if global.json {
                return JSONOutput.document(
                    JSONValue.object([JSONMember("cancelled", .array(cancelled.map { .number("\($0)") }))]))
            }
            Output.line(
                cancelled.isEmpty
                    ? "no job makes the brief of \(day)"
                    : "\(Counted.text(cancelled.count, "job")) cancelled: "
                        + cancelled.map(\.description).joined(separator: ", "))
        }
    }

    /// `millctl brief mail ada 2026-11-21`
    struct Mail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends a brief by mail that has not gone yet.",
            discussion: """
                A brief goes out once. Where a connection broke while it was on its way nobody knows whether it has gone, and \
                it is not sent again by itself; --again sends it in any case.
                """)

        @OptionGroup var global: GlobalOptions
        @OptionGroup var whose: PersonAndDay
        @Flag(help: "Also when it has gone, or perhaps has.") var again = false

        func run() async throws {
            let day = try await whose.day(global)
            var members = [JSONMember("user", .string(whose.user)), JSONMember("date", .string(day.description))]
            if again { members.append(JSONMember("again", true)) }
            var job = JobSpecification(kind: "send-brief-mail", params: JSONRaw(JSONValue.object(members)))
            job.key = whose.user
            job.maxAttempts = 1
            try await JobWaiting.submit(job, global)
        }
    }
}

/// The jobs that make the brief of a person and day.
struct BriefJobs {
    static let kind = "daily-brief"
    /// Pages of a person's jobs that are looked at.
    private static let pages = 100

    let caller: Caller
    let user: String
    let day: Day

    init(_ caller: Caller, _ user: String, _ day: Day) {
        self.caller = caller
        self.user = user
        self.day = day
    }

    static func params(_ user: String, _ day: Day) -> JSONRaw {
        JSONRaw(
            JSONValue.object([JSONMember("user", .string(user)), JSONMember("date", .string(day.description))]))
    }

    /// Cancels those that are not over, and names them.
    func cancel(because reason: String) async throws -> [JobID] {
        var cancelled: [JobID] = []
        var before: JobID?
        for _ in 0..<Self.pages {
            let page = try await caller.call(
                JobList.self,
                .init(
                    states: [.scheduled, .ready, .running], kind: Self.kind, key: user, limit: 100, before: before)
            ).value
            for job in page.jobs {
                guard try await isWanted(job.id) else { continue }
                _ = try await caller.call(JobCancel.self, .init(id: job.id, reason: reason))
                cancelled.append(job.id)
            }
            before = page.nextBefore
            if before == nil { break }
        }
        return cancelled
    }

    /// Lists leave parameters out.
    private func isWanted(_ id: JobID) async throws -> Bool {
        let job = try await caller.call(JobShow.self, .init(id: id)).value.job
        return try job.params?.decode(JSONValue.self)["date"]?.stringValue.flatMap { Day($0) } == day
    }
}
