import MillraceStore
import Schemas
import TestSupport
import Testing

/// Databases of every older schema, with a row in each table, brought to the newest one. (The runner's are changed most, and
/// have a test of their own that works on with them: `UpgradeTests`.)
@Suite struct OlderDatabaseTests {
    /// A database and what is put into the tables of each version.
    struct History: CustomTestStringConvertible {
        var name: String
        var migrations: [Migration]
        var rows: [String]

        var testDescription: String { name }

        init(_ name: String, _ migrations: [(version: Int, name: String, sql: String)], _ rows: [String]) {
            self.name = name
            self.migrations = migrations.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }
            self.rows = rows
        }
    }

    static let histories = [
        History("books", Schemas.booksMigrations, books),
        History("categorizer", Schemas.categorizerMigrations, categorizer),
        History("scheduler", Schemas.schedulerMigrations, scheduler),
        History("metrics", Schemas.metricsMigrations, metrics),
    ]

    private let folder = TemporaryDirectory()

    /// Every row of every table, as far as the columns go.
    private func content(_ db: Connection, _ columns: [String: [String]]) throws -> [String: [String]] {
        var content: [String: [String]] = [:]
        for (table, names) in columns {
            let row = names.map { "quote(\"\($0)\")" }.joined(separator: " || ' ' || ")
            content[table] = try db.query("SELECT \(row) AS row FROM \"\(table)\" ORDER BY row") { $0.text(0) }
        }
        return content
    }

    private func columns(_ db: Connection) throws -> [String: [String]] {
        let found = try db.query(
            """
            SELECT s.name, c.name FROM sqlite_schema s, pragma_table_info(s.name) c
            WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite%'
            """
        ) { (table: $0.text(0), column: $0.text(1)) }
        return Dictionary(grouping: found, by: \.table).mapValues { $0.map(\.column) }
    }

    private func schema(_ db: Connection) throws -> [String] {
        try db.query("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1") {
            $0.text(0)
        }
    }

    @Test(arguments: histories)
    func everyTableOfEveryVersionHasARow(history: History) throws {
        #expect(history.rows.count == history.migrations.count, "a new version brings rows for its tables")
        let database = try Database.open(folder.file("new.sqlite"), migrations: history.migrations)
        defer { database.close() }
        try database.writeBlocking { db in try history.rows.forEach(db.execute) }
        let empty = try database.readBlocking { db in
            try content(db, try columns(db)).filter(\.value.isEmpty).keys.sorted()
        }
        #expect(empty == [])
    }

    @Test(arguments: histories)
    func anOlderOneKeepsItsRowsAndIsLikeANewOneThen(history: History) throws {
        let new = try Database.open(folder.file("new.sqlite"), migrations: history.migrations)
        defer { new.close() }
        try new.writeBlocking { db in try history.rows.forEach(db.execute) }
        for version in 1..<history.migrations.count {
            let path = folder.file("of-\(version).sqlite")
            let old = try Database.open(path, migrations: Array(history.migrations.prefix(version)))
            try old.writeBlocking { db in try history.rows.prefix(version).forEach(db.execute) }
            let known = try old.readBlocking { try columns($0) }
            let before = try old.readBlocking { try content($0, known) }
            old.close()

            let now = try Database.open(path, migrations: history.migrations)
            #expect(try DatabaseFile(now.path).problems() == [])
            #expect(try now.readBlocking { try content($0, known) } == before)
            #expect(try now.readBlocking { try schema($0) } == new.readBlocking { try schema($0) })
            try now.writeBlocking { db in try history.rows.dropFirst(version).forEach(db.execute) }
            let all = try new.readBlocking { try columns($0) }
            #expect(try now.readBlocking { try content($0, all) } == new.readBlocking { try content($0, all) })
            now.close()
        }
    }
}

