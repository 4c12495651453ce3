import JSONCodec
import Linux
import Watching

/// The calendars of clinics at 127.0.0.1: HTTP and JSON behind a login session, with latency and faults, that counts its
/// calls.
///
/// A clinic's calendar is at `/clinics/NAME`; below it are `POST login`, `GET session`, `GET config` and
/// `GET appointments?start=…&end=…`; below `pages` the same for people: `login`, `settings`, `schedule?date=…`. `GET /clinics`
/// lists them.
public final class ClinicSimulator: Simulator {
    /// How an answer with appointments looks.
    public enum Shape: String, CaseIterable, Sendable {
        case array, events, data, appointments, results
        /// One after the other.
        case rotating
    }

    public struct Settings: SimulatorSettings {
        /// `user:password`; nil: anybody's.
        public var login: String?
        /// Whether a login gives a token instead of a cookie.
        public var givesToken = false
        public var latency = Duration.zero
        /// What an answer with appointments takes on top.
        public var readingTime = Duration.zero
        /// Names are `login`, `session`, `config`, `appointments/2016-05-02`, `pages/schedule/2016-05-02`, below any clinic.
        public var faults: [FaultRule] = []
        public var seed: UInt64 = 1
        public var shape = Shape.rotating
        /// A session is forgotten after so many requests; 0: never.
        public var sessionLife = 0
        /// What `config` answers; nil: 404.
        public var configuration: String? = ClinicSimulator.standardConfiguration

        public init() {}
    }

    public static let standardConfiguration = """
        {"open":"8:00 AM","close":"6:00 PM","days":[1,2,3,4,5,6],"slotMinutes":15,"rooms":4,\
        "timezone":"America/Sao_Paulo"}
        """

    package struct System: SimulatedSystem {
        var calendar: SimulatedCalendar
        package var settings: Settings
        package var ledger: CallLedger
        /// Requests that each session has left.
        var sessions: [String: Int] = [:]
        var lastSession = 0
        var answers = 0
        /// Of every request to a calendar, in their order.
        var times: [ContinuousClock.Instant] = []
    }

    public let server: HTTPSimulator
    package let system: Watched<System>

    public init(_ calendar: SimulatedCalendar, _ settings: Settings = Settings(), port: Int = 0) async throws {
        system = Watched(System(calendar: calendar, settings: settings, ledger: CallLedger(settings)))
        server = try await Self.serve(system, port: port)
    }

    /// The address of a clinic's calendar.
    public func url(of clinic: String) -> String { server.url("/clinics/\(Self.escaped(clinic))") }

    /// The addresses of all calendars, by clinic.
    public var urls: [String: String] {
        Dictionary(uniqueKeysWithValues: clinics.map { ($0, url(of: $0)) })
    }

    public var clinics: [String] { system.value.calendar.clinics.keys.sorted() }
    public var calendar: SimulatedCalendar { system.value.calendar }
    /// When each request to a calendar came.
    public var times: [ContinuousClock.Instant] { system.value.times }

    /// Changes what the calendars hold.
    public func change(_ change: (inout SimulatedCalendar) -> Void) { system.update { change(&$0.calendar) } }

    /// Forgets every session.
    public func expireSessions() { system.update { $0.sessions = [:] } }

    /// Runs `body` with calendars, and closes them whatever happens.
    public static func run<Result: Sendable>(
        _ calendar: SimulatedCalendar, _ settings: Settings = Settings(),
        _ body: (ClinicSimulator) async throws -> Result
    ) async throws -> Result {
        try await ClinicSimulator(calendar, settings).use(body)
    }

    /// The most requests beyond `rate` a second that came in any window: never above the burst of a bucket that was kept.
    public func excess(rate: Double) -> Double {
        var level = 0.0, highest = 0.0
        var last: ContinuousClock.Instant?
        for time in times {
            if let last {
                let passed = last.duration(to: time).components
                level = max(0, level - (Double(passed.seconds) + Double(passed.attoseconds) / 1e18) * rate)
            }
            level += 1
            highest = max(highest, level)
            last = time
        }
        return highest
    }

    static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: return String(Character(Unicode.Scalar(byte)))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }.joined()
    }

    static func unescaped(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                rest = rest.dropFirst(2)
                bytes.append(value)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
