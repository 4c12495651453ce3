public import BackOffice
public import Calendars
import JSONCodec
public import Linux
import Resilience
import WebClient

/// A clinic's calendar that has pages only: a browser without a window logs in by its form and reads what the pages show.
///
/// Below the calendar's address are `login`, with a form that has a field for a password and one before it for the user;
/// `schedule?date=YYYY-MM-DD`; and `settings`, which may be missing. A schedule is an element `data-schedule="DATE"`, whose
/// `data-count` is the number of its appointments; an appointment is an element `data-appointment="ID"` with elements
/// `data-field="NAME"`. A page that breaks off or shows less than it counts is no day: nothing is concluded from it. The
/// settings are JSON in an element `data-configuration`.
///
/// A session that is over, by the calendar or because the browser ended, is opened anew once for a request.
public final class BrowserCalendarSession: CalendarSession {
    /// For what a browser that is well does at once: say that it is there, and end.
    private static let patience = Duration.seconds(15)

    private let base: String
    private let origin: String
    private let login: @Sendable () throws -> CalendarLogin
    private let time: any TimeSource
    private let timeout: Duration
    private let tries: CalendarTries
    private let renewal = Renewal()
    private let browser = Locked<Browser?>(nil)

    /// Starts a browser and logs in.
    ///
    /// - Parameters:
    ///   - login: asked for each login, so that the credential can be changed under way.
    ///   - timeout: for a page.
    /// - Throws: ``ClinicCalendarError``; what `login` throws; `WebError` for an address that cannot be used.
    public init(
        url: String, login: @escaping @Sendable () throws -> CalendarLogin, timeout: Duration = .seconds(30),
        time: any TimeSource = SystemTime()
    ) async throws {
        origin = try WebURL(url).origin
        base = String(url.reversed().drop { $0 == "/" }.reversed())
        self.login = login
        self.time = time
        self.timeout = timeout
        tries = CalendarTries(time: time)
        do {
            try await tries.run { try await self.renewal.renew(after: 0) { try await self.logIn() } }
        } catch {
            browser.withLock { $0 }?.close()
            throw error
        }
    }

    deinit { browser.withLock { $0 }?.close() }

    /// Whether the program is installed.
    public static var isThere: Bool {
        (Environment["PATH"] ?? "").split(separator: ":").contains { Files.exists("\($0)/\(Browser.program)") }
    }

    /// Of the shell that the browser runs in, which leads a session and a group.
    var processID: Int32? { browser.withLock { $0?.processID } }

    /// Whether the browser still answers; what the calendar thinks of the session turns out with its next page.
    public func isAlive() async -> Bool {
        guard let browser = browser.withLock({ $0 }), browser.isRunning else { return false }
        do {
            _ = try await within(Self.patience) { try await browser.call("Browser.getVersion") }
            return true
        } catch {
            return false
        }
    }

    /// Ends the browser.
    public func close() async {
        guard let browser = browser.withLock({ $0 }) else { return }
        browser.close()
        do {
            try await within(Self.patience) { try await browser.ended() }
        } catch {
            browser.kill()
        }
    }

    public func configuration() async throws -> RemoteConfiguration {
        let shown = try await read("/settings", Self.settings)
        do throws(CalendarAnswer.Fault) {
            guard let text = shown.stringValue else { throw CalendarAnswer.Fault(why: "the page has no settings") }
            return try CalendarAnswer.configuration(try CalendarAnswer.tree(Array(text.utf8)))
        } catch {
            throw ClinicCalendarError.answer(origin, error.why)
        }
    }

    public func appointments(on date: Day, zone: Zone) async throws -> [RemoteAppointment] {
        let shown = try await read("/schedule?date=\(date)", Self.schedule(of: date))
        do throws(CalendarAnswer.Fault) {
            guard let list = shown["appointments"] else {
                throw CalendarAnswer.Fault(why: "the page has no schedule of \(date)")
            }
            guard list.elements?.count == shown["count"]?.intValue else {
                throw CalendarAnswer.Fault(why: "the page does not show all of \(date)")
            }
            return try CalendarAnswer.appointments(list, on: date, zone: zone)
        } catch {
            throw ClinicCalendarError.answer(origin, error.why)
        }
    }

    // MARK: - Pages

    /// What a page is: its status, and whether it asks for a password.
    private static let state = """
        ({ status: performance.getEntriesByType("navigation")[0]?.responseStatus || 200,
           asks: document.querySelector("input[type=password]") !== null })
        """
    private static let settings = #"document.querySelector("[data-configuration]")?.textContent ?? null"#

