import JSONCodec
import Linux
import MillraceStore
import Resilience

/// Appointments, as their calendar has them.
extension SQLiteBooks {
    /// The rows of these days, deleted ones too.
    func knownAppointments(of clinic: ClinicID, from first: Day, to last: Day) async throws -> [KnownAppointment] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(KnownAppointment.columns) FROM schedule_appointment
                WHERE clinic = ?1 AND date BETWEEN ?2 AND ?3 ORDER BY id
                """,
                .text(clinic.text), .text("\(first)"), .text("\(last)"), row: { try KnownAppointment($0) })
        }
    }

    /// The live rows with these ids on other dates.
    func liveAppointments(
        of clinic: ClinicID, ids: [String], besides date: Day
    ) async throws -> [KnownAppointment] {
        let wanted = SQLValue.text(JSON.text(ids))
        return try await database.read { connection in
            try connection.query(
                """
                SELECT \(KnownAppointment.columns) FROM schedule_appointment
                WHERE clinic = ?1 AND deleted_at IS NULL AND date <> ?2
                    AND remote_id IN (SELECT value FROM json_each(?3))
                """, .text(clinic.text), .text("\(date)"), wanted, row: { try KnownAppointment($0) })
        }
    }

    struct DateWrite: Sendable {
        var added = 0
        var updated = 0
        var failedBatches = 0
        /// Of the last batch that was not written.
        var fault: StoreError?
    }

    /// Writes what a plan adds and changes: inserts a hundred a statement, changes row by row. A batch that cannot be
    /// written keeps no other from being so.
    ///
    /// A row that was written since from a later reading than this one, of whatever sync, is left as it is.
    func carryOut(
        _ plan: Reconciliation, date: Day, of clinic: ClinicID, sync: String, reading: Int64, asOf: Timestamp,
        time: any TimeSource, slot: (ClockTime?) -> Int64?
    ) async throws -> DateWrite {
        var write = DateWrite()
        func attempt(_ count: WritableKeyPath<DateWrite, Int>, _ body: () async throws -> Int) async throws {
            do {
                write[keyPath: count] += try await Self.retried(time, body)
            } catch let error as StoreError where error.kind != .closed {
                write.failedBatches += 1
                write.fault = error
            }
        }
        for batch in plan.inserts.inBatches(of: ScheduleSyncSettings.batch) {
            let rows = SQLValue.text(JSON.text(batch.map { AppointmentRow($0, slot: slot($0.appointment.start)) }))
            try await attempt(\.added) {
                try await database.write { connection in
                    try connection.run(
                        Self.insertion, .text(clinic.text), .text("\(date)"), rows, .text(sync), .text("\(asOf)"),
                        .int(reading))
                }
            }
        }
        for batch in (plan.updates + plan.moves).inBatches(of: ScheduleSyncSettings.batch) {
            let rows = batch.map { change in
                (change.row, AppointmentRow(change.incoming, slot: slot(change.incoming.appointment.start)))
            }
            try await attempt(\.updated) {
                try await database.write { connection in
                    var changed = 0
                    for (known, row) in rows {
                        changed += try connection.run(
                            Self.change,
                            [.int(known.row), .text("\(date)"), .text(sync), .text("\(asOf)"), .int(reading)]
                                + row.values)
                    }
                    return changed
                }
            }
        }
        return write
    }

    /// Of a row that another sync has inserted meanwhile, a change.
    private static let insertion = """
        INSERT INTO schedule_appointment (clinic, remote_id, date, start_time, end_time, slot, patient, client, phone,
            provider, type, status, sync_hash, booked_at, reminded, sync, synced_at, reading)
        SELECT ?1, json_extract(value, '$[0]'), ?2, json_extract(value, '$[1]'), json_extract(value, '$[2]'),
            json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
            json_extract(value, '$[6]'), json_extract(value, '$[7]'), json_extract(value, '$[8]'),
            json_extract(value, '$[9]'), json_extract(value, '$[10]'), json_extract(value, '$[11]'),
            json_extract(value, '$[12]'), ?4, ?5, ?6
        FROM json_each(?3) WHERE true
        ON CONFLICT (clinic, remote_id) WHERE deleted_at IS NULL DO UPDATE SET date = excluded.date,
            start_time = excluded.start_time, end_time = excluded.end_time, slot = excluded.slot,
            patient = excluded.patient, client = excluded.client, phone = excluded.phone,
            provider = excluded.provider, type = excluded.type, status = excluded.status,
            sync_hash = excluded.sync_hash, booked_at = excluded.booked_at, reminded = excluded.reminded,
            sync = excluded.sync, synced_at = excluded.synced_at, reading = excluded.reading, missing = 0
        WHERE reading <= excluded.reading AND (sync_hash IS NOT excluded.sync_hash
            OR start_time IS NOT excluded.start_time OR end_time IS NOT excluded.end_time OR missing = 1)
        """

    private static let change = """
        UPDATE schedule_appointment SET date = ?2, sync = ?3, synced_at = ?4, reading = ?5, missing = 0,
            start_time = ?7, end_time = ?8, slot = ?9, patient = ?10, client = ?11, phone = ?12, provider = ?13,
            type = ?14, status = ?15, sync_hash = ?16, booked_at = ?17, reminded = ?18
        WHERE id = ?1 AND remote_id = ?6 AND deleted_at IS NULL AND reading <= ?5
        """

    /// Deletes rows softly that are still as they were, a hundred a statement; how many there were.
    static func remove(_ gone: [KnownAppointment], at now: Timestamp, _ connection: Connection) throws -> Int {
        try alter(gone, "deleted_at = ?2", .text("\(now)"), connection)
    }

    /// Marks rows that are still as they were as missing.
    static func mark(_ missing: [KnownAppointment], _ connection: Connection) throws {
        _ = try alter(missing, "missing = ?2", .int(1), connection)
    }

    private static func alter(
        _ rows: [KnownAppointment], _ change: String, _ value: SQLValue, _ connection: Connection
    ) throws -> Int {
        var changed = 0
        for batch in rows.inBatches(of: ScheduleSyncSettings.batch) {
            changed += try connection.run(
                "UPDATE schedule_appointment SET \(change) WHERE \(standing)", .text(JSON.text(Array(batch))), value)
        }
        return changed
    }

    /// Those rows that are still as they were.
    func standing(_ rows: [KnownAppointment]) async throws -> Set<Int64> {
        let known = SQLValue.text(JSON.text(rows))
        return try await database.read { connection in
            Set(
                try connection.query(
                    "SELECT id FROM schedule_appointment WHERE \(Self.standing)", known, row: { $0.int(0) }))
        }
    }

    private static let standing = """
        deleted_at IS NULL AND (id, date, coalesce(sync_hash, ''), reading) IN (
            SELECT json_extract(value, '$.row'), json_extract(value, '$.date'),
                coalesce(json_extract(value, '$.hash'), ''), json_extract(value, '$.reading') FROM json_each(?1))
        """

    /// Appointments of these days, by date, start and id; deleted ones where they are asked for.
    public func appointments(
        of clinic: ClinicID, from first: Day, to last: Day, deleted: Bool = false
    ) async throws -> [AppointmentView] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT remote_id, date, start_time, end_time, patient, client, phone, provider, type, status, deleted_at
                FROM schedule_appointment
                WHERE clinic = ?1 AND date BETWEEN ?2 AND ?3 AND (?4 OR deleted_at IS NULL)
                ORDER BY date, start_time, remote_id, id
                """,
                .text(clinic.text), .text("\(first)"), .text("\(last)"), SQLValue(deleted),
                row: { try AppointmentView($0) })
        }
    }

    /// Runs `body`, and twice more, after half a second and a second, while somebody else is writing.
    static func retried<Value: Sendable>(
        _ time: any TimeSource, _ body: () async throws -> Value
    ) async throws -> Value {
        try await withRetry(
            attempts: 3, backoff: Backoff(base: .milliseconds(500), cap: .seconds(2)), time: time,
            isTransient: { ($0 as? StoreError)?.kind == .busy }
        ) { _ in try await body() }
    }
}

