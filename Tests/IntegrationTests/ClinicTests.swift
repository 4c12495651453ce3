import Glibc
import Simulators
import TestSupport
import Testing

/// Clinics' calendars through the suite as it is installed: millctl, runner, pooled workers, books, and the limits that are
/// declared for it.
@Suite(.serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct ClinicTests {
    private static let monday = "2026-03-02"

    /// Clinics with 30 appointments on each of 15 dates.
    private static func calendar(_ clinics: [String]) -> SimulatedCalendar {
        var calendar = SimulatedCalendar()
        for clinic in clinics {
            for day in 2...16 {
                let date = "2026-03-\(day < 10 ? "0" : "")\(day)"
                for number in 0..<30 {
                    calendar.put(
                        .init(
                            id: "\(clinic)-\(day)-\(number)", patient: "p\(number)", day: date,
                            start: 480 + number * 20),
                        in: clinic)
                }
            }
        }
        return calendar
    }

    /// A runner with what is declared for clinics, and the clinics.
    private func run<Result: Sendable>(
        _ clinics: [String] = ["NORTH", "SOUTH"], latency: Duration = .zero, environment: [String: String?] = [:],
        _ body: (RunningRunner, ClinicSimulator) async throws -> Result
    ) async throws -> Result {
        var settings = ClinicSimulator.Settings()
        settings.latency = latency
        let kinds = try #require(text(of: packageRoot + "/Units/kinds.d/clinics.yaml"))
        return try await ClinicSimulator.run(Self.calendar(clinics), settings) { simulator in
            try await RunningRunner.run(kinds: kinds, options: [], environment: environment) { runner in
                for clinic in clinics {
                    try await runner.check("clinic", "add", clinic, "--url", simulator.url(of: clinic), "--zone", "UTC")
                }
                return try await body(runner, simulator)
            }
        }
    }

    private func sync(
        _ runner: RunningRunner, _ clinic: String, days: Int = 14, status: Int32 = 0
    ) async throws -> Tree {
        try Tree(
            try await runner.check(
                "clinic", "sync", clinic, "--from", Self.monday, "--days", "\(days)", "--json", status: status))["job"]
    }

    private func submit(
        _ runner: RunningRunner, _ clinic: String, days: Int = 14, timeout: Int? = nil
    ) async throws -> Int {
        try await runner.submit(
            "sync-schedule", "{\"clinicId\":\"\(clinic)\",\"from\":\"\(Self.monday)\",\"daysAhead\":\(days)}",
            ",\"key\":\"\(clinic)\"" + (timeout.map { ",\"timeoutMs\":\($0)" } ?? ""))
    }

    /// `id day` of every live row.
    private func live(_ runner: RunningRunner) async throws -> [String] {
        let csv = try await runner.check("books", "export", "appointments", "--format", "csv")
        return Table(csv: csv).rows.map { "\($0["appointment_id"]!) \($0["appointment_day"]!)" }.sorted()
    }

    private func expected(_ simulator: ClinicSimulator, _ clinics: String...) -> [String] {
        clinics.flatMap { clinic in
            simulator.calendar.clinics[clinic, default: [:]].values.map { "\($0.id) \($0.day)" }
        }.sorted()
    }

    @Test func aCalendarIsMirroredAndWhatChangesInItIsTakenOver() async throws {
        try await run { runner, simulator in
            let first = try await sync(runner, "NORTH")
            #expect(first["state"].string == "succeeded")
            #expect(first["result"]["stats"]["appointmentsAdded"].int == 450)
            #expect(try await live(runner) == expected(simulator, "NORTH"))
            simulator.change { calendar in
                calendar.remove("NORTH-2-0", from: "NORTH")
                calendar.put(.init(id: "NORTH-2-1", patient: "p1", day: "2026-03-10", start: 500), in: "NORTH")
                calendar.put(.init(id: "NORTH-2-2", patient: "other", day: "2026-03-02", start: 520), in: "NORTH")
            }
            let stats = try await sync(runner, "NORTH")["result"]["stats"]
            #expect(stats["appointmentsAdded"].int == 0)
            #expect(stats["appointmentsUpdated"].int == 2)
            #expect(stats["appointmentsRemoved"].int == 1)
            #expect(try await live(runner) == expected(simulator, "NORTH"))
            // A date that cannot be read loses nothing, whatever else is gone.
            simulator.change { calendar in
                for day in 2...16 { calendar.remove("NORTH-\(day)-9", from: "NORTH") }
            }
            simulator.set {
                $0.faults = [FaultRule("GET", "appointments/2026-03-05", .every(1), .status(500, code: "x"))]
            }
            let partial = try await sync(runner, "NORTH", status: 2)
            #expect(partial["result"]["failedDates"][0].string == "2026-03-05")
            #expect(try await live(runner) == (expected(simulator, "NORTH") + ["NORTH-5-9 2026-03-05"]).sorted())
            let grid = try await runner.check("clinic", "slots", "NORTH", Self.monday)
            #expect(grid.contains("slots,"))
        }
    }

    @Test func ofThirteenSyncsOfAClinicTwoRunTenWaitOneIsRefusedAndAnotherClinicIsNotSlowed() async throws {
        try await run(latency: .seconds(1)) { runner, _ in
            var accepted: [Int] = [], refused = 0
            for _ in 0..<13 {
                let answer = try await runner.request(
                    "job.submit",
                    """
                    {"kind":"sync-schedule",\
                    "params":{"clinicId":"NORTH","from":"\(Self.monday)","daysAhead":2}}
                    """)
                if let id = answer["result"]["id"].int {
                    accepted.append(id)
                } else {
                    refused += 1
                    #expect(answer["error"]["data"]["status"].string == "RESOURCE_EXHAUSTED")
                    #expect(try #require(answer["error"]["data"]["retryAfterMs"].int) > 0)
                }
            }
            #expect((accepted.count, refused) == (12, 1))
            for id in accepted.prefix(2) { try await runner.reached("running", id) }
            for id in accepted.dropFirst(2) { #expect(try await runner.why(id) == ["keyLimit"]) }
            _ = try await sync(runner, "SOUTH", days: 2)
            #expect(try await runner.job(accepted[11])["state"].string == "ready", "NORTH is still at it")
            for id in accepted {
                let job = try await runner.finished(id, within: .seconds(120))
                #expect(job["state"].string == "succeeded", "\(job)")
            }
            #expect(try await live(runner).count == 180)
        }
    }

    @Test func fourProcessesTogetherNeverAskMoreThanTenAndTenASecondWhateverHappensToThem() async throws {
        let clinics = (1...8).map { "CLINIC-\($0)" }
        try await run(clinics, latency: .milliseconds(40)) { runner, simulator in
            var others: [RunningProcess] = []
            for _ in 0..<3 {
                others.append(
                    try RunningProcess(
                        [
                            "setpriv", "--pdeathsig", "KILL", Binary.path("millrace-backoffice"), "--connect",
                            runner.socket,
                        ], environment: ["MILLRACE_STATE": runner.state, "SWIFT_BACKTRACE": "enable=no"]))
            }
            try await eventually("four processes are there", within: .seconds(30)) {
                try await runner.call("worker.list")["workers"].elements.count { !($0["name"].string ?? "").isEmpty }
                    >= 4
            }
            simulator.set { $0.faults = [FaultRule("GET", "appointments", .every(9), .status(503, code: "x"))] }
            let jobs = try await onAll(clinics) { try await submit(runner, $0, days: 7) }
            func asked(_ count: Int) async throws {
                try await simulator.wait(for: "\(count) requests") { $0.values.reduce(0, +) >= count }
            }
            try await asked(25)
            // A process that is gone, a sync that is given up, a runner that comes back: none has a budget twice.
            others[0].signal(SIGKILL)
            try await asked(35)
            try await runner.call("job.cancel", "{\"id\":\(jobs[7])}")
            try await asked(45)
            try await runner.kill()
            try await runner.start()
            for id in jobs.dropLast() {
                let job = try await runner.finished(id, within: .seconds(120))
                #expect(job["state"].string == "succeeded", "\(job)")
            }
            #expect(simulator.total > 8 * 10)
            let most = simulator.excess(rate: 10)
            #expect(most <= 10.001, "\(most) ahead of ten a second")
        }
    }

    private func onAll(_ clinics: [String], _ body: (String) async throws -> Int) async throws -> [Int] {
        var all: [Int] = []
        for clinic in clinics { all.append(try await body(clinic)) }
        return all
    }

    @Test func aSyncThatIsOutOfTimeOrWhoseCallerIsGoneLeavesNothingBehind() async throws {
        try await run(environment: ["SYNC_TIMEOUT_MS": "2500"]) { runner, simulator in
            simulator.set { $0.faults = [FaultRule("GET", "appointments", .every(1), .hang(done: false))] }
            let late = try await sync(runner, "NORTH", days: 2, status: 1)
            #expect(late["error"]["data"]["status"].string == "DEADLINE_EXCEEDED", "\(late)")
            #expect(try await syncs(runner) == ["failed"])

            let before = simulator.counts["GET appointments", default: 0]
            let caller = try runner.begin("clinic", "sync", "NORTH", "--from", Self.monday, "--days", "2")
            try await simulator.wait(for: "dates are asked for") { $0["GET appointments", default: 0] > before }
            caller.signal(SIGKILL)
            try await eventually("the sync is closed", within: .seconds(30)) {
                try await syncs(runner) == ["failed", "failed"]
            }
            simulator.set { $0.faults = [] }
            _ = try await sync(runner, "NORTH", days: 2)
            #expect(try await live(runner).count == 90)
            #expect(simulator.counts["POST login"] == 1, "the session came back from both")
        }
    }

    /// The runner takes back the places of jobs when their time is up, and ends the process that does not let go; of syncs
    /// whose process told no end the books keep the place for ten minutes.
    @Test func placesOfSyncsThatComeToNoEndAreReleasedAndTheNextOneStarts() async throws {
        try await run { runner, simulator in
            simulator.set { $0.faults = [FaultRule("GET", "appointments", .every(1), .hang(done: false))] }
            let lost = [
                try await submit(runner, "NORTH", days: 2, timeout: 5000),
                try await submit(runner, "NORTH", days: 2, timeout: 5000),
            ]
            let next = try await submit(runner, "NORTH", days: 2)
            try await simulator.wait(for: "both ask for their dates") { $0["GET appointments", default: 0] >= 6 }
            for worker in try await runner.call("worker.list")["workers"].elements {
                if let pid = worker["pid"].int { kill(pid_t(pid), SIGSTOP) }
            }
            simulator.set { $0.faults = [] }
            for id in lost {
                let job = try await runner.finished(id, within: .seconds(60))
                #expect(job["error"]["data"]["status"].string == "DEADLINE_EXCEEDED", "\(job)")
            }
            try await eventually("the next one has its place and waits for that of the books", within: .seconds(60)) {
                try await runner.job(next)["state"].string == "scheduled"
            }
            #expect(try await syncs(runner) == ["in_progress", "in_progress"])
            try await check([
                "sqlite3", runner.state + "/data/books.sqlite",
                "UPDATE schedule_sync SET started_at = strftime('%Y-%m-%dT%H:%M:%fZ', started_at, '-601 seconds')",
            ])
            let job = try await runner.finished(next, within: .seconds(60))
            #expect(job["state"].string == "succeeded", "\(job)")
            #expect(try await syncs(runner).sorted() == ["completed", "failed", "failed"])
        }
    }

    @Test func whatAnOperatorSaysOfAClinicHoldsAndABookingIsConfirmedAndCancelled() async throws {
        try await run(["NORTH"]) { runner, _ in
            let early = try await runner.millctl("clinic", "set", "NORTH", "--open", "09:00")
            #expect(early.ending == .exited(65) && early.errors.contains("millctl clinic sync NORTH"), "\(early)")
            _ = try await sync(runner, "NORTH", days: 1)
            let set = try Tree(
                try await runner.check(
                    "clinic", "set", "NORTH", "--close", "17:00", "--days", "mon-fri", "--capacity", "9", "--json"))
            #expect((set["close"].string, set["capacity"].int, set["days"].elements.count) == ("17:00:00", 9, 5))
            try await runner.check("clinic", "block", "NORTH", "staff", "09:00", "10:00", "--days", "mon")
            try await runner.check("clinic", "unblock", "NORTH", "lunch")
            try await runner.check("clinic", "unblock", "NORTH", "lunch", status: 66)
            try await runner.check("clinic", "set", "NORTH", "--open", "17:00", status: 64)
            let shown = try await runner.check("clinic", "set", "NORTH")
            #expect(shown.contains("staff: 09:00 to 10:00, mon") && !shown.contains("lunch"), "\(shown)")
            _ = try await sync(runner, "NORTH", days: 1)
            let grid = try Tree(try await runner.check("clinic", "slots", "NORTH", Self.monday, "--json")).elements
            let starts = grid.compactMap { $0["start"].string }
            #expect(starts.contains("12:00:00") && !starts.contains("09:00:00") && starts.last == "16:45:00")
            #expect(grid.allSatisfy { $0["capacity"].int == 9 })

            let booking = try Tree(
                try await runner.check("clinic", "book", "NORTH", Self.monday, "12:00", "--client", "Ada", "--json"))
            let number = try #require(booking["confirmation"].string)
            try await runner.check("clinic", "confirm", number.lowercased())
            #expect(try await runner.check("books", "export", "bookings").contains("confirmed"))
            let cancelled = try await runner.check("clinic", "cancel", number)
            #expect(cancelled.contains("12:00 for Ada, number \(number) is cancelled"), "\(cancelled)")
            try await runner.check("clinic", "confirm", number, status: 65)
            try await runner.check("clinic", "confirm", "NONE", status: 66)
        }
    }

    /// How the syncs of the books stand.
    private func syncs(_ runner: RunningRunner) async throws -> [String] {
        Table(csv: try await runner.check("books", "export", "syncs", "--format", "csv")).rows.map { $0["status"]! }
    }
}