    private static func schedule(of date: Day) -> String {
        """
        (() => {
            const day = document.querySelector('[data-schedule="\(date)"]');
            if (day === null) return {};
            const appointments = [...day.querySelectorAll("[data-appointment]")].map(shown => {
                const one = { id: shown.dataset.appointment };
                for (const field of shown.querySelectorAll("[data-field]"))
                    one[field.dataset.field] = field.textContent.trim();
                return one;
            });
            return { count: Number(day.dataset.count), appointments };
        })()
        """
    }

    /// The page asks who it is.
    private struct LoggedOut: Error {}

    /// The value of a script on a page, by a session that the calendar knows.
    private func read(_ target: String, _ script: String) async throws -> JSONValue {
        try await tries.run {
            try await self.renewal.use {
                try await self.onPage { page in
                    try await self.go(page, to: target)
                    return try await page.run(script)
                }
            } renewing: {
                try await self.logIn()
            } unknown: { error in
                error is LoggedOut || (error as? ClinicCalendarError)?.isLossOfBrowser == true
            } inVain: {
                ClinicCalendarError.login(self.origin, "a new session is not taken either")
            }
        }
    }

    private func logIn() async throws {
        let login = try login()
        try startIfNeeded()
        try await onPage { page in
            do {
                try await self.go(page, to: "/login")
            } catch is LoggedOut {
                return try await self.submit(login, page)
            }
            throw ClinicCalendarError.login(self.origin, "its page for that asks for no password")
        }
    }

    /// Fills the form in and sends it. What answers a form is mostly a redirection: that makes two requests.
    private func submit(_ login: CalendarLogin, _ page: BrowserPage) async throws {
        let user = JSON.text(login.user), password = JSON.text(login.password)
        let script = """
            (() => {
                const secret = document.querySelector("input[type=password]");
                if (secret === null) return false;
                const fields = [...secret.form.querySelectorAll("input")];
                const name = fields.slice(0, fields.indexOf(secret)).reverse()
                    .find(field => ["text", "email"].includes(field.type));
                if (name) name.value = \(user);
                secret.value = \(password);
                setTimeout(() => secret.form.submit(), 0);
                return true;
            })()
            """
        let gate = CalendarGate.current
        do {
            let state = try await gate.pass(within: timeout) {
                try await gate.pass(within: timeout) {
                    try await page.leave(by: script)
                    return try await page.run(Self.state)
                }
            }
            try check(state)
        } catch is LoggedOut {
            throw ClinicCalendarError.login(origin, "user name or password are wrong")
        }
    }

    private func go(_ page: BrowserPage, to target: String) async throws {
        let state = try await CalendarGate.current.pass(within: timeout) {
            if let fault = try await page.go(to: base + target) {
                throw ClinicCalendarError.unanswered(.unreachable(origin, fault))
            }
            let state = try await page.run(Self.state)
            if Self.isBusy(state) { try check(state) }
            return state
        }
        try check(state)
    }

    /// Whether the calendar could not serve.
    private static func isBusy(_ state: JSONValue) -> Bool {
        let status = state["status"]?.intValue ?? 200
        return status >= 500 || status == 429
    }

    private func check(_ state: JSONValue) throws {
        let status = state["status"]?.intValue ?? 200
        if state["asks"] == true, !Self.isBusy(state) { throw LoggedOut() }
        if status >= 400 { throw ClinicCalendarError.refused(WebFailure(origin: origin, status: status)) }
    }

    private func onPage<Value: Sendable>(
        _ body: @escaping @Sendable (BrowserPage) async throws -> Value
    ) async throws -> Value {
        guard let browser = browser.withLock({ $0 }) else { throw ClinicCalendarError.browser("it was not started") }
        do {
            return try await within { try await BrowserPage.run(in: browser, time: self.time, body) }
        } catch let fault as Browser.Fault {
            throw browser.isRunning
                ? ClinicCalendarError.unanswered(.unreachable(origin, fault.why)) : .browser(fault.why)
        }
    }

    /// - Parameter limit: else as long as a page may take, its permits included.
    private func within<Value: Sendable>(
        _ limit: Duration? = nil, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await withDeadline(Deadline(after: limit ?? timeout * 2, time: time), time: time, body)
        } catch is DeadlineExceeded {
            throw ClinicCalendarError.unanswered(.timedOut(origin, .answer))
        }
    }

    private func startIfNeeded() throws {
        if browser.withLock({ $0?.isRunning }) == true { return }
        guard Self.isThere else {
            throw ClinicCalendarError.browser("\(Browser.program) is not installed; apt install \(Browser.program)")
        }
        let started = try Browser()
        browser.withLock { $0 }?.close()
        browser.withLock { $0 = started }
    }
}

extension ClinicCalendarError {
    fileprivate var isLossOfBrowser: Bool { if case .browser = self { true } else { false } }
}
