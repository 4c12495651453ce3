import BackOffice
import Calendars
import ClinicCalendar
import Linux
import MillraceProtocol
import Simulators
import TestSupport
import Testing
import WebClient

@Suite struct HTTPCalendarSessionTests {
    @Test(arguments: [false, true], ClinicSimulator.Shape.allCases)
    func everyShapeIsReadBehindEitherKindOfLogin(token: Bool, shape: ClinicSimulator.Shape) async throws {
        var settings = ClinicSimulator.Settings()
        settings.login = "ada:secret"
        settings.givesToken = token
        settings.shape = shape
        try await ClinicSimulator.run(.vet, settings) { simulator in
            try await withWeb { web in
                let session = try await session(simulator, web)
                let found = try await session.appointments(on: .monday, zone: .utc)
                #expect(found.map(\.id) == ["a", "b"])
                #expect((found[1].start?.short, found[1].end?.short) == ("16:15", "16:30"))
                #expect((found[1].fields.start, found[1].fields.phone) == ("4:15 PM", "+14085095710"))
                let configuration = try await session.configuration()
                #expect((configuration.rooms, configuration.zone) == (4, "America/Sao_Paulo"))
                #expect((configuration.open?.short, configuration.close?.short) == ("08:00", "18:00"))
            }
        }
    }

