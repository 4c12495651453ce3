import Linux
import Plots

/// The parts of the overview.
enum Sections {
    static func alerts(_ state: PageState) -> HTML {
        guard !state.alerts.isEmpty else { return "<h2>Alerts</h2><p class=\"quiet\">None.</p>" }
        let rows = state.alerts.map { alert -> HTML in
            let muted: HTML = alert.muted.map { "<span class=\"quiet\">, muted by \($0)</span>" } ?? ""
            let since = ago(alert.since, state.now)
            return """
                <li class="\(alert.state == "pending" ? "pending" : alert.severity)"><span class="name">\(alert.name)</span> \
                \(alert.summary) <span class="quiet">\(alert.state), \(alert.severity), for \(since)</span>\(muted)</li>
                """
        }
        return "<h2>Alerts</h2><ul class=\"alerts\">\(rows)</ul>"
    }

    static func services(_ state: PageState) -> HTML {
        let rows = state.services.map { service -> HTML in
            let face = face(service.health)
            let troubles = service.checks.filter { $0.health != .ok }.map { check -> HTML in
                "<br><span class=\"\(Self.face(check.health).class)\">\(check.name): \(check.reason ?? check.health.rawValue)</span>"
            }
            let restarts: HTML =
                service.restarts > 0 ? "<br><span class=\"quiet\">\(service.restarts) restarts</span>" : ""
            return """
                <tr><td data-label="Service">\(service.name)</td>\
                <td data-label="Health"><span class="state \(face.class)">\(face.word)</span></td>\
                <td data-label="Status"><span>\(service.line)\(troubles)</span></td>\
                <td data-label="Up" class="number"><span>\(service.uptime.map(time) ?? "–")\(restarts)</span></td>\
                <td data-label="Memory" class="number">\(service.memory.map(ShortText.bytes) ?? "–")</td>\
                <td data-label="Requests">\(spark(service.requests, "requests a second"))</td></tr>
                """
        }
        return """
            <h2>Services</h2>\(table(["Service", "Health", "Status", "#Up", "#Memory", "Requests"], rows, none: "No service has published yet."))
            """
    }

    static func plots(_ state: PageState) -> HTML {
        let figures = state.plots.map { "<figure>\(HTML(raw: $0.svg()))</figure>" as HTML }
        return "<h2>Over time</h2><div class=\"columns\">\(figures)</div>"
    }

    static func queues(_ state: PageState) -> HTML {
        let rows = state.queues.map { queue -> HTML in
            let paused: HTML = queue.isPaused ? " <span class=\"warn\">paused</span>" : ""
            return """
                <tr><td data-label="Queue"><span>\(queue.name)\(paused)</span></td>\
                <td data-label="Waiting" class="number">\(queue.ready)</td>\
                <td data-label="Running" class="number">\(queue.running)</td>\
                <td data-label="Depth">\(spark(queue.depth, "jobs that wait"))</td></tr>
                """
        }
        return "<h2>Queues</h2>\(table(["Queue", "#Waiting", "#Running", "Depth"], rows, none: "No jobs wait or run."))"
    }

    static func kinds(_ state: PageState) -> HTML {
        let rows = state.kinds.map { kind -> HTML in
            """
            <tr><td data-label="Kind">\(kind.name)</td><td data-label="Finished" class="number">\(kind.finished)</td>\
            <td data-label="Failed" class="number\(kind.failed > 0 ? " bad" : "")">\(kind.failed)</td>\
            <td data-label="Median" class="number">\(kind.median.map(ShortText.seconds) ?? "–")</td>\
            <td data-label="p95" class="number">\(kind.p95.map(ShortText.seconds) ?? "–")</td></tr>
            """
        }
        return """
            <h2>Slowest kinds of the last day</h2>\
            \(table(["Kind", "#Finished", "#Failed", "#Median", "#p95"], rows, none: "No job has finished."))
            """
    }

