import BackOffice
import Calendars
import Glibc
import JSONCodec
import Linux
import MillraceProtocol
import MillraceService
import MillraceWorker
import Simulators
import TestSupport
import Testing
import WebClient

@testable import BackOfficeWorker

@Suite struct ScheduleWorkloadTests {
    /// Runs `body` with the workload, a calendar of the clinic VET, and books that know it.
    private func run<Result: Sendable>(
        _ environment: [String: String] = [:], _ settings: ClinicSimulator.Settings = ClinicSimulator.Settings(),
        _ body: (WorkloadHarness<ScheduleWorkload>, ClinicSimulator) async throws -> Result
    ) async throws -> Result {
        var calendar = SimulatedCalendar()
        calendar.put(SimulatedCalendar.Appointment(id: "a", patient: "BELLA", day: "2026-03-02"), in: "VET")
        calendar.put(SimulatedCalendar.Appointment(id: "b", patient: "REX", day: "2026-03-03"), in: "VET")
        return try await ClinicSimulator.run(calendar, settings) { simulator in
            let web = WebDoor()
            let harness = WorkloadHarness(environment) { door in
                ScheduleWorkload(
                    books: door,
                    calendars: ClinicCalendars(
                        settings: door.settings.schedules, web: web, secrets: Secrets(state: nil)))
            }
            let books = try SQLiteBooks(path: harness.folder.file("books.sqlite"), creates: true)
            try await books.put(Clinic(id: "VET", url: simulator.url(of: "VET")))
            books.close()
            let result: Result
            do {
                result = try await body(harness, simulator)
            } catch {
                await web.close()
                throw error
            }
            await web.close()
            return result
        }
    }

    private let params = #"{"clinicId":"VET","daysAhead":1,"from":"2026-03-02"}"#

    @Test func aSyncGoesThroughTheFourFunctionsAndAnswersWhatItDid() async throws {
        try await run { harness, simulator in
            let plan = try await harness.plan(params)
            #expect(plan.items.map(\.key) == ["2026-03-02", "2026-03-03"])
            #expect(plan.slots == 3)
            let result = try JSON.decode(JSONValue.self, from: try await harness.job(params))
            #expect(result["success"] == true)
            #expect(result["stats"]?["appointmentsAdded"] == 2)
            #expect(result["dateRange"] == ["start": "2026-03-02", "end": "2026-03-03"])
            #expect((result["errors"], result["failedDates"], result["partialSuccess"]) == ([], [], false))
            #expect(simulator.counts["GET appointments"] == 2)
        }
    }

    @Test func whatIsGoneIsLookedForOnTheDatesBeforeByTheSessionOfTheJob() async throws {
        try await run(["BROWSER_POOL_SIZE": "1"]) { harness, simulator in
            _ = try await harness.job(params)
            simulator.change { $0.remove("b", from: "VET") }
            let result = try JSON.decode(JSONValue.self, from: try await harness.job(params))
            #expect(result["stats"]?["appointmentsRemoved"] == 1)
            #expect(simulator.counts["GET appointments"] == 2 + 2 + 1)
            #expect(simulator.counts["POST login"] == 1)
        }
    }

    @Test func aDateThatFailsIsNamedAndTheOthersAreStored() async throws {
        var settings = ClinicSimulator.Settings()
        settings.faults = [FaultRule("GET", "appointments/2026-03-03", .every(1), .status(500, code: "x"))]
        try await run([:], settings) { harness, _ in
            let items = try await harness.plan(params).items
            try await harness.preload(params, items)
            let output = try await harness.process(params, items, 0)
            let thrown = await #expect(throws: (any Error).self) { try await harness.process(params, items, 1) }
            let error = try #require(thrown as? any RPCErrorConvertible)
            let result = try JSON.decode(
                JSONValue.self,
                from: try await harness.summarize(
                    params,
                    [
                        harness.view("2026-03-02", 0, .succeeded, output: output),
                        harness.view("2026-03-03", 1, .failed, error: error.rpcError),
                    ]))
            #expect((result["success"], result["partialSuccess"]) == (false, true))
            #expect(result["failedDates"] == ["2026-03-03"])
            #expect(result["stats"]?["appointmentsAdded"] == 1)
        }
    }

    @Test func whatIsWrongIsToldByItsStatusWord() async throws {
        var settings = ClinicSimulator.Settings()
        settings.login = "ada:secret"
        try await run([:], settings) { harness, _ in
            func status(_ params: String) async -> StatusWord? {
                let thrown = await #expect(throws: (any Error).self) { try await harness.plan(params) }
                return (thrown as? any RPCErrorConvertible)?.rpcError.status
            }
            #expect(await status(#"{"clinicId":"DOG"}"#) == .notFound)
            #expect(await status(#"{"clinicId":"VET","daysAhead":61}"#) == .invalidArgument)
            #expect(await status(params) == .permissionDenied)
        }
    }

    @Test func aZoneThatCannotBeReadNowIsWorthAnotherTry() {
        let unread = ClinicError.zone("VET", .unreadable(SystemError(number: EMFILE, call: "open"))).rpcError
        #expect(unread.status == .unavailable && unread.reason == "zone.unreadable" && unread.retryAfterMs != nil)
        let unknown = ClinicError.zone("VET", .unknown(name: "Mars/Olympus", hint: "")).rpcError
        #expect(unknown.status == .failedPrecondition && unknown.reason == "clinic.zone")
    }

    @Test func aSyncThatIsOutOfTimeSaysSoAndItsRowIsClosed() async throws {
        var settings = ClinicSimulator.Settings()
        settings.faults = [FaultRule("GET", "appointments", .every(1), .hang(done: false))]
        try await run(["SYNC_TIMEOUT_MS": "700"], settings) { harness, simulator in
            let items = try await harness.plan(params).items
            try await harness.preload(params, items)
            let error = await #expect(throws: ClinicError.self) { try await harness.process(params, items, 0) }
            #expect(error?.rpcError.status == .deadlineExceeded)
            _ = try await harness.summarize(params, [harness.view("2026-03-02", 0, .cancelled)], cancelled: true)
            let books = try SQLiteBooks(path: harness.folder.file("books.sqlite"), creates: true)
            defer { books.close() }
            #expect(try await books.syncs(of: "VET").map(\.status) == ["failed"])
            try await simulator.server.history.wait(for: "the request is given up") { !$0.abandoned.isEmpty }
        }
    }

    @Test func aThirdSyncOfAClinicIsPutOffUntilThereIsAPlace() async throws {
        try await run { harness, _ in
            _ = try await harness.plan(params, job: JobID(1))
            _ = try await harness.plan(params, job: JobID(2))
            await #expect(throws: Snooze.self) { try await harness.plan(params, job: JobID(3)) }
        }
    }

    @Test func numbersBelowOneStopTheStart() {
        let settings = BackOfficeSettings { $0 == "SYNC_CONCURRENCY" ? "0" : nil }
        #expect(settings.problems == ["SYNC_CONCURRENCY=0 is not a number from 1 to 20"])
    }
}
