import JSONCodec
public import Linux
import MillraceStore

/// Briefs by mail. One for each person and day, whatever happens.
extension SQLiteBooks {
    /// Notes that a brief is to go out, where its person wants it and has an address. Once it is noted it stays as it is.
    public func noteBriefMail(of person: String, on day: Day, token: String, now: Timestamp) async throws
        -> BriefMailQueueing
    {
        try await database.write { db in
            let wish = try db.first(
                """
                SELECT u.email, coalesce(p.wants_mail AND p.is_active, 0) FROM person u
                LEFT JOIN brief_preference p ON p.person = u.id WHERE u.id = ?
                """, .text(person)
            ) { ($0.text(0), $0.bool(1)) }
            guard let (address, isWanted) = wish, isWanted else { return .unwanted }
            guard !address.isEmpty else { return .noAddress }
            let isNew = try db.first(
                """
                INSERT INTO brief_mail (person, day, token, status, created_at, changed_at)
                VALUES (?1, ?2, ?3, 'pending', ?4, ?4) ON CONFLICT (person, day) DO NOTHING RETURNING 1
                """, .text(person), .text(day.description), .text(token), SQLValue(now.milliseconds)
            ) { _ in true }
            return isNew == true ? .queued : .already
        }
    }

    /// A brief's mail; nil where none was noted.
    public func briefMail(of person: String, on day: Day) async throws -> BriefMail? {
        guard let brief = try await brief(of: person, on: day) else { return nil }
        return try await database.read { db in
            try db.first(
                """
                SELECT m.token, m.status, u.email, coalesce(p.wants_mail AND p.is_active, 0),
                    b.metadata ->> 'is_reengagement', b.metadata ->> 'days_since_last_login', m.tries
                FROM brief_mail m JOIN brief b ON b.person = m.person AND b.day = m.day
                JOIN person u ON u.id = m.person LEFT JOIN brief_preference p ON p.person = m.person
                WHERE m.person = ? AND m.day = ?
                """, .text(person), .text(day.description)
            ) { row in
                BriefMail(
                    brief: brief, address: row.text(2), isWanted: row.bool(3), token: row.text(0),
                    status: try BriefMailStatus(stored: row.text(1), person, day), tries: Int(row.int(6)),
                    daysAway: row.isNull(4) || !row.bool(4) ? nil : Int(row.int(5)))
            }
        }
    }

    /// Takes the mail for oneself, right before it goes; on disk when this returns.
    ///
    /// - Parameters:
    ///   - tries: As it was read; from now on it is one more.
    ///   - isRepeat: Somebody says that it may go though it perhaps has gone before.
    /// - Returns: Whether it may go: false when it has gone, may have gone, or somebody else was faster.
    public func beginBriefMail(
        of person: String, on day: Day, after tries: Int, isRepeat: Bool, now: Timestamp
    ) async throws -> Bool {
        try await database.write { db in
            try db.first(
                """
                UPDATE brief_mail SET status = 'sending', tries = tries + 1, error = NULL, changed_at = ?
                WHERE person = ? AND day = ? AND tries = ? AND (status IN ('pending', 'failed', 'cancelled') OR ?)
                RETURNING 1
                """, SQLValue(now.milliseconds), .text(person), .text(day.description), SQLValue(tries),
                SQLValue(isRepeat)
            ) { _ in true } ?? false
        }
    }

    /// What became of it, unless there was another try since.
    public func noteBriefMail(
        _ status: BriefMailStatus, of person: String, on day: Day, after tries: Int, error: String? = nil,
        now: Timestamp
    ) async throws {
        try await database.write { db in
            try db.run(
                """
                UPDATE brief_mail SET status = ?, error = ?, changed_at = ? WHERE person = ? AND day = ? AND tries = ?
                """, .text(status.rawValue), SQLValue(error), SQLValue(now.milliseconds), .text(person),
                .text(day.description), SQLValue(tries))
        }
    }

    /// Mails that were noted before a time and have not begun to go have failed.
    ///
    /// - Returns: how many.
    public func giveUpBriefMails(before: Timestamp, now: Timestamp) async throws -> Int {
        try await database.write { db in
            try db.run(
                """
                UPDATE brief_mail SET status = 'failed', changed_at = ?,
                    error = 'given up after a day' || coalesce(', the last: ' || error, '')
                WHERE status = 'pending' AND created_at < ?
                """, SQLValue(now.milliseconds), SQLValue(before.milliseconds))
        }
    }

    /// Mails that were noted in a time and have not gone, the oldest first.
    public func pendingBriefMails(from: Timestamp, before: Timestamp, limit: Int) async throws
        -> [(person: String, day: Day)]
    {
        try await database.read { db in
            try db.query(
                """
                SELECT person, day FROM brief_mail WHERE status = 'pending' AND created_at >= ? AND created_at < ?
                ORDER BY created_at LIMIT ?
                """, SQLValue(from.milliseconds), SQLValue(before.milliseconds), SQLValue(limit)
            ) { row in (row.text(0), Day(row.text(1))) }
            .compactMap { person, day in day.map { (person, $0) } }
        }
    }
}