extension OlderDatabaseTests {
    private static let books = [
        """
        INSERT INTO contractor VALUES ('c1', 'ada#1', 'Ada Example'), ('c2', 'ben#2', 'Ben Example');
        INSERT INTO project VALUES ('p1', 'ALPHA', 'Alpha'), ('p2', 'BETA', 'Beta');
        INSERT INTO deployment VALUES ('d1', 'c1', 'p1', 'Active'), ('d2', 'c2', 'p1', 'Done');
        INSERT INTO contractor_rate (id, contractor, status, start_date, end_date, payday)
            VALUES ('r1', 'c1', 'Active', '2026-01-01', NULL, 15), ('r2', 'c2', 'Ended', NULL, '2026-03-31', 0);
        INSERT INTO timesheet_entry
            VALUES ('t1', 'Work', '2026-02-03', '7.25', 'mended the mill', 'c1', 'p1', 'Reviewed'),
                ('t2', 'Nothing', NULL, '0', '', NULL, NULL, 'Draft');
        INSERT INTO task_order VALUES ('o1', 'c1', '2026-02', '2026-02-28', 'Orders of February', 'Approved');
        INSERT INTO order_line VALUES ('l1', 'o1', 'd1', '7.25', 'mended', 'Approved');
        INSERT INTO order_line_entry VALUES ('l1', 't1');
        """,
        """
        UPDATE contractor_rate SET billing_type = 'Hourly Rate', hourly_rate = '40.5', currency = 'USD' WHERE id = 'r1';
        INSERT INTO contractor_position VALUES ('c1', 'Miller');
        INSERT INTO refund_request
            VALUES ('f1', 'RF-1', '12.30', 'EUR', 'c1', 'Train', 'to the mill', 'To the mill', '', '2026-02-04', 'Approved');
        INSERT INTO invoice_split
            VALUES ('s1', 'Split', 'Auto', '100', 'VND', 'Lead', 'Commission', 'c1', '2026-02-01', '', 'Pending');
        INSERT INTO payout (id, name, amount, currency, date, description, status, person, task_order, rate)
            VALUES ('y1', 'February', '293.63', 'USD', '2026-03-01', '', 'New', 'c1', 'o1', 'r1');
        """,
        """
        INSERT INTO person VALUES ('u1', 'u1@example.com', 1772000000000);
        INSERT INTO brief_preference VALUES ('u1', 1, 'daily', '08:00', 'Europe/Berlin', NULL, 1);
        INSERT INTO own_project VALUES ('op1', 'u1', 'Garden', 'active', 0);
        INSERT INTO own_task VALUES ('ot1', 'op1', 'Dig', 'todo', 'high', 1772000000000, 0, NULL, 1772000000000);
        INSERT INTO own_note VALUES ('on1', 'op1', 'Note', 'deep', 1772000000000);
        INSERT INTO own_phase VALUES ('oh1', 'op1', 'Spring', '2026-03-01', '2026-05-31', 0);
        INSERT INTO own_phase_task VALUES ('oh1', 'ot1');
        INSERT INTO brief (person, day, status, content) VALUES ('u1', '2026-03-02', 'completed', 'Dig today.');
        INSERT INTO project_brief VALUES ('op1', '2026-03-02', 'One task.', '{"tasks":1}');
        INSERT INTO brief_watermark VALUES (1, 1772000000000);
        """,
        """
        INSERT INTO brief_mail VALUES ('u1', '2026-03-02', 'token-1', 'sent', 1, NULL, 1772000000000, 1772000001000);
        """,
        """
        INSERT INTO own_event VALUES ('oe1', 'ot1', NULL, 1772000000000, 1772003600000);
        INSERT INTO clinic VALUES ('k1', 'https://clinic.example', 'clinic', 'Europe/Berlin', 'api');
        INSERT INTO clinic_config (clinic, open_time, close_time, days, slot_minutes, capacity, horizon_days, stale_minutes,
            zone, snapshot) VALUES ('k1', '08:00:00', '18:00:00', 31, 30, 2, 14, 60, 'Europe/Berlin', '{}');
        INSERT INTO clinic_blocked_period VALUES ('k1', 'Lunch', '12:00:00', '13:00:00', 31, 1);
        INSERT INTO schedule_sync (id, clinic, range_start, range_end, status, total_dates, started_at)
            VALUES ('sy1', 'k1', '2026-03-02', '2026-03-15', 'in_progress', 14, '2026-03-02T07:00:00Z');
        INSERT INTO schedule_slot (clinic, date, start_time, end_time, capacity, sync, synced_at)
            VALUES ('k1', '2026-03-03', '08:00:00', '08:30:00', 2, 'sy1', '2026-03-02T07:00:01Z');
        INSERT INTO schedule_appointment
            (clinic, remote_id, date, start_time, end_time, slot, patient, client, phone, provider, type, status, synced_at)
            VALUES ('k1', 'a-7', '2026-03-03', '08:00:00', '08:30:00', 1, 'Rex', 'Ada', '', 'Dr. Vet', 'Check', 'scheduled',
                '2026-03-02T07:00:01Z');
        INSERT INTO slot_booking
            (clinic, slot, date, start_time, client, patient, status, confirmation, hold_expires_at, booked_at)
            VALUES ('k1', 1, '2026-03-03', '08:00:00', 'Ada', 'Rex', 'confirmed', 'CONF-1', '2026-03-02T08:00:00Z',
                '2026-03-02T07:30:00Z');
        """,
        """
        UPDATE schedule_sync SET reading = 3 WHERE id = 'sy1';
        UPDATE schedule_appointment SET reading = 3, missing = 1 WHERE remote_id = 'a-7';
        UPDATE clinic_config SET own_capacity = 2 WHERE clinic = 'k1';
        """,
    ]

