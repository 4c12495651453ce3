import Linux

/// The page of a job: what it is, its items, its attempts and what was logged of it.
enum JobSections {
    static func all(_ state: JobPage) -> HTML {
        let job = state.job
        let why: HTML = job.why.map { "<dt>Why</dt><dd>\($0)</dd>" } ?? ""
        return """
            <h2>Job \(job.id)</h2>
            <dl><dt>Kind</dt><dd>\(job.kind)</dd><dt>State</dt><dd>\(job.state)</dd><dt>Queue</dt><dd>\(state.queue)</dd>\
            <dt>Items</dt><dd>\(job.done) of \(job.total)</dd><dt>Began</dt><dd>\(Sections.ago(job.since, state.now)) ago</dd>\(why)\
            <dt>Correlation id</dt><dd><code>\(state.correlation)</code></dd></dl>
            <h3>Items</h3>\(items(state))
            <h3>Attempts</h3>\(attempts(state))
            <h3>Log</h3>\(log(state))
            """
    }

    private static func items(_ state: JobPage) -> HTML {
        let rows = state.items.map { item -> HTML in
            """
            <tr><td data-label="Item"><code>\(item.key)</code></td><td data-label="State">\(item.state)</td>\
            <td data-label="Attempts" class="number">\(item.attempts)</td><td data-label="Cause">\(item.cause ?? "–")</td></tr>
            """
        }
        let more: HTML =
            state.itemsInAll > state.items.count
            ? "<p class=\"quiet\">\(state.itemsInAll - state.items.count) more; see <code>millctl job show \(state.job.id)</code></p>"
            : ""
        return "\(Sections.table(["Item", "State", "#Attempts", "Cause"], rows, none: "Not planned yet."))\(more)"
    }

    private static func attempts(_ state: JobPage) -> HTML {
        let rows = state.attempts.map { attempt -> HTML in
            let lasted = Sections.time((attempt.ended ?? state.now) - attempt.started)
            return """
                <tr><td data-label="Item"><code>\(attempt.item)</code></td><td data-label="Worker">\(attempt.worker)</td>\
                <td data-label="Began"><time>\(attempt.started.description)</time></td>\
                <td data-label="Lasted" class="number">\(lasted)</td><td data-label="Outcome">\(attempt.outcome)</td></tr>
                """
        }
        return Sections.table(["Item", "Worker", "Began", "#Lasted", "Outcome"], rows, none: "None yet.")
    }

    private static func log(_ state: JobPage) -> HTML {
        guard !state.log.isEmpty else { return "<p class=\"quiet\">Nothing was logged.</p>" }
        let lines = state.log.map { line -> HTML in
            "<time>\(line.time.description)</time> \(line.service) \(line.level) \(line.text)\n"
        }
        return "<pre tabindex=\"0\" aria-label=\"Log of the job\">\(lines)</pre>"
    }
}
