import JSONCodec
public import Linux
import MillraceStore

extension SQLiteBooks: BriefBooks {
    public func activePreferences() async throws -> [BriefPreference] {
        try await database.read { db in
            try db.query(
                """
                SELECT person, frequency, time_of_day, zone, day_of_week, wants_mail FROM brief_preference
                WHERE is_active = 1 ORDER BY person
                """
            ) { row in
                BriefPreference(
                    person: row.text(0), frequency: row.textOrNil(1), timeOfDay: row.textOrNil(2),
                    zone: row.textOrNil(3), dayOfWeek: row.intOrNil(4).map { Int($0) }, wantsMail: row.bool(5))
            }
        }
    }

    public func engagement(of people: [String]) async throws -> [String: EngagementFacts] {
        let ids = JSON.text(people)
        return try await database.read { db in
            var facts: [String: EngagementFacts] = [:]
            try db.each(
                "SELECT id, last_visit FROM person WHERE id IN (SELECT value FROM json_each(?))", .text(ids)
            ) { row in
                facts[row.text(0)] = EngagementFacts(lastVisit: row.intOrNil(1).map { Timestamp(milliseconds: $0) })
                return true
            }
            // The newest brief whatever became of it; without an end its day counts. A planned one is not made yet.
            try db.each(
                """
                SELECT person, max(coalesce(completed_at, unixepoch(day) * 1000)) FROM brief
                WHERE status <> 'planned' AND person IN (SELECT value FROM json_each(?)) GROUP BY person
                """, .text(ids)
            ) { row in
                facts[row.text(0)]?.lastBrief = row.intOrNil(1).map { Timestamp(milliseconds: $0) }
                return true
            }
            return facts
        }
    }

    public func briefs(of people: [String], from: Timestamp) async throws -> [PlannedBrief] {
        let ids = JSON.text(people)
        return try await database.read { db in
            try db.query(
                """
                SELECT person, day, planned_for FROM brief
                WHERE planned_for >= ? AND status <> 'failed' AND person IN (SELECT value FROM json_each(?))
                """, SQLValue(from.milliseconds), .text(ids)
            ) { row in
                PlannedBrief(
                    person: row.text(0), day: Day(row.text(1)) ?? Day(year: 1970, month: 1, day: 1)!,
                    at: Timestamp(milliseconds: row.int(2)))
            }
        }
    }

    // MARK: Planning

    /// Up to where briefs are planned; nil before the first time.
    public func briefWatermark() async throws -> Timestamp? {
        try await database.read { db in
            try db.first("SELECT planned_to FROM brief_watermark") { Timestamp(milliseconds: $0.int(0)) }
        }
    }

    /// Never goes back.
    public func setBriefWatermark(_ time: Timestamp) async throws {
        try await database.write { db in
            try db.run(
                """
                INSERT INTO brief_watermark (only, planned_to) VALUES (1, ?)
                ON CONFLICT (only) DO UPDATE SET planned_to = max(planned_to, excluded.planned_to)
                """, SQLValue(time.milliseconds))
        }
    }

    /// Notes briefs as planned. One of a person and day that is there already, but for a failed one, stays as it is.
    public func planBriefs(_ due: [DueBrief]) async throws {
        try await database.write { db in
            for brief in due {
                try db.run(
                    """
                    INSERT INTO brief (person, day, status, planned_for) VALUES (?, ?, 'planned', ?)
                    ON CONFLICT (person, day) DO UPDATE SET status = 'planned', planned_for = excluded.planned_for,
                        error = NULL WHERE status = 'failed'
                    """, .text(brief.person), .text(brief.day.description), SQLValue(brief.at.milliseconds))
            }
        }
    }
}
