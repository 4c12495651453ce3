import JSONCodec
import Linux
import MillraceStore

/// Slots: what can be booked, and how much of it is taken.
extension SQLiteBooks {
    struct SlotWrite: Sendable {
        var created = 0
        var updated = 0
        /// Of the last batch that was not written.
        var fault: StoreError?
    }

    /// Adds the slots that are missing and gives those that are there their end and capacity, a hundred a statement;
    /// what is so already is not written. A batch that cannot be written keeps no other from being so.
    func putSlots(
        _ wanted: [Day: [SlotTime]], capacity: Int, of clinic: ClinicID, sync: String, at now: Timestamp
    ) async throws -> SlotWrite {
        guard let first = wanted.keys.min(), let last = wanted.keys.max() else { return SlotWrite() }
        let there = try await slots(of: clinic, from: first, to: last)
        var known: [Day: [ClockTime: ScheduleSlot]] = [:]
        for slot in there { known[slot.date, default: [:]][slot.start] = slot }
        var write = SlotWrite()
        var rows: [(isNew: Bool, values: [String])] = []
        for (date, slots) in wanted.sorted(by: { $0.key < $1.key }) {
            for slot in slots {
                let old = known[date]?[slot.start]
                if let old, old.end == slot.end, old.capacity == capacity { continue }
                rows.append((old == nil, ["\(date)", "\(slot.start)", "\(slot.end)"]))
            }
        }
        for batch in rows.inBatches(of: ScheduleSyncSettings.batch) {
            let values = SQLValue.text(JSON.text(batch.map(\.values)))
            do {
                try await database.write { connection in
                    try connection.run(
                        """
                        INSERT INTO schedule_slot (clinic, date, start_time, end_time, capacity, sync, synced_at)
                        SELECT ?1, json_extract(value, '$[0]'), json_extract(value, '$[1]'),
                            json_extract(value, '$[2]'), ?3, ?4, ?5
                        FROM json_each(?2) WHERE true
                        ON CONFLICT (clinic, date, start_time) DO UPDATE SET end_time = excluded.end_time,
                            capacity = excluded.capacity, sync = excluded.sync, synced_at = excluded.synced_at
                        """,
                        .text(clinic.text), values, SQLValue(capacity), .text(sync), .text("\(now)"))
                }
                write.created += batch.count { $0.isNew }
                write.updated += batch.count { !$0.isNew }
            } catch let error as StoreError where error.kind != .busy {
                write.fault = error
            }
        }
        return write
    }

    /// The slots of these days, by date and start; bookings that hold a place at `now` are counted.
    public func slots(
        of clinic: ClinicID, from first: Day, to last: Day, now: Timestamp? = nil
    ) async throws -> [ScheduleSlot] {
        try await database.read { try Self.slots(of: clinic, from: first, to: last, now: now, $0) }
    }

    /// The slots of a day that can be booked, by their start: rows stay when hours change or a time is blocked, and only those
    /// count that would be made now.
    public func offered(of clinic: ClinicID, on date: Day, now: Timestamp) async throws -> [ScheduleSlot] {
        try await database.read { try Self.offered(of: clinic, on: date, now: now, $0) }
    }

    static func offered(
        of clinic: ClinicID, on date: Day, now: Timestamp, _ connection: Connection
    ) throws -> [ScheduleSlot] {
        let config = try config(of: clinic, connection) ?? ScheduleConfig()
        let made = Set(config.slots(on: date, blocked: try blockedPeriods(of: clinic, connection)).map(\.start))
        return try slots(of: clinic, from: date, to: date, now: now, connection).filter { made.contains($0.start) }
    }

    static func slots(
        of clinic: ClinicID, from first: Day, to last: Day, now: Timestamp?, _ connection: Connection
    ) throws -> [ScheduleSlot] {
        try connection.query(
            """
            SELECT s.id, s.date, s.start_time, s.end_time, s.capacity, s.booked_count,
                (SELECT count(*) FROM slot_booking b JOIN schedule_slot t ON t.id = b.slot
                    WHERE b.clinic = s.clinic AND b.date = s.date AND t.start_time < s.end_time
                    AND t.end_time > s.start_time AND (\(awaitsCalendar) OR b.status IN ('pending', 'rescheduled')
                    AND b.hold_expires_at > ?4))
            FROM schedule_slot s WHERE s.clinic = ?1 AND s.date BETWEEN ?2 AND ?3
            ORDER BY s.date, s.start_time
            """,
            .text(clinic.text), .text("\(first)"), .text("\(last)"), SQLValue(now?.description)
        ) { row in
            let id = "\(row.int(0))"
            return ScheduleSlot(
                row: row.int(0), date: try row.day(1, "date", of: "schedule_slot", id),
                start: try row.clock(2, "start_time", of: "schedule_slot", id),
                end: try row.clock(3, "end_time", of: "schedule_slot", id), capacity: Int(row.int(4)),
                booked: Int(row.int(5)), held: Int(row.int(6)))
        }
    }

    /// Of a booking `b` in a slot `t`: it is confirmed, and the calendar has no appointment of its client or animal there yet.
    static let awaitsCalendar = """
        b.status = 'confirmed' AND NOT EXISTS (
            SELECT 1 FROM schedule_appointment a WHERE a.clinic = b.clinic AND a.date = b.date AND a.deleted_at IS NULL
            AND a.status NOT IN ('cancelled', 'no_show') AND a.start_time < t.end_time AND a.end_time > t.start_time
            AND (a.client = b.client COLLATE NOCASE OR b.patient <> '' AND a.patient = b.patient COLLATE NOCASE))
        """

    /// The rows of slots by date and start.
    func slotRows(of clinic: ClinicID, from first: Day, to last: Day) async throws -> [Day: [ClockTime: Int64]] {
        let found = try await database.read { connection in
            try connection.query(
                "SELECT id, date, start_time FROM schedule_slot WHERE clinic = ?1 AND date BETWEEN ?2 AND ?3",
                .text(clinic.text), .text("\(first)"), .text("\(last)")
            ) { row in
                let table = "schedule_slot", id = "\(row.int(0))"
                return (
                    row: row.int(0), day: try row.day(1, "date", of: table, id),
                    start: try row.clock(2, "start_time", of: table, id)
                )
            }
        }
        var rows: [Day: [ClockTime: Int64]] = [:]
        for slot in found { rows[slot.day, default: [:]][slot.start] = slot.row }
        return rows
    }

    /// Counts the appointments of every slot of these days: one statement, which writes what has changed and nothing else.
    static func countSlots(of clinic: ClinicID, from first: Day, to last: Day, _ connection: Connection) throws {
        try connection.run(
            """
            UPDATE schedule_slot AS s SET booked_count = c.booked
            FROM (
                SELECT t.id, count(a.id) AS booked
                FROM schedule_slot t LEFT JOIN schedule_appointment a
                    ON a.clinic = t.clinic AND a.date = t.date AND a.deleted_at IS NULL
                    AND a.status NOT IN ('cancelled', 'no_show')
                    AND a.start_time < t.end_time AND a.end_time > t.start_time
                WHERE t.clinic = ?1 AND t.date BETWEEN ?2 AND ?3
                GROUP BY t.id
            ) AS c
            WHERE c.id = s.id AND c.booked <> s.booked_count
            """, .text(clinic.text), .text("\(first)"), .text("\(last)"))
    }
}

extension Array {
    /// Slices of at most so many elements, in their order.
    func inBatches(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