    static func jobs(_ state: PageState) -> HTML {
        let rows = state.jobs.map { job -> HTML in
            let progress: HTML =
                job.total > 0
                ? "<progress max=\"\(job.total)\" value=\"\(job.done)\"></progress> \(job.done) of \(job.total)"
                : "not planned yet"
            return """
                <tr><td data-label="Job"><a href="/jobs/\(job.id)">\(job.id)</a></td><td data-label="Kind">\(job.kind)</td>\
                <td data-label="State">\(job.state)</td><td data-label="Items"><span>\(progress)</span></td>\
                <td data-label="For" class="number">\(ago(job.since, state.now))</td>\
                <td data-label="Waits for">\(job.why ?? "–")</td></tr>
                """
        }
        let pages = max(1, (state.jobsInAll + state.pageSize - 1) / max(1, state.pageSize))
        let before: HTML = state.page > 1 ? "<a href=\"/?page=\(state.page - 1)#jobs\" rel=\"prev\">earlier</a> " : ""
        let after: HTML = state.page < pages ? " <a href=\"/?page=\(state.page + 1)#jobs\" rel=\"next\">more</a>" : ""
        let paging: HTML = pages > 1 ? "<p>\(before)page \(state.page) of \(pages)\(after)</p>" : ""
        return """
            <h2>Jobs that run or wait <span class="quiet">\(state.jobsInAll)</span></h2>\
            \(table(["Job", "Kind", "State", "Items", "#For", "Waits for"], rows, none: "None."))\(paging)
            """
    }

    static func resources(_ state: PageState) -> HTML {
        let rows = state.resources.map { resource -> HTML in
            let breaker: HTML
            switch resource.breaker {
            case "closed": breaker = "<span class=\"state ok\">closed</span>"
            case let name?: breaker = "<span class=\"state \(name == "open" ? "bad" : "warn")\">\(name)</span>"
            case nil: breaker = "–"
            }
            let tokens: HTML =
                resource.tokens.map { "\(ShortText.number($0.left)) of \(ShortText.number($0.most))" } ?? "–"
            return """
                <tr><td data-label="Resource">\(resource.name)</td><td data-label="Breaker">\(breaker)</td>\
                <td data-label="Tokens" class="number">\(tokens)</td>\
                <td data-label="Waiting" class="number">\(resource.waiting)</td></tr>
                """
        }
        return """
            <h2>Breakers and buckets</h2>\
            \(table(["Resource", "Breaker", "#Tokens", "#Waiting"], rows, none: "No resource is declared."))
            """
    }

    static func schedules(_ state: PageState) -> HTML {
        let rows = state.schedules.map { schedule -> HTML in
            let ahead = ShortText.seconds((schedule.next - state.now) / .seconds(1))
            return """
                <tr><td data-label="Schedule">\(schedule.name)</td><td data-label="Kind">\(schedule.kind)</td>\
                <td data-label="Next"><time datetime="\(schedule.next.description)" title="\(schedule.zone)">in \(ahead)</time></td></tr>
                """
        }
        return "<h2>Next hours</h2>\(table(["Schedule", "Kind", "Next"], rows, none: "Nothing is planned."))"
    }

    // MARK: - Parts of parts

    /// A column whose name begins with # holds numbers. On a narrow screen each row is a card.
    static func table(_ columns: [String], _ rows: [HTML], none: String) -> HTML {
        guard !rows.isEmpty else { return "<p class=\"quiet\">\(none)</p>" }
        let heads = columns.map { column -> HTML in
            column.hasPrefix("#")
                ? "<th scope=\"col\" class=\"number\">\(String(column.dropFirst()))</th>"
                : "<th scope=\"col\">\(column)</th>"
        }
        return "<table class=\"cards\"><thead><tr>\(heads)</tr></thead><tbody>\(rows)</tbody></table>"
    }

    private static func spark(_ values: [Double?], _ name: String) -> HTML {
        values.contains { $0 != nil } ? HTML(raw: Sparkline.svg(values, name: name)) : "–"
    }

    static func ago(_ time: Timestamp, _ now: Timestamp) -> String {
        ShortText.seconds(max(0, (now - time) / .seconds(1)))
    }

    static func time(_ duration: Duration) -> String { ShortText.seconds(duration / .seconds(1)) }

    private static func face(_ health: PageState.Health) -> (word: String, class: String) {
        switch health {
        case .ok: ("ok", "ok")
        case .warn: ("warning", "warn")
        case .fail: ("failing", "bad")
        case .silent: ("silent", "bad")
        }
    }
}
