import BackOffice
import Glibc
import TestSupport
import Testing

/// `kill -9` of worker, runner and calendar at random moments of a sync, while the calendar changes.
@Suite(
    .serialized, .heavy,
    .enabled(if: RunningSuite.isBuilt && Binary.exist("millrace-simulator"), "the executables are not built"))
struct ClinicCrashTests {
    /// `MILLRACE_CLINIC_KILLS`; the project's own bar is 300.
    static let kills = environment("MILLRACE_CLINIC_KILLS").flatMap(Int.init) ?? 9
    /// `MILLRACE_CRASH_SEED` repeats the moments, as far as time can be repeated.
    static let seed = environment("MILLRACE_CRASH_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 0...9_999)

    /// A budget and a breaker that let kills follow each other closely.
    private static let kinds = """
        resources: [{ name: clinic-calendar, rate: 1000, burst: 100, breaker: { failures: 5, pause: 500ms } }]
        kinds: [{ name: sync-schedule, timeout: 2min, attempts: 1 }]
        """
    private static let first = 2, days = 5

    /// The calendar as it is meant to be: appointment, patient, day of March.
    private struct Entries {
        var rows: [(id: Int, patient: Int, day: Int)] = []
        private var last = 0

        init(_ random: inout SeededGenerator) {
            for _ in 0..<200 { add(&random) }
        }

        private mutating func add(_ random: inout SeededGenerator) {
            last += 1
            rows.append((last, Int.random(in: 1...50, using: &random), Self.day(&random)))
        }

        private static func day(_ random: inout SeededGenerator) -> Int {
            Int.random(in: first..<first + days, using: &random)
        }

        /// Some are cancelled, some moved to another day, some changed, some new.
        mutating func change(_ random: inout SeededGenerator) {
            for _ in 0..<8 { rows.remove(at: Int.random(in: 0..<rows.count, using: &random)) }
            for _ in 0..<8 {
                rows[Int.random(in: 0..<rows.count, using: &random)].day = Self.day(&random)
                rows[Int.random(in: 0..<rows.count, using: &random)].patient += 100
                add(&random)
            }
        }

        var csv: String {
            let head = "appointment_id,patient_key,scheduled_at,appointment_day,clinic,sms_received,no_show\n"
            return rows.reduce(into: head) { $0 += "\($1.id),p\($1.patient),,2026-03-0\($1.day),NORTH,0,no\n" }
        }

        /// `id patient day` of each.
        var wanted: [String] { rows.map { "\($0.id) p\($0.patient) 2026-03-0\($0.day)" }.sorted() }
    }

    /// The calendar's process, at one port.
    private final class Calendar: Sendable {
        private let folder = TemporaryDirectory()
        private let process = Watched<RunningProcess?>(nil)
        private let port = Watched("0")

        var url: String { "http://127.0.0.1:\(port.value)/clinics/NORTH" }

        /// Begins anew with these entries, whatever it did.
        func start(_ entries: Entries, latency: Int = 25) async throws {
            process.value?.signal(SIGKILL)
            try await process.value?.wait(within: .seconds(10))
            let file = folder.write(entries.csv, to: "appointments.csv")
            let started = try RunningProcess([
                "setpriv", "--pdeathsig", "KILL", Binary.path("millrace-simulator"), "clinic", "--appointments", file,
                "--latency", "\(latency)", "--port", port.value, "--json",
            ])
            try await started.waitForOutput("}}")
            let url = try Tree(started.progress.value.outputText)["url"].string ?? ""
            port.update { $0 = String(url.split(separator: ":").last?.prefix { $0.isNumber } ?? "") }
            process.update { $0 = started }
        }

        func kill() async throws {
            process.value?.signal(SIGKILL)
            try await process.value?.wait(within: .seconds(10))
        }
    }

    private enum Victim: CaseIterable { case worker, runner, calendar }

    private static func submit(_ runner: RunningRunner) async throws -> Int {
        try await runner.submit(
            "sync-schedule", "{\"clinicId\":\"NORTH\",\"from\":\"2026-03-0\(first)\",\"daysAhead\":\(days - 1)}",
            ",\"key\":\"NORTH\"")
    }

    @Test func theBooksAreTheCalendarAfterTheNextRunWhoeverWasKilled() async throws {
        var random = SeededGenerator(seed: Self.seed)
        var entries = Entries(&random)
        let calendar = Calendar()
        try await calendar.start(entries)
        let runner = RunningRunner(kinds: Self.kinds, options: [])
        try await runner.use { runner in
            try await runner.check("clinic", "add", "NORTH", "--url", calendar.url, "--zone", "UTC")
            let books = try SQLiteBooks(path: runner.state + "/data/books.sqlite", creates: true)
            defer { books.close() }
            try await eventually("the kind is known", within: .seconds(30)) {
                (try? await Self.submit(runner)) != nil
            }
            var history: Set<String> = []
            for kill in 0..<Self.kills {
                entries.change(&random)
                try await calendar.start(entries)
                let id = try await Self.submit(runner)
                let moment = Duration.milliseconds(Int.random(in: 0...350, using: &random))
                _ = try? await Watched(false).wait(within: moment, for: "a moment") { $0 }
                switch Victim.allCases[kill % 3] {
                case .worker:
                    let workers = try await runner.call("worker.list")["workers"].elements
                    if let pid = workers.compactMap({ $0["pid"].int }).first { Glibc.kill(pid_t(pid), SIGKILL) }
                case .runner:
                    try await runner.kill()
                    try await runner.start()
                case .calendar:
                    try await calendar.kill()
                    try await calendar.start(entries)
                }
                try await runner.finished(id, within: .seconds(120))
                let next = try await runner.finished(try await Self.submit(runner), within: .seconds(120))
                #expect(next["state"].string == "succeeded", "seed \(Self.seed), kill \(kill): \(next)")
                try await judge(books, entries, &history, kill)
            }
        }
        try await calendar.kill()
    }

    /// The live rows are the calendar's, none twice; what was deleted is still there.
    private func judge(
        _ books: SQLiteBooks, _ entries: Entries, _ history: inout Set<String>, _ kill: Int
    ) async throws {
        let (first, last) = (try #require(Day("2026-03-01")), try #require(Day("2026-03-31")))
        let rows = try await books.appointments(of: "NORTH", from: first, to: last, deleted: true)
        let live = rows.filter { $0.deletedAt == nil }.map { "\($0.id) \($0.patient) \($0.date)" }.sorted()
        #expect(live == entries.wanted, "seed \(Self.seed), kill \(kill)")
        let deleted = Set(rows.compactMap { row in row.deletedAt.map { "\(row.id) \(row.date) \($0)" } })
        #expect(deleted.isSuperset(of: history), "seed \(Self.seed), kill \(kill): history is lost")
        history = deleted
        if kill > 3 { #expect(!history.isEmpty) }
    }
}
