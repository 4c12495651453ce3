import JSONCodec
import Linux
import MillraceStore

/// Bookings, which the phone assistant makes and a sync at most moves.
extension SQLiteBooks {
    /// Alternatives that are named when a slot is full.
    public static let alternatives = 5

    /// Books a slot: a hold of five minutes, within which it is to be confirmed.
    ///
    /// - Parameter confirmation: the number by which the client knows it.
    /// - Throws: ``ClinicError/noSlot(_:_:_:)``; ``ClinicError/full(_:alternatives:)``.
    public func book(
        _ clinic: ClinicID, on date: Day, at time: ClockTime, client: String, patient: String, confirmation: String,
        now: Timestamp
    ) async throws -> Booking {
        _ = try await self.clinic(clinic)
        let expires = now + Booking.hold
        return try await database.write { connection in
            let slots = try Self.slots(of: clinic, from: date, to: date, now: now, connection)
            guard let slot = slots.first(where: { $0.start == time }) else {
                throw ClinicError.noSlot(clinic, date, time)
            }
            guard slot.free > 0 else {
                let blocked = try Self.blockedPeriods(of: clinic, connection)
                throw ClinicError.full(
                    SlotTime(start: slot.start, end: slot.end),
                    alternatives: slots.inOrder(from: slot, blocked: blocked).prefix(Self.alternatives)
                        .map { SlotTime(start: $0.start, end: $0.end) })
            }
            try connection.run(
                """
                INSERT INTO slot_booking (clinic, slot, date, start_time, client, patient, status, confirmation,
                    hold_expires_at, booked_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'pending', ?7, ?8, ?9)
                """,
                .text(clinic.text), .int(slot.row), .text("\(date)"), .text("\(time)"), .text(client), .text(patient),
                .text(confirmation), .text("\(expires)"), .text("\(now)"))
            return Booking(
                clinic: clinic, date: date, start: slot.start, end: slot.end, client: client, patient: patient,
                status: .pending, confirmation: confirmation, holdExpiresAt: expires)
        }
    }

    /// Moves bookings that wait in slots that are full of appointments to the first later free one of the day, else the
    /// first earlier one; where there is none they are marked for somebody to look at.
    static func resolveConflicts(
        of clinic: ClinicID, from first: Day, to last: Day, now: Timestamp, _ connection: Connection
    ) throws -> (detected: Int, resolved: Int) {
        let conflicts = try connection.query(
            """
            SELECT b.id, s.id, s.date FROM slot_booking b JOIN schedule_slot s ON s.id = b.slot
            WHERE b.clinic = ?1 AND b.date BETWEEN ?2 AND ?3 AND b.status IN ('pending', 'rescheduled')
                AND b.hold_expires_at > ?4 AND s.booked_count >= s.capacity
            ORDER BY b.date, b.id
            """, .text(clinic.text), .text("\(first)"), .text("\(last)"), .text("\(now)")
        ) { row in (booking: row.int(0), slot: row.int(1), date: row.text(2)) }
        if conflicts.isEmpty { return (0, 0) }
        let blocked = try blockedPeriods(of: clinic, connection)
        var resolved = 0
        for conflict in conflicts {
            guard let date = Day(conflict.date) else {
                throw BooksError.damaged(table: "slot_booking", id: "\(conflict.booking)", column: "date")
            }
            let slots = try slots(of: clinic, from: date, to: date, now: now, connection)
            guard let old = slots.first(where: { $0.row == conflict.slot }) else { continue }
            if let new = slots.inOrder(from: old, blocked: blocked).first {
                try connection.run(
                    """
                    UPDATE slot_booking SET slot = ?2, start_time = ?3, status = 'rescheduled', has_conflict = 1,
                        original_date = coalesce(original_date, date),
                        original_time = coalesce(original_time, start_time), rescheduled_at = ?4,
                        reason = 'the slot was taken in the calendar'
                    WHERE id = ?1
                    """, .int(conflict.booking), .int(new.row), .text("\(new.start)"), .text("\(now)"))
                resolved += 1
            } else {
                try connection.run(
                    """
                    UPDATE slot_booking SET has_conflict = 1, original_date = coalesce(original_date, date),
                        original_time = coalesce(original_time, start_time), reason = ?2
                    WHERE id = ?1 AND reason IS NOT ?2
                    """, .int(conflict.booking), .text(Booking.byHand))
            }
        }
        return (conflicts.count, resolved)
    }

    /// Bookings of these days, by date and time.
    public func bookings(of clinic: ClinicID, from first: Day, to last: Day) async throws -> [Booking] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT b.date, b.start_time, s.end_time, b.client, b.patient, b.status, b.confirmation,
                    b.hold_expires_at, b.has_conflict, b.original_date, b.original_time, b.rescheduled_at, b.reason
                FROM slot_booking b JOIN schedule_slot s ON s.id = b.slot
                WHERE b.clinic = ?1 AND b.date BETWEEN ?2 AND ?3 ORDER BY b.date, b.start_time, b.id
                """, .text(clinic.text), .text("\(first)"), .text("\(last)")
            ) { row in
                let id = row.text(6)
                guard let status = Booking.Status(rawValue: row.text(5)) else {
                    throw BooksError.damaged(table: "slot_booking", id: id, column: "status")
                }
                guard let expires = Timestamp(row.text(7)) else {
                    throw BooksError.damaged(table: "slot_booking", id: id, column: "hold_expires_at")
                }
                return Booking(
                    clinic: clinic, date: try row.day(0, "date", of: "slot_booking", id),
                    start: try row.clock(1, "start_time", of: "slot_booking", id),
                    end: try row.clock(2, "end_time", of: "schedule_slot", id), client: row.text(3),
                    patient: row.text(4), status: status, confirmation: id, holdExpiresAt: expires,
                    hasConflict: row.bool(8), originalDate: row.textOrNil(9), originalTime: row.textOrNil(10),
                    rescheduledAt: row.textOrNil(11), reason: row.textOrNil(12))
            }
        }
    }
}

extension [ScheduleSlot] {
    /// Those of the same day that are free and not blocked: the later ones first, then the earlier ones from the day's
    /// beginning on.
    fileprivate func inOrder(from slot: ScheduleSlot, blocked: [BlockedPeriod]) -> [ScheduleSlot] {
        let free = filter { other in
            other.row != slot.row && other.free > 0
                && !blocked.contains { $0.blocks(other.start, other.end, on: other.date) }
        }
        return free.filter { $0.start > slot.start } + free.filter { $0.start < slot.start }
    }
}
