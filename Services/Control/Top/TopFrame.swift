import Linux
import MillraceProtocol

/// How a person wants the table.
struct TopView: Sendable {
    enum Column: CaseIterable, Sendable {
        case id, kind, queue, done, failed, time

        var title: String {
            switch self {
            case .id: "Job"
            case .kind: "Kind"
            case .queue: "Queue"
            case .done: "Done"
            case .failed: "Failed"
            case .time: "Time"
            }
        }
    }

    var sort = Column.time
    /// The other way round than the column has it by itself.
    var isReversed = false
    var isPaused = false

    /// What a key does; false for one that means nothing.
    mutating func press(_ key: Key) -> Bool {
        switch key {
        case .character("p"), .character(" "): isPaused.toggle()
        case .character("r"): isReversed.toggle()
        case .right, .character(">"): move(by: 1)
        case .left, .character("<"): move(by: -1)
        default: return false
        }
        return true
    }

    private mutating func move(by step: Int) {
        let all = Column.allCases, place = all.firstIndex(of: sort)! + step
        sort = all[(place + all.count) % all.count]
        isReversed = false
    }

    /// The jobs in the order of the column: names from a to z, figures from the highest.
    func sorted(_ jobs: [JobView], now: Timestamp) -> [JobView] {
        func comes(_ one: JobView, _ other: JobView) -> Bool {
            switch sort {
            case .id: one.id > other.id
            case .kind: (one.kind, one.id) < (other.kind, other.id)
            case .queue: (one.queue, one.id) < (other.queue, other.id)
            case .done: (ProgressBar.percent(one.items), one.id) > (ProgressBar.percent(other.items), other.id)
            case .failed: (one.items.failed, one.id) > (other.items.failed, other.id)
            case .time:
                (now - (one.startedAt ?? now), other.id) > (now - (other.startedAt ?? now), one.id)
            }
        }
        return jobs.sorted { isReversed ? comes($1, $0) : comes($0, $1) }
    }
}

/// One picture of the runner in lines: how it is, how much happens, queues, running jobs, workers.
struct TopFrame {
    var sample: TopSample
    var rates: TopRates
    var view: TopView
    var terminal: Terminal
    /// The rates of the pictures before.
    var course = TopCourse()
    /// What stands in the place of the last line: the keys, or why the picture is old.
    var footer: String?

    /// The rows that queues and workers may take of a screen, headers included; jobs have the rest.
    private static func queueRows(of height: Int) -> Int { height < 10 ? 0 : min(6, max(3, height / 4)) }
    private static func workerRows(of height: Int) -> Int { height < 16 ? 0 : min(5, max(3, height / 5)) }
    private static let keys = "q quit  p pause  < > sort  r reverse"

    /// The lines for a screen of so many rows; nil makes no bound.
    func lines(height: Int?) -> [String] {
        let head = head()
        let queues = section(queueTable(), rows: height.map(Self.queueRows), sample.queues.count, "queue")
        let workers = section(
            workerTable(), rows: height.map(Self.workerRows), sample.workers.count, "worker")
        let foot = height == nil ? [] : [terminal.paint(fit(footer ?? Self.keys), footer == nil ? .quiet : .warning)]
        // Each section has a blank line before it.
        let others = [queues, workers].filter { !$0.isEmpty }
        let taken = head.count + foot.count + others.reduce(0) { $0 + $1.count + 1 }
        let left = height.map { max(0, $0 - taken - 1) }
        let jobs = section(jobTable(), rows: left, sample.jobs.count, "running job")
        var lines = head
        for section in [queues, jobs, workers] where !section.isEmpty { lines += [""] + section }
        guard let height else { return lines }
        let body = lines.prefix(height - foot.count)
        return body + Array(repeating: "", count: max(0, height - foot.count - body.count)) + foot
    }

    private func head() -> [String] {
        let status = sample.status
        let state = status.state == .ready ? Tone.good : .warning
        var first = "\(status.service) \(status.version)  \(status.state.rawValue)  pid \(status.pid)  "
        first += "up \(Duration.milliseconds(status.uptimeMs).short)  \(sample.wall.short)"
        if view.isPaused { first += "  (paused)" }
        var lines = [terminal.paint(fit(first), state), fit(DisplayText.harmless(status.statusLine))]
        let rates = rates.rates.map { "\(TopRates.text($0.perSecond)) \($0.name)" }
        lines.append(fit(rates.isEmpty ? "rates follow" : "a second: " + rates.joined(separator: ", ")))
        if terminal.isUnicode, let line = course.line { lines.append(fit(line)) }
        for check in status.checks where check.verdict != .ok {
            let text = "\(check.name): \(check.verdict.rawValue)\(check.reason.map { ", \($0)" } ?? "")"
            lines.append(terminal.paint(fit(DisplayText.harmless(text)), check.verdict == .fail ? .bad : .warning))
        }
        return lines
    }

