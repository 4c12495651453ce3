public import Calendars
import Linux

/// The brief of one project: what of its tasks and notes matters on a day, and the text of it.
public struct ProjectBrief: Hashable, Sendable {
    public static let upcomingLimit = 10
    public static let notesLimit = 5

    public let project: OwnProject
    public let phase: OwnPhase?
    public let today: [OwnTask]
    /// The newest first.
    public let overdue: [OwnTask]
    /// From the day on, the earliest first; of the phase that contains the day, where one does.
    public let upcoming: [OwnTask]
    /// After the day, up to seven days on.
    public let nextSevenDays: [OwnTask]
    public let recentlyDone: [OwnTask]
    /// Of the day, also in part, the earliest first.
    public let events: [OwnEvent]
    /// Of the last seven days, the newest first.
    public let notes: [OwnNote]

    /// Whose clock the times of events are told by.
    private let zone: Zone

    public init(_ project: OwnProject, of material: BriefMaterial, on day: Day, in zone: Zone) {
        let tasks = material.tasks[project.id] ?? []
        let begin = zone.start(of: day)
        let end = zone.start(of: day.later(by: 1))
        let weekEnd = zone.start(of: day.later(by: 8))
        let open = tasks.filter { !$0.isDone }
        func start(_ task: OwnTask) -> Timestamp? { task.startsAt }
        func starting(_ tasks: [OwnTask], from: Timestamp, before: Timestamp?) -> [OwnTask] {
            tasks.filter { task in
                guard let start = task.startsAt else { return false }
                return start >= from && (before.map { start < $0 } ?? true)
            }.sorted { ($0.startsAt ?? .epoch, $0.id) < ($1.startsAt ?? .epoch, $1.id) }
        }
        self.project = project
        phase = (material.phases[project.id] ?? []).first { phase in
            (phase.startsOn.map { $0 <= day } ?? false) && (phase.endsOn.map { day <= $0 } ?? true)
        }
        today = starting(open, from: begin, before: end)
        overdue = open.filter { ($0.startsAt ?? begin) < begin }
            .sorted { ($1.startsAt ?? .epoch, $0.id) < ($0.startsAt ?? .epoch, $1.id) }
        let inPhase = phase.flatMap { material.phaseTasks[$0.id] }
        upcoming = Array(
            starting(open, from: begin, before: nil).filter { inPhase?.contains($0.id) ?? true }
                .prefix(Self.upcomingLimit))
        nextSevenDays = starting(open, from: end, before: weekEnd)
        recentlyDone = tasks.filter { $0.isDone && $0.updatedAt >= begin - .seconds(86_400) && $0.updatedAt < end }
            .sorted { ($1.updatedAt, $0.id) < ($0.updatedAt, $1.id) }
        events = (material.events[project.id] ?? [])
            .filter { $0.startsAt < end && ($0.endsAt > begin || $0.startsAt >= begin) }
            .sorted { ($0.startsAt, $0.title) < ($1.startsAt, $1.title) }
        self.zone = zone
        notes = Array(
            (material.notes[project.id] ?? [])
                .filter { $0.updatedAt >= end - .seconds(7 * 86_400) && $0.updatedAt < end }
                .sorted { ($1.updatedAt, $0.title) < ($0.updatedAt, $1.title) }.prefix(Self.notesLimit))
    }

    /// The figures, by the names they are kept under.
    public var counters: [(name: String, value: Int)] {
        [
            ("todays_task_count", today.count), ("overdue_task_count", overdue.count),
            ("upcoming_task_count", upcoming.count), ("next_seven_days_task_count", nextSevenDays.count),
            ("recently_completed_count", recentlyDone.count), ("recent_notes_count", notes.count),
        ]
    }

    /// In Markdown.
    public var text: String {
        var lines = ["## \(Self.line(project.name))", ""]
        if let phase { lines += ["Phase: \(Self.line(phase.name))", ""] }
        func section(_ title: String, _ tasks: [OwnTask], mark: String = "") {
            guard !tasks.isEmpty else { return }
            lines.append("### \(title) (\(tasks.count))")
            for task in tasks {
                let high = task.priority == .high ? " · high priority" : ""
                lines.append("- \(mark)[\(Self.line(task.title))](task:\(task.id))\(high)")
            }
            lines.append("")
        }
        if !events.isEmpty {
            lines.append("### In the calendar (\(events.count))")
            for event in events {
                let span = "\(clock(event.startsAt))–\(clock(event.endsAt))"
                lines.append("- \(span) [\(Self.line(event.title))](task:\(event.task))")
            }
            lines.append("")
        }
        section("Today", today, mark: "today: ")
        section("Overdue", overdue)
        section("Upcoming", upcoming)
        section("Next seven days", nextSevenDays)
        section("Recently done", recentlyDone)
        if !notes.isEmpty {
            lines.append("### Notes (\(notes.count))")
            for note in notes {
                let preview = TextPreview.cut(note.text)
                lines.append("- \(Self.line(note.title))" + (preview.isEmpty ? "" : ": \(preview)"))
            }
            lines.append("")
        }
        if lines.count == 2 { lines += ["Nothing is planned.", ""] }
        return lines.joined(separator: "\n")
    }

    /// "09:30"
    private func clock(_ time: Timestamp) -> String {
        let wall = zone.wallTime(at: Instant(time))
        return "\(wall.hour < 10 ? "0" : "")\(wall.hour):\(wall.minute < 10 ? "0" : "")\(wall.minute)"
    }

    private static func line(_ text: String) -> String {
        String(text.map { $0.isNewline || $0 == "[" || $0 == "]" ? " " : $0 })
    }
}

/// The beginning of a longer text.
enum TextPreview {
    /// A text on one line, cut after a sentence that ends between 225 and 295 characters, else after the last word before.
    static func cut(_ text: String) -> String {
        let line = Array(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
        guard line.count > 295 else { return String(line) }
        let ends = (225..<295).filter { ".!?".contains(line[$0]) && line[$0 + 1] == " " }
        if let end = ends.last { return String(line[...end]) }
        let word = (0..<295).last { line[$0] == " " } ?? 295
        return String(line[..<word]) + "…"
    }
}

extension Zone {
    /// When the day begins; where the clocks leave midnight out, the first instant after it.
    public func start(of day: Day) -> Timestamp {
        let noon = Instant(Timestamp("\(day)T12:00:00Z") ?? .epoch)
        let wall = WallTime(microseconds: noon.microseconds - 43_200_000_000)
        if let instant = instants(showing: wall).first { return instant.timestamp }
        let before = Instant(microseconds: wall.microseconds - 30 * 3_600_000_000)
        return changes(after: before, count: 4).first { $0.from <= wall && wall < $0.to }?.instant.timestamp
            ?? Instant(microseconds: wall.microseconds).timestamp
    }
}

extension Day {
    /// So many days later.
    public func later(by days: Int) -> Day {
        adding(days) ?? self
    }
}

extension Zone {
    /// The date that its clocks show.
    public func today(at time: Timestamp) -> Day { Day(clamping: wallTime(at: Instant(time)).date) }
}
