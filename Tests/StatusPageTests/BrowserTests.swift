import Foundation
import StatusPage
import TestSupport
import Testing

/// The page in a real browser, headless.
@Suite(.enabled(if: HeadlessBrowser.isThere, "no chromium"), .serialized, .heavy)
struct BrowserTests {
    private let folder = TemporaryDirectory()

    /// Serves the page as the service does, and one event that changes a part.
    private static let server = """
        import http.server, os, sys
        folder, policy = sys.argv[1], sys.argv[2]
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.split("?")[0]
                if path.endswith("/events") or path == "/events":
                    self.send_response(200)
                    self.send_header("Content-Type", "text/event-stream")
                    self.end_headers()
                    self.wfile.write(open(os.path.join(folder, "event"), "rb").read())
                    return
                name = {"/": "index.html", "/page.css": "page.css", "/page.js": "page.js"}.get(path)
                if name is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                kind = {"html": "text/html; charset=utf-8", "css": "text/css", "js": "text/javascript"}
                self.send_header("Content-Type", kind[name.rsplit(".")[-1]])
                self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(open(os.path.join(folder, name), "rb").read())
            def log_message(self, *arguments):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print("port", server.server_address[1], flush=True)
        server.serve_forever()
        """

    private func browse(_ html: String, _ options: [String], event: String = "") async throws -> Finished {
        folder.write(html, to: "index.html")
        folder.write(StatusPage.styleSheet, to: "page.css")
        folder.write(StatusPage.script, to: "page.js")
        folder.write(event, to: "event")
        let server = try RunningProcess([
            "/usr/bin/env", "python3", "-c", Self.server, folder.path, StatusPage.securityPolicy,
        ])
        try await server.waitForOutput("\n")
        let port = try #require(server.progress.value.outputText.split(whereSeparator: \.isWhitespace).last)
        defer { server.signalGroup(SIGTERM) }
        return try await HeadlessBrowser.open("http://127.0.0.1:\(port)/", options, in: folder)
    }

    @Test func scriptTakesEventsInAndThePolicyStopsNothing() async throws {
        let event = "event: parts\ndata: {\"queues\":\"<h2>Queues</h2><p id='fresh'>changed by an event</p>\"}\n\n"
        let finished = try await browse(
            StatusPage.overview(busySuite()), ["--dump-dom", "--virtual-time-budget=5000"], event: event)
        #expect(finished.output.contains("changed by an event"))
        #expect(finished.output.contains("class=\"changed\""))
    }

    @Test(arguments: [("wide", 1280, 1600, false), ("dark", 1280, 1600, true), ("phone", 500, 2400, false)])
    func isDrawnInItsColoursAndFitsItsWidth(_ name: String, _ width: Int, _ height: Int, _ isDark: Bool) async throws {
        let picture = (environment("MILLRACE_SCREENSHOTS") ?? folder.path) + "/\(name).png"
        var options = ["--screenshot=\(picture)", "--window-size=\(width),\(height)", "--timeout=3000"]
        if isDark { options.append("--blink-settings=preferredColorScheme=0") }
        let finished = try await browse(StatusPage.overview(busySuite(jobs: 10_000)), options)
        let png = try #require(contents(of: picture), "\(finished)")
        #expect(png.count > 20_000)
        #expect(png[1...3].elementsEqual("PNG".utf8))
        #expect(Int(png[18]) << 8 + Int(png[19]) == width)
    }
}
