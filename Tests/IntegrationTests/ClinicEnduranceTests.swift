import Simulators
import TestSupport
import Testing

/// Syncs in a row, by one worker process: what it holds after the first ones is what it holds in the end.
@Suite(.serialized, .heavy, .enabled(if: RunningSuite.isBuilt, "the executables are not built"))
struct ClinicEnduranceTests {
    /// `MILLRACE_CLINIC_SYNCS`; the project's own bar is 1000.
    static let syncs = environment("MILLRACE_CLINIC_SYNCS").flatMap(Int.init) ?? 48

    private static let kinds = """
        resources: [{ name: clinic-calendar, rate: 10000, burst: 1000 }]
        kinds: [{ name: sync-schedule, timeout: 2min, attempts: 1 }]
        """

    private static var calendar: SimulatedCalendar {
        var calendar = SimulatedCalendar()
        for day in 10...24 {
            for number in 0..<30 {
                calendar.put(
                    .init(
                        id: "\(day)-\(number)", patient: "p\(number)", day: "2026-03-\(day)", start: 480 + number * 20),
                    in: "NORTH")
            }
        }
        return calendar
    }

    @Test(.enabled(if: !Sanitizer.isAddress, "the address sanitizer keeps what was freed"))
    func memoryAndDescriptorsAreFlat() async throws {
        try await ClinicSimulator.run(Self.calendar) { simulator in
            // Without the budget of ten requests a second the calendar answers a thousand syncs in minutes.
            let own = ["IDEXX_RATE_LIMIT": "100000"]
            try await RunningRunner.run(kinds: Self.kinds, options: [], environment: own) { runner in
                try await runner.check("clinic", "add", "NORTH", "--url", simulator.url(of: "NORTH"), "--zone", "UTC")
                var first: (memory: Int, descriptors: Int)?
                var table = ""
                for number in 1...Self.syncs {
                    // Something changes each time: a row is added, one changed, one gone.
                    simulator.change { calendar in
                        calendar.remove("10-\(number % 30)", from: "NORTH")
                        calendar.put(.init(id: "n\(number)", patient: "new", day: "2026-03-11"), in: "NORTH")
                        calendar.remove("n\(number - 5)", from: "NORTH")
                        calendar.put(.init(id: "12-1", patient: "p\(number)", day: "2026-03-12"), in: "NORTH")
                    }
                    let id = try await runner.submit(
                        "sync-schedule", #"{"clinicId":"NORTH","from":"2026-03-10"}"#, #","key":"NORTH""#)
                    let job = try await runner.reached("succeeded", id, within: .seconds(60))
                    // The first one adds them all.
                    #expect(number == 1 || job["result"]["stats"]["appointmentsUpdated"].int ?? 0 > 0)
                    if number % 50 == 0 { simulator.resetCounts() }
                    guard number % max(1, Self.syncs / 8) == 0 else { continue }
                    let workers = try await runner.call("worker.list")["workers"].elements.compactMap { $0["pid"].int }
                    let pid = try #require(workers.first.map { Int32($0) })
                    let now = (
                        memory: try #require(ProcessLook.residentBytes(pid)),
                        descriptors: ProcessLook.descriptors(pid).count
                    )
                    table += "\(number): \(now.memory / 1024) KiB, \(now.descriptors) descriptors\n"
                    // By then everything that is kept is there.
                    if number * 4 >= Self.syncs, first == nil { first = now }
                    if let first {
                        #expect(now.memory - first.memory < 4 << 20, "\(table)")
                        #expect(now.descriptors <= first.descriptors + 2, "\(table)")
                    }
                }
                if environment("MILLRACE_CLINIC_SYNCS") != nil { print(table) }
            }
        }
    }
}
