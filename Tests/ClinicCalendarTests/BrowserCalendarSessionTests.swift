import BackOffice
import Calendars
import Glibc
import Linux
import MillraceProtocol
import Simulators
import TestSupport
import Testing

@testable import ClinicCalendar

/// Calendars without an API, by a real browser.
@Suite(.serialized, .heavy, .enabled(if: BrowserCalendarSession.isThere, "chromium is not installed"))
struct BrowserCalendarSessionTests {
    private func run(
        _ settings: ClinicSimulator.Settings = ClinicSimulator.Settings(), time: any TimeSource = SystemTime(),
        _ body: (BrowserCalendarSession, ClinicSimulator) async throws -> Void
    ) async throws {
        try await ClinicSimulator.run(.vet, settings) { simulator in
            let session = try await open(simulator, time: time)
            do {
                try await body(session, simulator)
            } catch {
                await session.close()
                throw error
            }
            await session.close()
        }
    }

    private func open(
        _ simulator: ClinicSimulator, timeout: Duration = .seconds(60), time: any TimeSource = SystemTime()
    ) async throws -> BrowserCalendarSession {
        try await BrowserCalendarSession(
            url: simulator.url(of: "VET") + "/pages", login: { try CalendarLogin(Array("ada:s & \"t\"".utf8)) },
            timeout: timeout, time: time)
    }

    @Test func aDayIsReadFromItsPageBehindTheForm() async throws {
        var settings = ClinicSimulator.Settings()
        settings.login = "ada:s & \"t\""
        try await run(settings) { session, simulator in
            let found = try await session.appointments(on: .monday, zone: .utc)
            #expect(found.map(\.id) == ["a", "b"])
            #expect((found[1].start?.short, found[1].end?.short) == ("16:15", "16:30"))
            #expect((found[1].fields.client, found[1].fields.phone) == ("ADA", "+14085095710"))
            #expect(try await session.configuration().rooms == 4)
            #expect(await session.isAlive())
            #expect(simulator.counts["POST pages/login"] == 1)
        }
    }

    @Test func whatItReadsIsWhatTheAPIOfTheSameCalendarSays() async throws {
        try await run { session, simulator in
            try await withWeb { web in
                let other = try await ClinicCalendarTests.session(simulator, web)
                for day in [Day.monday, .tuesday] {
                    let (pages, api) = (
                        try await session.appointments(on: day, zone: .utc),
                        try await other.appointments(on: day, zone: .utc)
                    )
                    #expect(pages.map(\.fields) == api.map(\.fields))
                }
            }
        }
    }

    @Test func datesSideBySideHaveATabEach() async throws {
        try await run { session, _ in
            async let monday = session.appointments(on: .monday, zone: .utc)
            async let tuesday = session.appointments(on: .tuesday, zone: .utc)
            async let empty = session.appointments(on: Day("2026-03-04")!, zone: .utc)
            let counts = try await [monday.count, tuesday.count, empty.count]
            #expect(counts == [2, 1, 0])
        }
    }

    @Test func aSessionThatIsOverIsOpenedAnewOnce() async throws {
        try await run { session, simulator in
            simulator.expireSessions()
            let found = try await session.appointments(on: .monday, zone: .utc)
            #expect(found.count == 2)
            #expect(simulator.counts["POST pages/login"] == 2)
        }
    }

    @Test func aWrongPasswordIsToldAsSuch() async throws {
        var settings = ClinicSimulator.Settings()
        settings.login = "ada:other"
        try await ClinicSimulator.run(.vet, settings) { simulator in
            let error = await #expect(throws: ClinicCalendarError.self) { try await open(simulator) }
            #expect(error?.rpcError.status == .permissionDenied)
        }
    }

    @Test(arguments: [FaultRule.Effect.cut, .status(404, code: "x"), .status(500, code: "x")])
    func aPageThatIsNotWholeIsNoEmptyDay(effect: FaultRule.Effect) async throws {
        try await run { session, simulator in
            simulator.set { $0.faults = [FaultRule("GET", "pages/schedule", .every(1), effect)] }
            await #expect(throws: ClinicCalendarError.self) {
                try await session.appointments(on: .monday, zone: .utc)
            }
        }
    }

    /// Such a page never has its `load`: who waited for that found out by the time of a page alone.
    @Test func thatAPageBrokeOffIsKnownAtOnce() async throws {
        try await run { session, simulator in
            simulator.set { $0.faults = [FaultRule("GET", "pages/schedule", .every(1), .cut)] }
            let error = await #expect(throws: ClinicCalendarError.self) {
                try await session.appointments(on: .monday, zone: .utc)
            }
            #expect(error?.description.contains("the page broke off") == true)
            #expect(simulator.counts["GET pages/schedule"] == 4)
        }
    }

    /// Also while its tab is to be closed, and however many orders its pipe holds.
    @Test func aBrowserThatHangsIsNotWaitedForAndIsEnded() async throws {
        let time = HastyTime(hastens: false)
        var groups: [Int32] = []
        try await run(time: time) { session, _ in
            groups.append(try #require(session.processID))
            for process in ProcessTable.all() where process.value.session == groups[0] && process.key != groups[0] {
                kill(process.key, SIGSTOP)
            }
            time.hasten(true)
            #expect(await !session.isAlive())
            await #expect(throws: ClinicCalendarError.self) {
                try await session.appointments(on: .monday, zone: .utc)
            }
            time.hasten(false)
            let found = try await session.appointments(on: .monday, zone: .utc)
            #expect(found.count == 2)
            groups.append(try #require(session.processID))
        }
        #expect(groups.count == 2 && groups[0] != groups[1])
        try await eventually("all of both is gone", within: .seconds(30)) {
            !ProcessTable.all().values.contains { groups.contains($0.session) && !$0.isZombie }
        }
    }

    @Test func whatMayPassIsTriedAgain() async throws {
        try await run { session, simulator in
            simulator.set { $0.faults = [FaultRule("GET", "pages/schedule", .calls(1...1), .status(503, code: "x"))] }
            let found = try await session.appointments(on: .monday, zone: .utc)
            #expect(found.count == 2)
            #expect(simulator.counts["GET pages/schedule"] == 2)
        }
    }

    @Test func whoeverWaitsForAPageCanLeave() async throws {
        try await run { session, simulator in
            simulator.set { $0.faults = [FaultRule("GET", "pages/schedule", .every(1), .hang(done: true))] }
            let read = Task { try await session.appointments(on: .monday, zone: .utc) }
            try await simulator.wait(for: "the page is asked for") { $0["GET pages/schedule"] == 1 }
            read.cancel()
            await #expect(throws: CancellationError.self) { try await read.value }
            simulator.set { $0.faults = [] }
            let found = try await session.appointments(on: .monday, zone: .utc)
            #expect(found.count == 2)
        }
    }

    @Test func aBrowserThatDiedIsStartedAgainAndNoneIsLeft() async throws {
        var groups: [Int32] = []
        try await run { session, _ in
            groups.append(try #require(session.processID))
            #expect(kill(-groups[0], SIGKILL) == 0)
            try await eventually("it is known to be dead") { await !session.isAlive() }
            let found = try await session.appointments(on: .monday, zone: .utc)
            #expect(found.count == 2)
            groups.append(try #require(session.processID))
        }
        try await eventually("all of both is gone", within: .seconds(30)) {
            !ProcessTable.all().values.contains { groups.contains($0.session) && !$0.isZombie }
        }
    }
}
