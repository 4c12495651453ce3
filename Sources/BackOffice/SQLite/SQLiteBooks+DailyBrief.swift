import JSONCodec
public import Linux
import MillraceStore

/// Making one brief: what it is made of, and what becomes of it.
extension SQLiteBooks {
    /// A person's zone, if he has said one; nil for nobody of that id.
    public func briefZone(of person: String) async throws -> String?? {
        try await database.read { db in
            try db.first(
                "SELECT p.zone FROM person u LEFT JOIN brief_preference p ON p.person = u.id WHERE u.id = ?",
                .text(person)
            ) { $0.textOrNil(0) }
        }
    }

    /// All that the briefs of a person's active projects are made of, in one read for the projects and five for what belongs to them.
    public func briefMaterial(of person: String) async throws -> BriefMaterial {
        try await database.read { db in
            let mine = "(SELECT id FROM own_project WHERE person = ?1 AND status = 'active')"
            let projects = try db.query(
                "SELECT id, name FROM own_project WHERE person = ? AND status = 'active' ORDER BY position, id",
                .text(person)
            ) { OwnProject(id: $0.text(0), name: $0.text(1)) }
            let tasks = try db.query(
                """
                SELECT id, project, title, status, completed_at, priority, starts_at, updated_at FROM own_task
                WHERE outdated = 0 AND project IN \(mine) ORDER BY id
                """, .text(person)
            ) { row in
                OwnTask(
                    id: row.text(0), project: row.text(1), title: row.text(2),
                    isDone: row.text(3) == "done" || !row.isNull(4),
                    priority: OwnTask.Priority(rawValue: row.text(5)) ?? .medium,
                    startsAt: row.intOrNil(6).map { Timestamp(milliseconds: $0) },
                    updatedAt: Timestamp(milliseconds: row.int(7)))
            }
            let notes = try db.query(
                "SELECT project, title, text, updated_at FROM own_note WHERE project IN \(mine) ORDER BY id",
                .text(person)
            ) { row in
                OwnNote(
                    project: row.text(0), title: row.text(1), text: row.text(2),
                    updatedAt: Timestamp(milliseconds: row.int(3)))
            }
            let phases = try db.query(
                """
                SELECT id, project, name, starts_on, ends_on FROM own_phase WHERE project IN \(mine)
                ORDER BY position, id
                """, .text(person)
            ) { row in
                OwnPhase(
                    id: row.text(0), project: row.text(1), name: row.text(2),
                    startsOn: row.textOrNil(3).flatMap { Day($0) }, endsOn: row.textOrNil(4).flatMap { Day($0) })
            }
            var phaseTasks: [String: Set<String>] = [:]
            try db.each(
                """
                SELECT t.phase, t.task FROM own_phase_task t JOIN own_phase p ON p.id = t.phase WHERE p.project IN \(mine)
                """, .text(person)
            ) { row in
                phaseTasks[row.text(0), default: []].insert(row.text(1))
                return true
            }
            let events = try db.query(
                """
                SELECT t.id, t.project, coalesce(e.title, t.title), e.starts_at, e.ends_at
                FROM own_event e JOIN own_task t ON t.id = e.task WHERE t.project IN \(mine) ORDER BY e.id
                """, .text(person)
            ) { row in
                OwnEvent(
                    task: row.text(0), project: row.text(1), title: row.text(2),
                    startsAt: Timestamp(milliseconds: row.int(3)), endsAt: Timestamp(milliseconds: row.int(4)))
            }
            return BriefMaterial(
                projects: projects, tasks: tasks, notes: notes, phases: phases, phaseTasks: phaseTasks,
                events: events)
        }
    }

    /// Begins a brief: what it had of content goes, its metadata is kept and added to.
    public func beginBrief(of person: String, on day: Day, metadata: JSONRaw, now: Timestamp) async throws {
        try await database.write { db in
            try db.run(
                """
                INSERT INTO brief (person, day, status, started_at, metadata) VALUES (?1, ?2, 'processing', ?3, ?4)
                ON CONFLICT (person, day) DO UPDATE SET status = 'processing', started_at = excluded.started_at,
                    content = '', actions = '[]', analysis = NULL, error = NULL, completed_at = NULL,
                    step = 'starting', progress = 0, metadata = json_patch(metadata, excluded.metadata)
                """, .text(person), .text(day.description), SQLValue(now.milliseconds), .text(metadata.text))
        }
    }

