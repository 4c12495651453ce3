import MillraceStore

/// An appointment as a file gives it.
struct ImportedAppointment: Hashable {
    var clinic: ClinicID
    var id: String
    var date: Day
    var start: ClockTime?
    var end: ClockTime?
    var patient = ""
    var client = ""
    var phone = ""
    var provider = ""
    var type = ""
    var status = AppointmentStatus.scheduled
    var bookedAt: String?
    var reminded = false
}

/// Records of clinics, as a file gives them.
extension ImportRecord {
    static func clinic(_ reader: inout RecordReader) -> ImportRecord? {
        let id = reader.id("id", Clinic.self)
        var access = Clinic.Access.api
        if reader.word("access") != nil, let word = reader.choice("access", Clinic.Access.self) { access = word }
        guard reader.problems.isEmpty, let id else { return nil }
        var clinic = Told(Clinic(id: id), by: reader)
        clinic.set("url", as: \.url, to: reader.word("url"))
        clinic.set("credential", as: \.credential, to: reader.word("credential"))
        clinic.set("zone", as: \.zone, to: reader.word("zone"))
        clinic.set("access", as: \.access, to: access)
        return .clinic(clinic)
    }

    static func appointment(_ reader: inout RecordReader) -> ImportRecord? {
        let clinic = reader.id("clinic", Clinic.self), id = reader.needed("appointment_id")
        if reader.word("appointment_day") == nil { reader.fail("appointment_day", "is empty; a day is needed") }
        let date = reader.optionalDay("appointment_day")
        let start = clock("start", &reader), end = clock("end", &reader)
        if let start, let end, end <= start { reader.fail("end", "is not after the start") }
        var status = AppointmentStatus.scheduled
        if reader.word("status") != nil, let word = reader.choice("status", AppointmentStatus.self) { status = word }
        switch truth("no_show", &reader) {
        case true?: status = .noShow
        case false? where status == .noShow: reader.fail("no_show", "contradicts the status no_show")
        default: break
        }
        let reminded = truth("sms_received", &reader) ?? false
        guard reader.problems.isEmpty, let clinic, let id, let date else { return nil }
        var appointment = Told(ImportedAppointment(clinic: clinic, id: id, date: date), by: reader)
        appointment.set("appointment_day", as: \.date, to: date)
        appointment.set("start", as: \.start, to: start)
        appointment.set("end", as: \.end, to: end)
        appointment.set("patient_key", as: \.patient, to: reader.word("patient_key") ?? "")
        appointment.set("client", as: \.client, to: reader.word("client") ?? "")
        appointment.set("phone", as: \.phone, to: AppointmentFields.normalizedPhone(reader.word("phone") ?? ""))
        appointment.set("provider", as: \.provider, to: reader.word("provider") ?? "")
        appointment.set("type", as: \.type, to: reader.word("type") ?? "")
        appointment.set("status", "no_show", as: \.status, to: status)
        appointment.set("scheduled_at", as: \.bookedAt, to: reader.word("scheduled_at"))
        appointment.set("sms_received", as: \.reminded, to: reminded)
        return .appointment(appointment)
    }

    private static func clock(_ field: String, _ reader: inout RecordReader) -> ClockTime? {
        guard let word = reader.word(field) else { return nil }
        let time = ClockTime(word)
        if time == nil { reader.fail(field, "'\(word)' is no time of day; 16:15 is the form") }
        return time
    }

    private static func truth(_ field: String, _ reader: inout RecordReader) -> Bool? {
        guard let word = reader.word(field) else { return nil }
        switch word.lowercased() {
        case "1", "yes", "true": return true
        case "0", "no", "false": return false
        default:
            reader.fail(field, "'\(word)' is neither yes nor no")
            return nil
        }
    }
}

extension Intake {
    mutating func take(_ told: Told<Clinic>) throws {
        let id = told.fresh.id
        let old = try connection.first(
            "SELECT url, credential, zone, access FROM clinic WHERE id = ?1", .text(id.text)
        ) { row in try Clinic(id: id, row, from: 0) }
        let clinic = told.merged(with: old)
        try put(
            old, clinic,
            """
            INSERT INTO clinic (id, url, credential, zone, access) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (id) DO UPDATE SET url = excluded.url, credential = excluded.credential, zone = excluded.zone,
                access = excluded.access
            """,
            [
                .text(clinic.id.text), SQLValue(clinic.url), SQLValue(clinic.credential), SQLValue(clinic.zone),
                .text(clinic.access.rawValue),
            ])
    }

    /// A clinic that the books lack is created, without a calendar. What changes by an import has no hash, so that the next
    /// sync has the last word.
    mutating func take(_ told: Told<ImportedAppointment>) throws {
        let (clinic, id) = (told.fresh.clinic, told.fresh.id)
        try connection.run("INSERT INTO clinic (id) VALUES (?1) ON CONFLICT (id) DO NOTHING", .text(clinic.text))
        let old = try connection.first(
            """
            SELECT date, start_time, end_time, patient, client, phone, provider, type, status, booked_at, reminded
            FROM schedule_appointment WHERE clinic = ?1 AND remote_id = ?2 AND deleted_at IS NULL
            """, .text(clinic.text), .text(id)
        ) { row in
            guard let date = Day(row.text(0)), let status = AppointmentStatus(rawValue: row.text(8)) else {
                throw BooksError.damaged(table: "schedule_appointment", id: id, column: "date or status")
            }
            return ImportedAppointment(
                clinic: clinic, id: id, date: date, start: row.textOrNil(1).flatMap { ClockTime($0) },
                end: row.textOrNil(2).flatMap { ClockTime($0) }, patient: row.text(3), client: row.text(4),
                phone: row.text(5), provider: row.text(6), type: row.text(7), status: status,
                bookedAt: row.textOrNil(9), reminded: row.bool(10))
        }
        var new = told.merged(with: old)
        // "Not missed" says no more than that.
        if let old, !told.tells("status"), old.status != .noShow, new.status == .scheduled { new.status = old.status }
        // One of the two may be in the file and the other in the books.
        if let end = new.end, end <= new.start ?? end {
            let start = new.start.map { "its start at \($0.short)" } ?? "a start, which it lacks"
            throw Misfit(message: "the appointment '\(new.id)' would end at \(end.short), not after \(start)")
        }
        try put(
            old, new,
            """
            INSERT INTO schedule_appointment (clinic, remote_id, date, start_time, end_time, patient, client, phone,
                provider, type, status, booked_at, reminded, synced_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, '')
            ON CONFLICT (clinic, remote_id) WHERE deleted_at IS NULL DO UPDATE SET date = excluded.date,
                start_time = excluded.start_time, end_time = excluded.end_time, slot = NULL,
                patient = excluded.patient, client = excluded.client, phone = excluded.phone,
                provider = excluded.provider, type = excluded.type, status = excluded.status, sync_hash = NULL,
                booked_at = excluded.booked_at, reminded = excluded.reminded
            """,
            [
                .text(new.clinic.text), .text(new.id), .text("\(new.date)"), SQLValue(new.start?.description),
                SQLValue(new.end?.description), .text(new.patient), .text(new.client), .text(new.phone),
                .text(new.provider), .text(new.type), .text(new.status.rawValue), SQLValue(new.bookedAt),
                SQLValue(new.reminded),
            ])
    }
}
