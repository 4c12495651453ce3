import CPage
import Linux

/// Makes HTML out of what the suite is like. The page is whole as it comes; the script only renews its parts.
public enum StatusPage {
    /// What the answer with a page has to bear: nothing from elsewhere, no frames, nothing inline.
    public static let securityPolicy =
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'"

    /// `/page.css` and `/page.js`.
    public static let styleSheet = bytes(millrace_page_css)
    public static let script = bytes(millrace_page_js)

    private static func bytes(_ file: millrace_page_file) -> [UInt8] {
        Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
    }

    /// The whole page of the suite.
    public static func overview(_ state: PageState) -> String {
        let parts = parts(state)
        func part(_ id: String) -> HTML { parts.first { $0.id == id }?.html ?? "" }
        func section(_ id: String) -> HTML { "<section id=\"\(id)\">\(part(id))</section>\n" }
        return document(
            title: "\(health(state.health).word), Millrace", events: "/events?page=\(state.page)", now: state.now,
            header: """
                <p id="health">\(part("health"))</p>
                <nav aria-label="Parts of the page"><a href="#services">Services</a><a href="#jobs">Jobs</a>\
                <a href="#kinds">Kinds</a><a href="#resources">Resources</a><a href="#schedules">Schedules</a></nav>
                """,
            main: """
                \(section("alerts"))\(section("services"))\(section("plots"))\
                <div class="columns">\(section("queues"))\(section("kinds"))</div>
                \(section("jobs"))\
                <div class="columns">\(section("resources"))\(section("schedules"))</div>
                """)
    }

    /// The parts that change, by the id of the element they stand in: what an event carries.
    public static func parts(_ state: PageState) -> [(id: String, html: HTML)] {
        [
            ("health", healthWord(state)), ("alerts", Sections.alerts(state)), ("services", Sections.services(state)),
            ("plots", Sections.plots(state)), ("queues", Sections.queues(state)), ("kinds", Sections.kinds(state)),
            ("jobs", Sections.jobs(state)), ("resources", Sections.resources(state)),
            ("schedules", Sections.schedules(state)),
        ]
    }

    /// The same of a job's page.
    public static func parts(_ state: JobPage) -> [(id: String, html: HTML)] { [("job", JobSections.all(state))] }

    private static func healthWord(_ state: PageState) -> HTML {
        let worst = state.health
        let troubled = state.services.filter { $0.health != .ok && (worst == .warn || $0.health != .warn) }.map(\.name)
        let who = troubled.isEmpty ? "" : ": \(troubled.joined(separator: ", "))"
        let face = health(worst)
        return "<span class=\"state \(face.class)\">\(face.word)\(who)</span>"
    }

    /// The page of one job.
    public static func job(_ state: JobPage) -> String {
        document(
            title: "Job \(state.job.id), Millrace", events: "/jobs/\(state.job.id)/events", now: state.now,
            header: "<p><a href=\"/\">All of the suite</a></p>",
            main: "<section id=\"job\">\(JobSections.all(state))</section>")
    }

    /// The page that says that there is none.
    public static func missing(_ what: String, now: Timestamp) -> String {
        document(
            title: "Not found, Millrace", events: nil, now: now, header: "<p><a href=\"/\">All of the suite</a></p>",
            main: "<section><h2>Not found</h2><p>There is no \(what).</p></section>")
    }

    private static func document(
        title: String, events: String?, now: Timestamp, header: HTML, main: HTML
    ) -> String {
        let source: HTML = events.map { " data-events=\"\($0)\"" } ?? ""
        let html: HTML = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <link rel="icon" href="data:,">
            <link rel="stylesheet" href="/page.css">
            <noscript><meta http-equiv="refresh" content="15"></noscript>
            <script src="/page.js" defer></script>
            </head>
            <body\(source)>
            <a class="skip" href="#main">To the content</a>
            <header><h1><a href="/">Millrace</a></h1>\(header)</header>
            <main id="main">
            \(main)</main>
            <footer class="quiet"><span id="live" role="status">as of <time>\(now.description)</time></span> ·
            press <kbd>?</kbd> for keys</footer>
            <dialog id="keys" aria-label="Keys"><h2>Keys</h2><dl><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next and previous
            link in the tables</dd><dt><kbd>g</kbd></dt><dd>to the top</dd><dt><kbd>Esc</kbd></dt><dd>close this</dd></dl>
            <form method="dialog"><button>Close</button></form></dialog>
            </body>
            </html>

            """
        return html.description
    }

    /// How a health is called and coloured; the sign beside the colour tells it too.
    static func health(_ health: PageState.Health) -> (word: String, class: String) {
        switch health {
        case .ok: ("All is well", "ok")
        case .warn: ("Something needs a look", "warn")
        case .fail: ("Something is wrong", "bad")
        case .silent: ("Silent", "bad")
        }
    }
}