    /// How far a brief is; never less than it was.
    public func noteBrief(_ step: BriefStep, of person: String, on day: Day) async throws {
        try await database.write(.crash) { db in
            try db.run(
                "UPDATE brief SET step = ?, progress = ? WHERE person = ? AND day = ? AND progress <= ?",
                .text(step.name), SQLValue(step.percent), .text(person), .text(day.description),
                SQLValue(step.percent))
        }
    }

    public func keepProjectBrief(_ brief: ProjectBrief, on day: Day) async throws {
        var counters = JSONWriter()
        counters.object { json in
            for (name, value) in brief.counters { json.member(name, value) }
            if let phase = brief.phase { json.member("current_phase", phase.name) }
        }
        let (text, figures) = (brief.text, String(decoding: counters.bytes, as: UTF8.self))
        try await database.write { db in
            try db.run(
                """
                INSERT INTO project_brief (project, day, content, counters) VALUES (?, ?, ?, ?)
                ON CONFLICT (project, day) DO UPDATE SET content = excluded.content, counters = excluded.counters
                """, .text(brief.project.id), .text(day.description), .text(text), .text(figures))
        }
    }

    /// Keeps what a brief that was begun has come to; one of the same day that was there before is replaced.
    /// - Throws: ``BooksError/noBrief(person:day:)`` where none was begun; `StoreError`.
    public func completeBrief(
        _ brief: DailyBrief, of person: String, analysis: String?, now: Timestamp
    ) async throws {
        let (text, actions) = (brief.text, JSON.text(brief.priorityActions))
        try await database.write { db in
            let kept = try db.run(
                """
                UPDATE brief SET status = 'completed', content = ?, actions = ?, analysis = ?, completed_at = ?,
                    step = 'completed', progress = 100, error = NULL WHERE person = ? AND day = ?
                """, .text(text), .text(actions), SQLValue(analysis), SQLValue(now.milliseconds), .text(person),
                .text(brief.day.description))
            guard kept == 1 else { throw BooksError.noBrief(person: person, day: brief.day) }
        }
    }

    /// Says of a brief that is under way that it has failed; one that is not stays as it is.
    public func failBrief(of person: String, on day: Day, because message: String) async throws {
        try await database.write { db in
            try db.run(
                "UPDATE brief SET status = 'failed', error = ? WHERE person = ? AND day = ? AND status = 'processing'",
                .text(message), .text(person), .text(day.description))
        }
    }

    /// Says of a brief that is planned or under way that nobody makes it any more.
    public func cancelBrief(of person: String, on day: Day, because message: String) async throws {
        try await database.write { db in
            try db.run(
                "UPDATE brief SET error = ? WHERE person = ? AND day = ? AND status IN ('planned', 'processing')",
                .text(message), .text(person), .text(day.description))
        }
    }

    private static func actions(_ text: String, _ person: String, _ day: Day) throws(BooksError) -> [String] {
        do {
            return try JSON.decode([String].self, from: Array(text.utf8))
        } catch {
            throw .damaged(table: "brief", id: "\(person) \(day)", column: "actions")
        }
    }

    /// A brief for people to read; nil where there is none.
    public func brief(of person: String, on day: Day) async throws -> BriefView? {
        try await database.read { db in
            try db.first(
                """
                SELECT b.status, b.content, b.analysis, b.error, b.step, b.progress, b.planned_for, b.actions,
                    m.status, m.error, m.changed_at
                FROM brief b LEFT JOIN brief_mail m ON m.person = b.person AND m.day = b.day
                WHERE b.person = ? AND b.day = ?
                """, .text(person), .text(day.description)
            ) { row in
                BriefView(
                    person: person, day: day, status: row.text(0), content: row.text(1), analysis: row.textOrNil(2),
                    error: row.textOrNil(3), step: row.text(4), progress: Int(row.int(5)),
                    plannedFor: row.intOrNil(6).map { Timestamp(milliseconds: $0) },
                    actions: try Self.actions(row.text(7), person, day),
                    mail: try row.textOrNil(8).map { status in
                        BriefView.Mail(
                            status: try BriefMailStatus(stored: status, person, day), error: row.textOrNil(9),
                            changedAt: Timestamp(milliseconds: row.int(10)))
                    })
            }
        }
    }
}

/// A brief as it stands.
public struct BriefView: Hashable, Sendable {
    public var person: String
    public var day: Day
    /// planned, processing, completed or failed.
    public var status: String
    public var content: String
    public var analysis: String?
    public var error: String?
    public var step: String
    /// Percent.
    public var progress: Int
    public var plannedFor: Timestamp?
    public var actions: [String]
    /// Nil where none goes out.
    public var mail: Mail?

    public struct Mail: Hashable, Sendable {
        public var status: BriefMailStatus
        public var error: String?
        public var changedAt: Timestamp
    }
}
