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
    /// - Throws: ``ClinicError/noClinic(_:)``; ``ClinicError/noClient``; ``ClinicError/noSlot(_:_:_:)``;
    ///   ``ClinicError/full(_:alternatives:)``.
    public func book(
        _ clinic: ClinicID, on date: Day, at time: ClockTime, client: String, patient: String, confirmation: String,
        now: Timestamp
    ) async throws -> Booking {
        _ = try await self.clinic(clinic)
        if client.trimmed.isEmpty { throw ClinicError.noClient }
        let expires = now + Booking.hold
        return try await database.write { connection in
            let slots = try Self.offered(of: clinic, on: date, now: now, connection)
            guard let slot = slots.first(where: { $0.start == time }) else {
                throw ClinicError.noSlot(clinic, date, time)
            }
            guard slot.free > 0 else { throw Self.full(slot, slots) }
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

    private static func full(_ slot: ScheduleSlot, _ slots: [ScheduleSlot]) -> ClinicError {
        .full(
            SlotTime(start: slot.start, end: slot.end),
            alternatives: slots.inOrder(from: slot).prefix(alternatives).map { SlotTime(start: $0.start, end: $0.end) })
    }

    /// Confirms a booking: it holds its place until the calendar has an appointment of the client or the animal there. One whose
    /// hold is over is confirmed when its slot still has a place; one that is confirmed stays so.
    /// - Throws: ``ClinicError/noBooking(_:)``; ``ClinicError/cancelledBooking(_:)``; ``ClinicError/full(_:alternatives:)``;
    ///   ``ClinicError/noSlot(_:_:_:)`` when the hold is over and the slot is offered no more.
    public func confirm(_ number: String, now: Timestamp) async throws -> Booking {
        try await database.write { connection in
            var booking = try Self.booking(number, connection)
            switch booking.status {
            case .confirmed: return booking
            case .cancelled: throw ClinicError.cancelledBooking(number)
            case .pending, .rescheduled: break
            }
            if booking.holdExpiresAt <= now {
                let slots = try Self.offered(of: booking.clinic, on: booking.date, now: now, connection)
                guard let slot = slots.first(where: { $0.start == booking.start }) else {
                    throw ClinicError.noSlot(booking.clinic, booking.date, booking.start)
                }
                guard slot.free > 0 else { throw Self.full(slot, slots) }
            }
            booking.status = .confirmed
            try Self.write(booking, connection)
            return booking
        }
    }

    /// Gives up a booking, confirmed or not; one that is cancelled stays so.
    /// - Throws: ``ClinicError/noBooking(_:)``.
    public func cancel(_ number: String) async throws -> Booking {
        try await database.write { connection in
            var booking = try Self.booking(number, connection)
            booking.status = .cancelled
            try Self.write(booking, connection)
            return booking
        }
    }

    private static func write(_ booking: Booking, _ connection: Connection) throws {
        try connection.run(
            "UPDATE slot_booking SET status = ?2 WHERE confirmation = ?1", .text(booking.confirmation),
            .text(booking.status.rawValue))
    }

    /// Moves bookings that wait in slots that are full of appointments to the first later free one of the day, else the
    /// first earlier one; where there is none they are marked for somebody to look at, and so are confirmed ones that the
    /// calendar does not have: of those somebody knows.
    static func resolveConflicts(
        of clinic: ClinicID, from first: Day, to last: Day, now: Timestamp, _ connection: Connection
    ) throws -> (detected: Int, resolved: Int) {
        let conflicts = try connection.query(
            """
            SELECT b.id, t.id, t.date, b.status FROM slot_booking b JOIN schedule_slot t ON t.id = b.slot
            WHERE b.clinic = ?1 AND b.date BETWEEN ?2 AND ?3 AND t.booked_count >= t.capacity
                AND (\(awaitsCalendar) OR b.status IN ('pending', 'rescheduled') AND b.hold_expires_at > ?4)
            ORDER BY b.date, b.id
            """, .text(clinic.text), .text("\(first)"), .text("\(last)"), .text("\(now)")
        ) { row in (booking: row.int(0), slot: row.int(1), date: row.text(2), status: row.text(3)) }
        if conflicts.isEmpty { return (0, 0) }
        var resolved = 0
        for conflict in conflicts {
            guard let date = Day(conflict.date) else {
                throw BooksError.damaged(table: "slot_booking", id: "\(conflict.booking)", column: "date")
            }
            let slots = try slots(of: clinic, from: date, to: date, now: now, connection)
            guard let old = slots.first(where: { $0.row == conflict.slot }) else { continue }
            let isConfirmed = conflict.status == Booking.Status.confirmed.rawValue
            let offered = isConfirmed ? [] : try offered(of: clinic, on: date, now: now, connection)
            if let new = offered.inOrder(from: old).first {
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
                    """, .int(conflict.booking), .text(isConfirmed ? Booking.overbooked : Booking.byHand))
            }
        }
        return (conflicts.count, resolved)
    }

    /// Bookings of these days, by date and time.
    public func bookings(of clinic: ClinicID, from first: Day, to last: Day) async throws -> [Booking] {
        try await database.read { connection in
            try connection.query(
                """
                \(Booking.selection)
                WHERE b.clinic = ?1 AND b.date BETWEEN ?2 AND ?3 ORDER BY b.date, b.start_time, b.id
                """, .text(clinic.text), .text("\(first)"), .text("\(last)"), row: { try Booking($0) })
        }
    }

    private static func booking(_ number: String, _ connection: Connection) throws -> Booking {
        let found = try connection.first(
            "\(Booking.selection) WHERE b.confirmation = ?1", .text(number), row: { try Booking($0) })
        guard let found else { throw ClinicError.noBooking(number) }
        return found
    }
}

extension Booking {
    fileprivate static let selection = """
        SELECT b.date, b.start_time, s.end_time, b.client, b.patient, b.status, b.confirmation, b.hold_expires_at,
            b.has_conflict, b.original_date, b.original_time, b.rescheduled_at, b.reason, b.clinic
        FROM slot_booking b JOIN schedule_slot s ON s.id = b.slot
        """

    fileprivate init(_ row: Row) throws {
        let id = row.text(6)
        guard let status = Status(rawValue: row.text(5)) else {
            throw BooksError.damaged(table: "slot_booking", id: id, column: "status")
        }
        guard let expires = Timestamp(row.text(7)) else {
            throw BooksError.damaged(table: "slot_booking", id: id, column: "hold_expires_at")
        }
        self.init(
            clinic: row.id(13), date: try row.day(0, "date", of: "slot_booking", id),
            start: try row.clock(1, "start_time", of: "slot_booking", id),
            end: try row.clock(2, "end_time", of: "schedule_slot", id), client: row.text(3), patient: row.text(4),
            status: status, confirmation: id, holdExpiresAt: expires, hasConflict: row.bool(8),
            originalDate: row.textOrNil(9), originalTime: row.textOrNil(10), rescheduledAt: row.textOrNil(11),
            reason: row.textOrNil(12))
    }
}

extension [ScheduleSlot] {
    /// Those of the same day that are free: the later ones first, then the earlier ones from the day's beginning on.
    fileprivate func inOrder(from slot: ScheduleSlot) -> [ScheduleSlot] {
        let free = filter { $0.row != slot.row && $0.free > 0 }
        return free.filter { $0.start > slot.start } + free.filter { $0.start < slot.start }
    }
}