    /// What a calendar says, on which days it is open by that, and what does not read.
    private static let configurations: [(String, String?, [String])] = [
        (#""days":[1,2]"#, "mon,tue", []), (#""days":["Mon","Tuesday"]"#, "mon,tue", []),
        (#""days":["1","2"]"#, "mon,tue", []), (#""days":"Mon-Fri""#, "mon-fri", []),
        (#""days":["Montag",2]"#, nil, ["days"]), (#""days":[1,7]"#, nil, ["days"]), (#""days":[]"#, nil, ["days"]),
        (#""days":{"mon":true}"#, nil, ["days"]), (#""days":null"#, nil, []), (#""other":1"#, nil, []),
        (#""days":[0],"openTime":"soon","rooms":"two""#, "sun", ["openTime", "rooms"]),
        (#""open":"10:00","close":"9:00","slotMinutes":0"#, nil, ["open", "close", "slotMinutes"]),
    ]

    @Test(arguments: configurations)
    func whatDoesNotReadInAConfigurationIsNotSaidAndNamed(text: String, days: String?, unread: [String]) async throws {
        var settings = ClinicSimulator.Settings()
        settings.configuration = "{\(text)}"
        try await ClinicSimulator.run(.vet, settings) { simulator in
            try await withWeb { web in
                let configuration = try await session(simulator, web).configuration()
                #expect(configuration.days?.description == days)
                #expect(configuration.unread == unread)
            }
        }
    }

    @Test func aWrongPasswordIsToldAsSuchAndNotTriedAgain() async throws {
        var settings = ClinicSimulator.Settings()
        settings.login = "ada:other"
        try await ClinicSimulator.run(.vet, settings) { simulator in
            try await withWeb { web in
                let error = await #expect(throws: ClinicCalendarError.self) { try await session(simulator, web) }
                #expect(error?.rpcError.status == .permissionDenied)
                #expect(simulator.counts == ["POST login": 1])
            }
        }
    }

    @Test func aSessionThatIsOverIsOpenedAnewOnceForAllWhoNoticeIt() async throws {
        try await ClinicSimulator.run(.vet) { simulator in
            try await withWeb { web in
                let session = try await session(simulator, web)
                simulator.expireSessions()
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<8 {
                        group.addTask { try await session.appointments(on: .monday, zone: .utc).count }
                    }
                    for try await count in group { #expect(count == 2) }
                }
                #expect(simulator.counts["POST login"]! <= 3, "one, but for those who were late to notice")
            }
        }
    }

    @Test func aNewSessionThatIsNotTakenEitherIsNoReasonToGoOn() async throws {
        var settings = ClinicSimulator.Settings()
        settings.faults = [FaultRule("GET", "appointments", .every(1), .status(401, code: "401"))]
        try await ClinicSimulator.run(.vet, settings) { simulator in
            try await withWeb { web in
                let session = try await session(simulator, web)
                let error = await #expect(throws: ClinicCalendarError.self) {
                    try await session.appointments(on: .monday, zone: .utc)
                }
                #expect(error?.rpcError.status == .permissionDenied)
                #expect(simulator.counts == ["POST login": 2, "GET appointments": 2])
            }
        }
    }

    @Test(arguments: [429, 502, 503, 504])
    func whatMayPassIsTriedThreeTimesMore(status: Int) async throws {
        var settings = ClinicSimulator.Settings()
        settings.faults = [FaultRule("GET", "appointments", .calls(1...3), .status(status, code: "x"))]
        try await ClinicSimulator.run(.vet, settings) { simulator in
            try await withWeb { web in
                let time = HastyTime()
                let session = try await session(simulator, web, time: time)
                #expect(try await session.appointments(on: .monday, zone: .utc).count == 2)
                #expect(simulator.counts["GET appointments"] == 4)
                // 1 + 2 + 4 seconds, a quarter more or less.
                #expect(time.slept >= .milliseconds(5250) && time.slept <= .milliseconds(8750), "\(time.slept)")
            }
        }
    }

    @Test(arguments: [400, 403, 404, 500, 501])
    func anythingElseFailsAtOnceByItsStatusWord(status: Int) async throws {
        var settings = ClinicSimulator.Settings()
        settings.faults = [FaultRule("GET", "appointments", .every(1), .status(status, code: "x"))]
        try await ClinicSimulator.run(.vet, settings) { simulator in
            try await withWeb { web in
                let session = try await session(simulator, web, time: HastyTime())
                let error = await #expect(throws: ClinicCalendarError.self) {
                    try await session.appointments(on: .monday, zone: .utc)
                }
                #expect(error?.rpcError.status == WebFailure(origin: "", status: status).word)
                #expect(simulator.counts["GET appointments"] == 1)
            }
        }
    }

    @Test(arguments: [FaultRule.Effect.garbage, .cut, .lost])
    func anAnswerThatIsNoneIsNoEmptyDay(effect: FaultRule.Effect) async throws {
        var settings = ClinicSimulator.Settings()
        settings.faults = [FaultRule("GET", "appointments", .every(1), effect)]
        try await ClinicSimulator.run(.vet, settings) { simulator in
            try await withWeb { web in
                let session = try await session(simulator, web, time: HastyTime())
                await #expect(throws: ClinicCalendarError.self) {
                    try await session.appointments(on: .monday, zone: .utc)
                }
            }
        }
    }

    @Test func anObjectWithoutAListIsNoEmptyDay() async throws {
        let answers = [HTTPAnswer.json(#"{"token":"t"}"#), .json(#"{"message":"down for maintenance"}"#)]
        try await HTTPSimulator.run(answers: answers) { simulator in
            try await withWeb { web in
                let session = try await HTTPCalendarSession(
                    url: simulator.url(), web: web, login: { try CalendarLogin(Array("a:b".utf8)) })
                let error = await #expect(throws: ClinicCalendarError.self) {
                    try await session.appointments(on: .monday, zone: .utc)
                }
                #expect("\(error!)".contains("there is no list of appointments in it"))
            }
        }
    }

    @Test func momentsWithAnOffsetAreThoseOfTheClinicsClock() async throws {
        let answers = [
            HTTPAnswer.json(#"{"token":"t"}"#),
            .json(#"[{"id":7,"start":"2026-03-02T23:30:00Z","end":"2026-03-03T00:00:00Z","status":"No Show"}]"#),
        ]
        try await HTTPSimulator.run(answers: answers) { simulator in
            try await withWeb { web in
                let session = try await HTTPCalendarSession(
                    url: simulator.url(), web: web, login: { try CalendarLogin(Array("a:b".utf8)) })
                let zone = try ZoneDatabase.system.zone(named: "America/Los_Angeles")
                let one = try #require(try await session.appointments(on: .monday, zone: zone).first)
                #expect((one.id, one.start?.short, one.end?.short) == ("7", "15:30", "16:00"))
                #expect((one.fields.date, one.fields.status) == (.monday, .noShow))
            }
        }
    }
}
