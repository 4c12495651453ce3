import BackOffice
import JSONCodec
import Linux

/// An hour's planning of daily briefs, for people who all want theirs within the hour, and the measurements of the description
/// that need no books.
struct BriefClaims {
    let scratch: Scratch
    private let now = Timestamp("2026-11-21T08:00:00Z")!
    /// What a request is said to take.
    private static let request = Duration.milliseconds(30)
    /// Briefs that go to the runner in one call, as `plan-daily-briefs` has it.
    private static let group = 250
    /// Projects of a brief at once, as `daily-brief` has it.
    private static let slots = 10

    private func people(_ count: Int) async throws -> (SQLiteBooks, StatementCounter) {
        let (books, counter) = try scratch.books()
        let users = (0..<count).map { #"{"id":"u\#($0)","last_visit":"2026-11-20T20:00:00Z"}"# }
        let wishes = (0..<count).map {
            #"{"user_id":"u\#($0)","is_active":true,"time_of_day":"08:\#($0 % 50 + 10)","timezone":"UTC"}"#
        }
        let text = #"{"users":[\#(users.joined(separator: ","))],"preferences":[\#(wishes.joined(separator: ","))]}"#
        _ = try await books.importBriefRecords(try JSON.decode(JSONValue.self, from: text))
        counter.reset()
        return (books, counter)
    }

    private func plan(_ books: any BriefBooks, of count: Int) async throws -> [DueBrief] {
        let due = try await BriefPlanner(books, usesEngagement: true).plan(now: now, watermark: nil).due
        guard due.count == count else { throw ClaimFault("\(due.count) of \(count) briefs are due") }
        return due
    }

    /// The time and the requests of an hour's planning as the system before this one did it.
    private func original(_ count: Int, oneByOne: Bool, delay: Duration) async throws -> (CallMeter, String) {
        let (books, _) = try await people(count)
        defer { books.close() }
        let meter = CallMeter(delay: delay)
        let metered = MeteredBriefBooks(
            books, meter: meter, atOnce: oneByOne ? 1 : count, asksEach: oneByOne)
        let time = try await ClaimTime.seconds { try await metered.queue(try await plan(metered, of: count)) }
        return (meter, time)
    }

    private func ours(_ count: Int) async throws -> (StatementCounter, String) {
        let (books, counter) = try await people(count)
        defer { books.close() }
        let time = try await ClaimTime.seconds {
            let due = try await plan(books, of: count)
            for start in stride(from: 0, to: count, by: Self.group) {
                try await books.planBriefs(Array(due[start..<min(start + Self.group, count)]))
            }
        }
        return (counter, time)
    }

    func calls() async throws -> ClaimsTable {
        let count = 100
        let (before, _) = try await original(count, oneByOne: true, delay: .zero)
        let (after, _) = try await original(count, oneByOne: false, delay: .zero)
        let (counter, _) = try await ours(count)
        func counted(_ names: String...) -> String {
            [before, after].map { meter in "\(names.reduce(0) { $0 + (meter.counts[$1] ?? 0) })" }
                .joined(separator: " → ")
        }
        let duplicates = counter.total("SELECT person, day, planned_for FROM brief")
        let engagement =
            counter.total("SELECT id, last_visit FROM person")
            + counter.total("SELECT person, max(coalesce(completed_at")
        let preferences = counter.reads - duplicates - engagement
        return ClaimsTable(
            title: "Daily briefs: requests of an hour's planning",
            intro: """
                \(count) people who all want their brief within the hour, with the back-off by engagement: as the earlier \
                system first did it, one after the other → as it did it later.
                """,
            columns: ("original, modelled", "Millrace, SQLite books"),
            claims: [
                Claim(
                    what: "preferences", claimed: "1", original: counted("preferences.query"),
                    measured: "\(preferences) read"),
                Claim(
                    what: "engagement", claimed: "2 each", original: counted("visit.read", "brief.read"),
                    measured: "\(engagement) reads for all"),
                Claim(
                    what: "duplicates", claimed: "100 → 1", original: counted("duplicates.query"),
                    measured: "\(duplicates) read"),
                Claim(
                    what: "queueing", claimed: "3 each", original: counted("zone.read", "job.add", "job.read"),
                    measured: "\((count + Self.group - 1) / Self.group) call to the runner, \(counter.writes) writes"),
            ],
            notes: ["The writes note each brief as planned, in one transaction for each \(Self.group) people."])
    }

    func times() async throws -> ClaimsTable {
        var claims: [Claim] = []
        let cases = [
            (10, "1–3 s → 0.3–0.5 s"), (100, "10–30 s → 3–5 s"), (1000, "100–300 s → 10–30 s"), (100_000, "–"),
        ]
        for (count, claimed) in cases {
            var before = "–"
            switch count {
            case ...100:
                let oneByOne = try await original(count, oneByOne: true, delay: Self.request).1
                let sideBySide = try await original(count, oneByOne: false, delay: Self.request).1
                before = "\(oneByOne) s → \(sideBySide) s"
            case ...1000:
                let requests = try await original(count, oneByOne: true, delay: .zero).0.total
                let sideBySide = try await original(count, oneByOne: false, delay: Self.request).1
                before = "\(requests) × 0.03 s = \(requests * 3 / 100) s → \(sideBySide) s"
            default: break
            }
            let (counter, time) = try await ours(count)
            let duplicates = counter.total("SELECT person, day, planned_for FROM brief")
            claims.append(
                Claim(
                    what: "\(count) people", claimed: claimed, original: before,
                    measured: "\(time) s, \(counter.reads) reads, \(duplicates) of them for duplicates"))
        }
        return ClaimsTable(
            title: "Daily briefs: time of an hour's planning",
            intro: """
                All of them want their brief within the hour; every request of the original takes 30 ms, one after the \
                other → all people at once.
                """,
            columns: ("original's requests, here", "Millrace, SQLite books, no delay"), claims: claims,
            notes: [
                """
                The time is that of deciding and of writing it down, \(Self.group) people a transaction. With the jobs themselves, \
                through the runner: `Benchmarks/run schedule`.
                """
            ])
    }

    func synthetic() async throws -> ClaimsTable {
        func seconds(_ count: Int, steps: Int, of delay: Duration, atOnce: Int) async throws -> String {
            let meter = SystemTime()
            return try await ClaimTime.seconds {
                _ = try await SideBySide.map(Array(0..<count), atOnce: atOnce) { _ in
                    for _ in 0..<steps { try await meter.sleep(for: delay) }
                }
            }
        }
        func claim(
            _ what: String, _ claimed: String, _ count: Int, steps: Int = 1, of delay: Duration, atOnce: Int
        ) async throws -> Claim {
            Claim(
                what: what, claimed: claimed,
                original: "\(try await seconds(count, steps: steps, of: delay, atOnce: 1)) s",
                measured: "\(try await seconds(count, steps: steps, of: delay, atOnce: atOnce)) s, \(atOnce) at once")
        }
        return ClaimsTable(
            title: "Daily briefs: the synthetic cases",
            intro: "Nothing but waiting, one after the other and side by side.",
            columns: ("one after the other", "side by side"),
            claims: [
                try await claim(
                    "5 projects of 100 ms", "0.5 s → 0.1 s", 5, of: .milliseconds(100), atOnce: Self.slots),
                try await claim(
                    "15 projects of 50 ms", "0.75 s → below 0.2 s", 15, of: .milliseconds(50), atOnce: Self.slots),
                try await claim(
                    "100 people, 3 steps of 30 ms each", "9 s → 0.09 s, “over 50 times”", 100, steps: 3,
                    of: .milliseconds(30), atOnce: 100),
            ],
            notes: [
                """
                A brief makes \(Self.slots) projects at once, so fifteen take two turns. People are not done side by side at all: \
                what concerns them is read for all at once, see above.
                """
            ])
    }
}

/// Why a figure cannot be measured.
struct ClaimFault: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
