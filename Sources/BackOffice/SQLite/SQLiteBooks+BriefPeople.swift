import Linux
import MillraceStore

extension SQLiteBooks {
    /// People who have said something about briefs, by name, from the one after `after` on.
    public func briefPeople(after: String, limit: Int) async throws -> [BriefPerson] {
        try await database.read { db in
            try db.query(
                """
                SELECT p.person, p.is_active, p.frequency, p.time_of_day, p.zone, p.day_of_week, p.wants_mail, u.email <> '',
                    b.day, b.status, b.error, m.status, m.error, m.changed_at
                FROM brief_preference p JOIN person u ON u.id = p.person
                LEFT JOIN brief b ON b.person = p.person AND b.day = (SELECT max(day) FROM brief WHERE person = p.person)
                LEFT JOIN brief_mail m ON m.person = b.person AND m.day = b.day
                WHERE p.person > ? ORDER BY p.person LIMIT ?
                """, .text(after), SQLValue(limit)
            ) { row in
                let preference = BriefPreference(
                    person: row.text(0), isActive: row.bool(1), frequency: row.textOrNil(2),
                    timeOfDay: row.textOrNil(3), zone: row.textOrNil(4), dayOfWeek: row.intOrNil(5).map { Int($0) },
                    wantsMail: row.bool(6))
                var person = BriefPerson(preference: preference, hasAddress: row.bool(7))
                if let day = row.textOrNil(8).flatMap({ Day($0) }) {
                    person.latest = BriefPerson.Latest(
                        day: day, status: row.text(9), error: row.textOrNil(10),
                        mail: try row.textOrNil(11).map { status in
                            BriefView.Mail(
                                status: try BriefMailStatus(stored: status, preference.person, day),
                                error: row.textOrNil(12), changedAt: Timestamp(milliseconds: row.int(13)))
                        })
                }
                return person
            }
        }
    }

    /// How many they are.
    public func countOfBriefPeople() async throws -> Int {
        try await database.read { db in
            Int(try db.first("SELECT count(*) FROM brief_preference") { $0.int(0) } ?? 0)
        }
    }
}