    private func fit(_ text: String) -> String {
        terminal.width.map { DisplayText.shortened(text, to: $0, unicode: terminal.isUnicode) } ?? text
    }

    /// The table's first rows, and how many there are beyond.
    private func section(_ table: Table, rows: Int?, _ count: Int, _ noun: String) -> [String] {
        let lines = table.lines(for: terminal)
        guard let rows, lines.count > rows else { return lines }
        // A header with nothing but a count below it tells nothing.
        if rows < 3 { return [] }
        let hidden = lines.count - rows + 1
        return lines.prefix(rows - 1) + [
            terminal.paint(fit("and \(hidden) more of \(Counted.text(count, noun))"), .quiet)
        ]
    }

    private func queueTable() -> Table {
        var table = Table([
            .text("Queue", shrinksTo: 10), .text("State"), .number("Running"), .number("Ready"), .number("Held"),
            .number("Scheduled"), .text("Durability", optional: true, leaves: 1),
            .text("Why", shrinksTo: 8, optional: true, leaves: 2),
        ])
        for queue in sample.queues {
            table.add([
                Table.Cell(queue.name), Table.Cell(queue.state.rawValue, GateText.tone(queue.state)),
                Table.Cell(queue.running), Table.Cell(queue.ready), Table.Cell(queue.held),
                Table.Cell(queue.scheduled), Table.Cell(queue.durability?.rawValue ?? ""),
                Table.Cell(queue.state == .open ? "" : queue.reason ?? ""),
            ])
        }
        return table
    }

    private func jobTable() -> Table {
        func title(_ column: TopView.Column) -> String {
            guard column == view.sort else { return column.title }
            let isDown = (column == .kind || column == .queue) == view.isReversed
            return column.title + (terminal.isUnicode ? (isDown ? "▼" : "▲") : (isDown ? "v" : "^"))
        }
        var table = Table([
            .number(title(.id)), .text(title(.kind), shrinksTo: 10),
            .text(title(.queue), shrinksTo: 6, leaves: 1), .text("Key", shrinksTo: 6, optional: true, leaves: 2),
            .text("Phase", leaves: 3), .text("Progress"), .number(title(.done)), .number(title(.failed)),
            .number(title(.time)),
        ])
        for job in view.sorted(sample.jobs, now: sample.wall) {
            let items = job.items
            table.add([
                Table.Cell(job.id.rawValue), Table.Cell(job.kind), Table.Cell(job.queue), Table.Cell(job.key ?? ""),
                Table.Cell(ProgressBar.stage(of: job)),
                Table.Cell(bar(items), items.failed > 0 ? .warning : .good),
                Table.Cell(items.total == 0 ? "" : "\(items.ended)/\(items.total)"),
                Table.Cell("\(items.failed)", items.failed > 0 ? .warning : .plain),
                Table.Cell(JobText.took(job, now: sample.wall)),
            ])
        }
        return table
    }

    private static let cells = 10

    private func bar(_ items: ItemCounts) -> String {
        let filled = items.total == 0 ? 0 : items.ended * Self.cells / items.total
        let full = terminal.isUnicode ? "█" : "#", empty = terminal.isUnicode ? "░" : "."
        return String(repeating: full, count: filled) + String(repeating: empty, count: Self.cells - filled)
    }

    private func workerTable() -> Table {
        var table = Table([
            .text("Worker", shrinksTo: 10), .number("Pid"), .text("State"), .number("Calls"), .number("Capacity"),
            .text("Kinds", shrinksTo: 12),
        ])
        for worker in sample.workers {
            table.add([
                Table.Cell(worker.name), Table.Cell(worker.pid),
                Table.Cell(worker.state.rawValue, worker.state == .ready ? .good : .warning),
                Table.Cell(worker.running), Table.Cell(worker.capacity),
                Table.Cell(worker.kinds.joined(separator: ", ")),
            ])
        }
        return table
    }
}