/// An appointment in the books, ready to be shown.
public struct AppointmentView: Hashable, Sendable {
    public var id: String
    public var date: Day
    public var start: ClockTime?
    public var end: ClockTime?
    public var patient: String
    public var client: String
    public var phone: String
    public var provider: String
    public var type: String
    public var status: AppointmentStatus
    public var deletedAt: String?
}

extension AppointmentView {
    fileprivate init(_ row: Row) throws {
        let id = row.text(0), table = "schedule_appointment"
        guard let status = AppointmentStatus(rawValue: row.text(9)) else {
            throw BooksError.damaged(table: table, id: id, column: "status")
        }
        self.init(
            id: id, date: try row.day(1, "date", of: table, id),
            start: row.isNull(2) ? nil : try row.clock(2, "start_time", of: table, id),
            end: row.isNull(3) ? nil : try row.clock(3, "end_time", of: table, id), patient: row.text(4),
            client: row.text(5), phone: row.text(6), provider: row.text(7), type: row.text(8), status: status,
            deletedAt: row.textOrNil(10))
    }
}

extension KnownAppointment {
    fileprivate static let columns =
        "id, remote_id, date, sync_hash, deleted_at IS NULL, start_time, end_time, reading, missing"

    fileprivate init(_ row: Row) throws {
        let table = "schedule_appointment", id = "\(row.int(0))"
        self.init(
            row: row.int(0), remoteID: row.text(1), date: try row.day(2, "date", of: table, id), hash: row.textOrNil(3),
            isLive: row.bool(4), start: row.isNull(5) ? nil : try row.clock(5, "start_time", of: table, id),
            end: row.isNull(6) ? nil : try row.clock(6, "end_time", of: table, id), reading: row.int(7),
            isMissing: row.bool(8))
    }
}

/// The columns of a row that a calendar fills.
private struct AppointmentRow: JSONEncodable, Sendable {
    let incoming: Reconciliation.Incoming
    let slot: Int64?

    init(_ incoming: Reconciliation.Incoming, slot: Int64?) {
        self.incoming = incoming
        self.slot = slot
    }

    private var texts: [String] {
        let fields = incoming.appointment.fields
        return [
            fields.patient, fields.client, fields.phone, fields.provider, fields.type, fields.status.rawValue,
            incoming.hash,
        ]
    }

    var values: [SQLValue] {
        [
            .text(incoming.appointment.id), SQLValue(incoming.appointment.start?.description),
            SQLValue(incoming.appointment.end?.description), SQLValue(slot),
        ] + texts.map { .text($0) } + [
            SQLValue(incoming.appointment.bookedAt), SQLValue(incoming.appointment.reminded),
        ]
    }

    func encode(to json: inout JSONWriter) {
        json.array { json in
            json.value(incoming.appointment.id)
            json.value(incoming.appointment.start?.description)
            json.value(incoming.appointment.end?.description)
            json.value(slot)
            for text in texts { json.value(text) }
            json.value(incoming.appointment.bookedAt)
            json.value(incoming.appointment.reminded ? 1 : 0)
        }
    }
}
