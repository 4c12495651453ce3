public import BackOffice
public import Calendars
import JSONCodec
public import Linux
public import WebClient

/// A clinic's calendar over HTTP and JSON, behind a login by cookies or a token.
///
/// A session that the calendar has forgotten is opened anew once for a request; requests side by side share that.
public final class HTTPCalendarSession: CalendarSession {
    private struct State: Sendable {
        var headers = WebHeaders()
        /// On the boot clock: when the calendar last took the session.
        var taken = Duration.zero
    }

    /// One that was taken so lately needs no question.
    static let fresh = Duration.seconds(10)
    /// A longer answer is refused.
    static let largestAnswer = 16 << 20

    private let base: String
    private let origin: String
    private let web: WebClient
    private let login: @Sendable () throws -> CalendarLogin
    private let time: any TimeSource
    private let timeout: Duration
    private let tries: CalendarTries
    private let renewal = Renewal()
    private let state = Locked(State())

    /// Opens a session.
    ///
    /// - Parameters:
    ///   - url: of the clinic's calendar; `/login`, `/session`, `/config` and `/appointments` are below it.
    ///   - login: asked for each login, so that the credential can be changed under way.
    /// - Throws: ``ClinicCalendarError``; what `login` throws; `WebError` for an address that cannot be used.
    public init(
        url: String, web: WebClient, login: @escaping @Sendable () throws -> CalendarLogin,
        timeout: Duration = .seconds(30), time: any TimeSource = SystemTime()
    ) async throws {
        origin = try WebURL(url).origin
        base = String(url.reversed().drop { $0 == "/" }.reversed())
        self.web = web
        self.login = login
        self.time = time
        self.timeout = timeout
        tries = CalendarTries(time: time)
        try await tries.run { try await self.renewal.renew(after: 0) { try await self.logIn() } }
    }

    /// Whether the calendar still knows this session. One that it took within the last ten seconds is not asked about; a
    /// calendar that has no such question is taken at its word.
    public func isAlive() async -> Bool {
        if time.boot() - state.withLock({ $0.taken }) < Self.fresh { return true }
        do {
            _ = try await send(.get, "/session")
            return true
        } catch ClinicCalendarError.refused(let failure) {
            return failure.status == 404
        } catch {
            return false
        }
    }

    public func configuration() async throws -> RemoteConfiguration {
        try await read("/config") { bytes throws(CalendarAnswer.Fault) in try CalendarAnswer.configuration(bytes) }
    }

    public func appointments(on date: Day, zone: Zone) async throws -> [RemoteAppointment] {
        let end = date.adding(1) ?? date
        return try await read("/appointments?start=\(date)T00:00:00&end=\(end)T00:00:00") {
            bytes throws(CalendarAnswer.Fault) in
            try CalendarAnswer.appointments(bytes, on: date, zone: zone)
        }
    }

    private func read<Value: Sendable>(
        _ target: String, _ parse: ([UInt8]) throws(CalendarAnswer.Fault) -> Value
    ) async throws -> Value {
        let bytes = try await tries.run { try await self.known(target) }
        do throws(CalendarAnswer.Fault) {
            return try parse(bytes)
        } catch {
            throw ClinicCalendarError.answer(origin, error.why)
        }
    }

    /// A request by a session that the calendar knows.
    private func known(_ target: String) async throws -> [UInt8] {
        try await renewal.use {
            try await self.send(.get, target).body
        } renewing: {
            try await self.logIn()
        } unknown: {
            if case ClinicCalendarError.refused(let failure) = $0 { failure.status == 401 } else { false }
        } inVain: {
            ClinicCalendarError.login(self.origin, "a new session is not taken either")
        }
    }

    // MARK: - Login

    private func logIn() async throws {
        let login = try login()
        var json = JSONWriter()
        json.object {
            $0.member("username", login.user)
            $0.member("password", login.password)
        }
        let response: WebResponse
        do {
            response = try await send(.post, "/login", body: json.bytes)
        } catch ClinicCalendarError.refused(let failure) where [401, 403].contains(failure.status) {
            throw ClinicCalendarError.login(origin, "user name or password are wrong")
        }
        var headers = WebHeaders()
        let cookies = response.headers.values("Set-Cookie").map { cookie in String(cookie.prefix { $0 != ";" }) }
        if !cookies.isEmpty { headers["Cookie"] = cookies.joined(separator: "; ") }
        if let token = CalendarAnswer.token(response.body) { headers["Authorization"] = "Bearer \(token)" }
        guard !headers.fields.isEmpty else {
            throw ClinicCalendarError.login(origin, "it gave neither a cookie nor a token")
        }
        state.withLock { state in
            state.headers = headers
            state.taken = time.boot()
        }
    }

    // MARK: - One request

    private func send(_ method: WebRequest.Method, _ target: String, body: [UInt8] = []) async throws -> WebResponse {
        var headers = body.isEmpty ? state.withLock { $0.headers } : WebHeaders()
        headers["Accept"] = "application/json"
        if !body.isEmpty { headers["Content-Type"] = "application/json" }
        let request = WebRequest(
            method, try WebURL(base + target), headers: headers, body: body, timeout: timeout,
            answer: .whole(limit: Self.largestAnswer))
        let response = try await CalendarGate.current.pass(within: timeout) { [web, time] in
            let response: WebResponse
            do throws(WebError) {
                response = try await web.send(request)
            } catch .cancelled {
                throw CancellationError()
            } catch {
                throw ClinicCalendarError.unanswered(error)
            }
            if let failure = response.failure(of: request, now: time.wall()) {
                throw ClinicCalendarError.refused(failure)
            }
            return response
        }
        if body.isEmpty { state.withLock { $0.taken = time.boot() } }
        return response
    }
}
