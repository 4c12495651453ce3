import JSONCodec
import Linux
import Resilience

/// A tab of a browser.
struct BrowserPage: Sendable {
    private let browser: Browser
    private let target: String
    private let session: String

    /// How long a browser may take to open or close a tab, which is nothing to one that is well.
    private static let patience = Duration.seconds(30)
    /// A page is gone to, and nothing of it is under way any more. `Page.loadEventFired` is no measure: a page that breaks off
    /// never has one.
    private static let arrivals: Set = ["Page.frameNavigated", "Page.frameStoppedLoading"]

    /// Runs `body` with a tab of its own, which is closed whatever happens. Tabs of a browser share its cookies.
    static func run<Value: Sendable>(
        in browser: Browser, time: any TimeSource, _ body: (BrowserPage) async throws -> Value
    ) async throws -> Value {
        let made = try await order("Target.createTarget", ["url": "about:blank"], to: browser, time)
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
        // A tab that cannot be closed went with its browser.
        _ = try? await order("Target.closeTarget", ["targetId": .string(target)], to: browser, time)
        return try result.get()
    }

    /// Heeds no cancellation, so that no tab is left that nobody knows of. A browser that does not answer in time hangs, and
    /// is ended.
    private static func order(
        _ method: String, _ params: JSONValue, to browser: Browser, _ time: any TimeSource
    ) async throws -> JSONValue {
        let ordered = Task {
            try await withDeadline(Deadline(after: patience, time: time), time: time) {
                try await browser.call(method, params)
            }
        }
        do {
            return try await ordered.value
        } catch is DeadlineExceeded {
            browser.kill()
            throw Browser.Fault(why: "it hangs")
        }
    }

    /// Goes to an address and waits until the page is there, all of it.
    ///
    /// - Returns: why it is not, as the browser says; nil when it is.
    func go(to url: String) async throws -> String? {
        try await browser.hearing(Self.arrivals, of: session) { events in
            let answer = try await call("Page.navigate", ["url": .string(url)])
            if let fault = answer["errorText"]?.stringValue { return fault }
            try await arrival(events)
            return nil
        }
    }

    /// Runs a script that leads to another page, and waits until that is there, all of it.
    func leave(by script: String) async throws {
        try await browser.hearing(Self.arrivals, of: session) { events in
            _ = try await run(script)
            try await arrival(events)
        }
    }

    /// - Parameter events: from before the page was left; those of frames in it are others' affair.
    private func arrival(_ events: Browser.Events) async throws {
        var isThere = false
        for try await event in events {
            let params = event["params"]
            if let frame = params?["frame"], frame["id"]?.stringValue == target {
                if let url = frame["unreachableUrl"]?.stringValue { throw Browser.Fault(why: "\(url) did not answer") }
                isThere = true
            } else if isThere, params?["frameId"]?.stringValue == target {
                guard try await run("document.readyState") == "complete" else {
                    throw Browser.Fault(why: "the page broke off")
                }
                return
            }
        }
        throw CancellationError()
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
