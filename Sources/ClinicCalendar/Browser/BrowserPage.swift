import JSONCodec
import Linux

/// A tab of a browser.
struct BrowserPage: Sendable {
    private let browser: Browser
    private let target: String
    private let session: String

    /// Runs `body` with a tab of its own, which is closed whatever happens. Tabs of a browser share its cookies.
    static func run<Value: Sendable>(
        in browser: Browser, _ body: (BrowserPage) async throws -> Value
    ) async throws -> Value {
        let made = try await browser.call("Target.createTarget", ["url": "about:blank"])
        guard let target = made["targetId"]?.stringValue else { throw Browser.Fault(why: "it opened no tab") }
        let result: Result<Value, any Error>
        do {
            let attached = try await browser.call(
                "Target.attachToTarget", ["targetId": .string(target), "flatten": true])
            guard let session = attached["sessionId"]?.stringValue else { throw Browser.Fault(why: "it shows no tab") }
            let page = BrowserPage(browser: browser, target: target, session: session)
            _ = try await page.call("Page.enable")
            result = .success(try await body(page))
        } catch {
            result = .failure(error)
        }
        await page(closing: target, of: browser)
        return try result.get()
    }

    /// Heeds no cancellation, being what comes after one. A browser that cannot close a tab any more is ending.
    private static func page(closing target: String, of browser: Browser) async {
        await Task { _ = try? await browser.call("Target.closeTarget", ["targetId": .string(target)]) }.value
    }

    /// Goes to an address and waits until the page is there, all of it.
    ///
    /// - Returns: why it is not, as the browser says; nil when it is.
    func go(to url: String) async throws -> String? {
        let answer = try await call("Page.navigate", ["url": .string(url)])
        if let fault = answer["errorText"]?.stringValue { return fault }
        try await loaded()
        return nil
    }

    /// Runs a script that leads to another page, and waits until that is there.
    func leave(by script: String) async throws {
        try await browser.waiting(for: "Page.frameNavigated", of: session) { _ = try await run(script) }
        try await loaded()
    }

    private func loaded() async throws {
        _ = try await run(
            """
            new Promise(done => document.readyState === "complete" ? done(true)
                : addEventListener("load", () => done(true)))
            """)
    }

    /// The value of a script, awaited where it is a promise.
    @discardableResult
    func run(_ script: String) async throws -> JSONValue {
        let answer = try await call(
            "Runtime.evaluate", ["expression": .string(script), "awaitPromise": true, "returnByValue": true])
        if let fault = answer["exceptionDetails"] {
            let text = fault["exception"]?["description"]?.stringValue ?? fault["text"]?.stringValue
            throw Browser.Fault(why: "a script failed: \(text ?? "nobody knows why")")
        }
        return answer["result"]?["value"] ?? .null
    }

    private func call(_ method: String, _ params: JSONValue = [:]) async throws -> JSONValue {
        try await browser.call(method, params, page: session)
    }
}
