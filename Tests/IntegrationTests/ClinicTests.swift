import Glibc
import Simulators
import TestSupport
import Testing

/// Clinics' calendars through the suite as it is installed: millctl, runner, pooled workers, books.
@Suite(.serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct ClinicTests {
    private static let monday = "2026-03-02"

    /// Two clinics with 30 appointments on each of 15 dates.
    private static var calendar: SimulatedCalendar {
        var calendar = SimulatedCalendar()
        for clinic in ["NORTH", "SOUTH"] {
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

    /// The suite, with a budget of ten requests a second that all workers share, and both clinics.
    private func run<Result: Sendable>(
        latency: Duration = .zero, environment: [String: String?] = [:],
        _ body: (RunningSuite, ClinicSimulator) async throws -> Result
    ) async throws -> Result {
        var settings = ClinicSimulator.Settings()
        settings.latency = latency
        return try await ClinicSimulator.run(Self.calendar, settings) { simulator in
            try await RunningSuite.run(environment: environment) { suite in
                for clinic in ["NORTH", "SOUTH"] {
                    try await suite.check("clinic", "add", clinic, "--url", simulator.url(of: clinic), "--zone", "UTC")
                }
                return try await body(suite, simulator)
            }
        }
    }

    private func sync(_ suite: RunningSuite, _ clinic: String, status: Int32 = 0) async throws -> Tree {
        try Tree(
            try await suite.check(
                "clinic", "sync", clinic, "--from", Self.monday, "--days", "14", "--json", status: status,
                within: .seconds(120)))["job"]
    }

    /// `id day` of every live row.
    private func live(_ suite: RunningSuite) async throws -> [String] {
        let csv = try await suite.check("books", "export", "appointments", "--format", "csv")
        return Table(csv: csv).rows.map { "\($0["appointment_id"]!) \($0["appointment_day"]!)" }.sorted()
    }

    private func expected(_ simulator: ClinicSimulator, _ clinics: String...) -> [String] {
        clinics.flatMap { clinic in
            simulator.calendar.clinics[clinic, default: [:]].values.map { "\($0.id) \($0.day)" }
        }.sorted()
    }

    @Test func aCalendarIsMirroredAndWhatChangesInItIsTakenOver() async throws {
        try await run { suite, simulator in
            let first = try await sync(suite, "NORTH")
            #expect(first["state"].string == "succeeded")
            #expect(first["result"]["stats"]["appointmentsAdded"].int == 450)
            #expect(try await live(suite) == expected(simulator, "NORTH"))
            simulator.change { calendar in
                calendar.remove("NORTH-2-0", from: "NORTH")
                calendar.put(.init(id: "NORTH-2-1", patient: "p1", day: "2026-03-10", start: 500), in: "NORTH")
                calendar.put(.init(id: "NORTH-2-2", patient: "other", day: "2026-03-02", start: 520), in: "NORTH")
            }
            let stats = try await sync(suite, "NORTH")["result"]["stats"]
            #expect(stats["appointmentsAdded"].int == 0)
            #expect(stats["appointmentsUpdated"].int == 2)
            #expect(stats["appointmentsRemoved"].int == 1)
            #expect(try await live(suite) == expected(simulator, "NORTH"))
            // A date that cannot be read loses nothing, whatever else is gone.
            simulator.change { calendar in
                for day in 2...16 { calendar.remove("NORTH-\(day)-9", from: "NORTH") }
            }
            simulator.set {
                $0.faults = [FaultRule("GET", "appointments/2026-03-05", .every(1), .status(500, code: "x"))]
            }
            let partial = try await sync(suite, "NORTH", status: 2)
            #expect(partial["result"]["failedDates"][0].string == "2026-03-05")
            #expect(try await live(suite) == (expected(simulator, "NORTH") + ["NORTH-5-9 2026-03-05"]).sorted())
            let grid = try await suite.check("clinic", "slots", "NORTH", Self.monday)
            #expect(grid.contains("slots,"))
        }
    }

    @Test func ofThirteenSyncsOfAClinicOneIsRefusedAndAnotherClinicIsNotSlowed() async throws {
        try await run(latency: .seconds(1)) { suite, _ in
            var accepted: [Int] = [], refused = 0
            for _ in 0..<13 {
                let answer = try await suite.request(
                    "job.submit",
                    """
                    {"kind":"sync-schedule","key":"NORTH",\
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
            try await suite.check("clinic", "sync", "SOUTH", "--from", Self.monday, "--days", "2")
            #expect(try await suite.job(accepted[11])["state"].string != "succeeded", "NORTH is still at it")
            for id in accepted { #expect(try await suite.finished(id)["state"].string == "succeeded") }
            #expect(try await live(suite).count == 180)
        }
    }

    @Test func whoeverIsKilledTheBooksAreTheCalendarAfterwardsWithoutADoubleRow() async throws {
        try await run(latency: .milliseconds(30)) { suite, simulator in
            var random = SeededGenerator(seed: 11)
            for round in 0..<6 {
                let submitted = try await suite.call(
                    "job.submit",
                    """
                    {"kind":"sync-schedule","key":"NORTH","params":{"clinicId":"NORTH","from":"\(Self.monday)"}}
                    """)
                let id = try #require(submitted["id"].int)
                let wanted = simulator.counts["GET appointments", default: 0] + Int.random(in: 0...14, using: &random)
                try await simulator.wait(for: "some dates are asked for") {
                    $0["GET appointments", default: 0] >= wanted
                }
                if round % 2 == 0 {
                    let workers = try await suite.call("worker.list")["workers"]
                    if let pid = workers[0]["pid"].int { kill(pid_t(pid), SIGKILL) }
                } else {
                    kill(try await suite.processID(), SIGKILL)
                }
                simulator.change { calendar in
                    calendar.remove("NORTH-\(round + 2)-\(round)", from: "NORTH")
                    calendar.put(
                        .init(id: "NORTH-\(round + 3)-9", patient: "moved", day: "2026-03-\(10 + round)", start: 600),
                        in: "NORTH")
                }
                _ = try await suite.finished(id)
            }
            _ = try await sync(suite, "NORTH")
            #expect(try await live(suite) == expected(simulator, "NORTH"))
        }
    }
}