    private static let categorizer = [
        """
        INSERT INTO category VALUES (1, 'Travel', '#00ff00', NULL), (2, 'Train', NULL, 1);
        INSERT INTO pattern (id, owner, category, type, value, weight, usage_count, success_count, active, user_created,
            statistics, touched_on, taught_by, taught_at, taught_expense)
            VALUES (1, 'u1', 2, 'merchant', 'railway', 1.5, 3, 2, 1, 1, '{}', 20500, 'u1', 1772000000000, 'e1');
        INSERT INTO composite VALUES (1, 'u1', 'both', 2, 'AND', '[1]', 1.0, 1);
        INSERT INTO rule VALUES (1, 'u1', 'trains', 2, '{"merchant":"railway"}', 10, 1, 'u1', 1772000000000);
        INSERT INTO preference VALUES ('u1', 'merchant', 'railway', 2, 2.5, 4, 0);
        INSERT INTO expense (number, id, owner, merchant_name, merchant_normalized, description, amount, currency,
            transaction_date, category, confirmed, auto, confidence, method, categorized_at, categorized_by)
            VALUES (1, 'e1', 'u1', 'RAILWAY 7', 'railway', 'to the mill', '-12.30', 'EUR', '2026-02-04', 2, 1, 0,
                0.97, 'user', 1772000000000, 'u1'),
                (2, 'e2', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL);
        INSERT INTO lesson VALUES (1, 'e1', 2, 1, 'correction', 1, 0.4, 'u1', 1772000000000);
        INSERT INTO bulk_operation (id, kind, status, category, undoes, done_by, done_at)
            VALUES (1, 'apply', 'undone', 2, NULL, 'u1', 1772000000000);
        INSERT INTO bulk_operation (id, kind, status, category, undoes, done_by, done_at)
            VALUES (2, 'undo', 'completed', NULL, 1, 'u1', 1772000001000);
        INSERT INTO bulk_item (operation, expense, category, confirmed, new_category) VALUES (1, 'e1', NULL, 0, 2);
        INSERT INTO model (version, state, rows, through_expense, through_lesson, categories, threshold, accuracy,
            previous_accuracy, seconds, trained_at) VALUES (1, 'active', 500, 2, 1, 2, 0.85, 0.93, NULL, 0.7, 1772000000000);
        INSERT INTO model_part VALUES (1, 0, x'0001ff');
        """,
        """
        INSERT INTO chat_month VALUES ('2026-02', '0.31');
        INSERT INTO chat_question VALUES (1, '2026-02', 'railway', '0.02', '0.01', 'model', 1772000000000, 1772000001000);
        INSERT INTO chat_answer VALUES ('railway', 2, 'model', 1772000001000);
        """,
        """
        UPDATE bulk_operation SET taught = kind = 'apply';
        UPDATE expense SET operation = 1 WHERE id = 'e1';
        UPDATE bulk_item SET previous_operation = 1;
        UPDATE pattern SET merged_into = 1;
        UPDATE model SET through_operation = 2;
        INSERT INTO bulk_pattern VALUES (1, 1, 0.8, 0);
        """,
    ]

    private static let scheduler = [
        """
        INSERT INTO schedule (id, name, specification, file, created_at, cursor, next, due, runs, failures, paused, paused_until,
            pause_reason, last_nominal, last_job, put_off, put_off_since)
        VALUES
            (1, 'daily', '{"name":"daily"}', NULL, 1772000000000, 1772000000000000, 1772060400000000, 1772060400000000, 3, 1,
                0, NULL, NULL, 1772000000000000, 7, 'the runner is not there', 1772000000000),
            (2, 'held', '{"name":"held"}', '/etc/held.yaml', 1772000000000, 1772000000000000, NULL, 1772000005000000, 0, 0,
                1, 1772000005000, 'holidays', NULL, NULL, NULL, NULL);
        INSERT INTO run VALUES (1, 1, 1772000000000000, 1772000000012, 'due', 'submitted', 7, 12, NULL, 0),
            (2, 1, 1771990000000000, 1772000000012, 'due', 'missed', NULL, NULL, '3 times', NULL);
        """,
        "UPDATE schedule SET revision = 2, recorded = 1 WHERE id = 1;",
    ]

    private static let metrics = [
        """
        INSERT INTO source (instance, service, slot, gone, changed, snapshot) VALUES
            ('a', 'runner', 0, 0, 1, '{"service":"runner","instance":"a","started":1772000000000,"sequence":1,"taken":1772000000000,
                "families":[]}');
        INSERT INTO total VALUES ('runner', '[]');
        INSERT INTO series VALUES (1, 'done', '{}', 'growth');
        INSERT INTO point VALUES (60, 1772000040, 1, 3.0, 3.0, 3.0);
        INSERT INTO rolled VALUES (600, 1772000400);
        INSERT INTO silence VALUES (1, 'memory', '{"service":"runner"}', 1772003600000, 'ana', 'import');
        INSERT INTO event VALUES (1, 1772000000000, 'memory', '{"service":"runner"}', 'warning', 'firing', 6e8, 'Memory.');
        """,
        "UPDATE source SET gone = 1;",
        """
        INSERT INTO told VALUES ('memory', '{"service":"runner"}', 'warning', 'Memory.', 6e8, 1772000000000, NULL, 1772000000000);
        INSERT INTO delivery VALUES (1, 'k1', 'job tell', '{"service":"runner"}', 0, '{"version":1}');
        INSERT INTO clock VALUES (1, 1772000000000, 0);
        """,
    ]
}
