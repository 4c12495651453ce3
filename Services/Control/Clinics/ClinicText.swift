import BackOffice
import JSONCodec
import Linux
import MillraceProtocol

/// Clinics in tables, grids and JSON.
enum ClinicText {
    static func list(_ all: [(Clinic, ScheduleStatus)]) -> Table {
        var table = Table([
            .text("Clinic", shrinksTo: 12), .text("Mirrored"), .text("Fresh"), .text("Zone", optional: true),
            .text("Calendar", shrinksTo: 16, leaves: 1),
        ])
        for (clinic, status) in all {
            table.add([
                Table.Cell(clinic.id.text), Table.Cell(status.syncedAt.map { "\($0)" } ?? "never"),
                status.isStale ? Table.Cell("stale", .warning) : Table.Cell("yes", .good),
                Table.Cell(clinic.zone ?? ""), Table.Cell(clinic.url ?? ""),
            ])
        }
        return table
    }

    static func facts(_ status: ScheduleStatus) -> Facts {
        var facts = Facts([("Clinic", status.clinic.text)])
        if let synced = status.syncedAt, status.isAhead {
            facts.add("Mirrored", "\(synced)")
            facts.add("Fresh", "stale: the clock was set back since", .warning)
        } else if let synced = status.syncedAt, let minutes = status.minutesSinceSync {
            facts.add("Mirrored", "\(synced), \(Counted.text(minutes, "minute")) ago")
            facts.add(
                "Fresh", status.isStale ? "stale since \(status.nextStaleAt.map { "\($0)" } ?? "")" : "yes",
                status.isStale ? .warning : .good)
        } else {
            facts.add("Mirrored", "never", .warning)
        }
        if let last = status.lastSync {
            let status = last.partialSuccess ? "\(last.status) in part" : last.status
            facts.add("Last sync", "\(status), \(last.start) to \(last.end), \(last.progress) %")
            facts.add("Failed", last.failedDates.isEmpty ? nil : last.failedDates.joined(separator: ", "), .bad)
            facts.add("Error", last.error, .bad)
        }
        return facts
    }

    /// How a clinic works.
    static func facts(_ config: ScheduleConfig, _ blocked: [BlockedPeriod], of id: ClinicID) -> Facts {
        var facts = Facts([
            ("Clinic", id.text), ("Open", "\(config.open.short) to \(config.close.short), \(config.days)"),
            ("Slots", Counted.text(config.slotMinutes, "minute")),
            ("Capacity", "\(config.capacity), \(config.ownCapacity == nil ? "as the calendar says" : "set here")"),
        ])
        for period in blocked { facts.add("Blocked", "\(period.name): \(times(of: period))") }
        return facts
    }

    static func times(of period: BlockedPeriod) -> String {
        "\(period.start.short) to \(period.end.short), \(period.days)"
    }

    static func name(of booking: Booking) -> String {
        "\(booking.date) \(booking.start.short) for \(DisplayText.harmless(booking.client)), number "
            + DisplayText.harmless(booking.confirmation)
    }

    /// How a sync ended, and what it wrote.
    static func summary(of job: JobView, _ terminal: Terminal) -> [String] {
        // A result of another form is shown as that of any job.
        guard let result = job.result, let value = try? result.decode(JSONValue.self), let stats = value["stats"] else {
            return JobWaiting.summary(of: job, terminal)
        }
        func number(_ name: String) -> Int { stats[name]?.intValue ?? 0 }
        var lines = [terminal.paint(JobText.outcome(job), JobText.tone(job.state))]
        lines.append(
            "  appointments: \(number("appointmentsAdded")) added, \(number("appointmentsUpdated")) changed, "
                + "\(number("appointmentsRemoved")) gone")
        lines.append("  slots: \(number("slotsCreated")) made, \(number("slotsUpdated")) changed")
        if number("conflictsDetected") > 0 {
            lines.append(
                "  bookings in conflict: \(number("conflictsDetected")), \(number("conflictsResolved")) moved")
        }
        for error in value["errors"]?.elements ?? [] {
            lines.append(terminal.paint("  \(DisplayText.harmless(error.stringValue ?? ""))", .bad))
        }
        return lines
    }

    // MARK: - A day

    /// A line for each hour, a column for each minute at which slots begin: how many places are taken, of how many.
    static func day(_ slots: [ScheduleSlot], on date: Day, _ terminal: Terminal) -> [String] {
        let minutes = Set(slots.map { $0.start.seconds / 60 % 60 }).sorted()
        var table = Table([.text("\(date)")] + minutes.map { .text(":\($0 < 10 ? "0" : "")\($0)") })
        let hours = Dictionary(grouping: slots) { $0.start.seconds / 3600 }
        for (hour, slots) in hours.sorted(by: { $0.key < $1.key }) {
            table.add(
                [Table.Cell("\(hour < 10 ? "0" : "")\(hour)")]
                    + minutes.map { minute in
                        slots.first { $0.start.seconds / 60 % 60 == minute }.map { cell($0, terminal) } ?? ""
                    })
        }
        let free = slots.reduce(0) { $0 + max(0, $1.free) }, full = slots.count { $0.free <= 0 }
        return table.lines(for: terminal) + [
            "", "\(Counted.text(slots.count, "slot")), \(full) full, \(Counted.text(free, "place")) free",
        ]
    }

    /// "██░░ 2/4", a place each; held ones are half full.
    private static func cell(_ slot: ScheduleSlot, _ terminal: Terminal) -> Table.Cell {
        let signs = terminal.isUnicode ? (taken: "█", held: "▒", free: "░") : (taken: "#", held: "+", free: ".")
        let taken = min(slot.booked, slot.capacity), held = min(slot.held, slot.capacity - taken)
        var text = ""
        if slot.capacity <= 8 {
            text += String(repeating: signs.taken, count: taken) + String(repeating: signs.held, count: held)
            text += String(repeating: signs.free, count: slot.capacity - taken - held) + " "
        }
        text += "\(slot.booked + slot.held)/\(slot.capacity)"
        let tone: Tone =
            if slot.free <= 0 { .bad } else if slot.booked + slot.held > 0 { .warning } else { .good }
        return Table.Cell(text, tone)
    }

    static func appointments(_ appointments: [AppointmentView]) -> Table {
        var table = Table([
            .text("Date"), .text("From"), .text("To"), .text("Patient", shrinksTo: 12),
            .text("Client", shrinksTo: 12, optional: true), .text("Provider", shrinksTo: 12, optional: true, leaves: 2),
            .text("Type", shrinksTo: 8, optional: true, leaves: 1), .text("Status"),
            .text("Id", shrinksTo: 8, leaves: 3),
        ])
        for one in appointments {
            let status: Table.Cell =
                if one.deletedAt != nil { Table.Cell("gone", .quiet) } else {
                    Table.Cell(one.status.rawValue, one.status.counts ? .plain : .quiet)
                }
            table.add([
                Table.Cell("\(one.date)"), Table.Cell(one.start?.short ?? ""), Table.Cell(one.end?.short ?? ""),
                Table.Cell(one.patient), Table.Cell(one.client), Table.Cell(one.provider), Table.Cell(one.type), status,
                Table.Cell(one.id),
            ])
        }
        return table
    }

    // MARK: - JSON

    static func json(_ config: ScheduleConfig, _ blocked: [BlockedPeriod], of id: ClinicID) -> JSONValue {
        [
            "clinicId": .string(id.text), "open": .string("\(config.open)"), "close": .string("\(config.close)"),
            "days": days(config.days), "slotMinutes": .number("\(config.slotMinutes)"),
            "capacity": .number("\(config.capacity)"),
            "ownCapacity": config.ownCapacity.map { .number("\($0)") } ?? .null,
            "blocked": .array(blocked.map { json($0) }),
        ]
    }

    static func json(_ period: BlockedPeriod) -> JSONValue {
        [
            "name": .string(period.name), "start": .string("\(period.start)"), "end": .string("\(period.end)"),
            "days": days(period.days),
        ]
    }

    private static func days(_ days: Weekdays) -> JSONValue { .array(days.numbers.map { .number("\($0)") }) }

    static func json(_ slot: ScheduleSlot) -> JSONValue {
        [
            "date": .string("\(slot.date)"), "start": .string("\(slot.start)"), "end": .string("\(slot.end)"),
            "capacity": .number("\(slot.capacity)"), "booked": .number("\(slot.booked)"),
            "held": .number("\(slot.held)"), "free": .number("\(max(0, slot.free))"),
        ]
    }

    static func json(_ one: AppointmentView) -> JSONValue {
        [
            "id": .string(one.id), "date": .string("\(one.date)"), "start": one.start.map { .string("\($0)") } ?? .null,
            "end": one.end.map { .string("\($0)") } ?? .null, "patient": .string(one.patient),
            "client": .string(one.client), "phone": .string(one.phone), "provider": .string(one.provider),
            "type": .string(one.type), "status": .string(one.status.rawValue),
            "deletedAt": one.deletedAt.map { .string($0) } ?? .null,
        ]
    }
}
