/// Clinics and what belongs to them, as files have it.
extension BooksTable {
    /// Appointments are the live ones; what is deleted is history and stays in the books.
    var clinicColumns: [ExportColumn] {
        switch self {
        case .clinics:
            [
                .init("id", "id"), .init("url", "url"), .init("credential", "credential"), .init("zone", "zone"),
                .init("access", "access"),
            ]
        case .appointments:
            [
                .init("appointment_id", "remote_id"), .init("patient_key", "patient"),
                .init("scheduled_at", "booked_at"), .init("appointment_day", "date"), .init("clinic", "clinic"),
                .init("sms_received", "reminded", .number),
                .init("no_show", "CASE status WHEN 'no_show' THEN 'yes' ELSE 'no' END"),
                .init("start", "start_time"), .init("end", "end_time"), .init("client", "client"),
                .init("phone", "phone"), .init("provider", "provider"), .init("type", "type"),
                .init("status", "status"),
            ]
        case .slots:
            [
                .init("clinic", "clinic"), .init("date", "date"), .init("start", "start_time"),
                .init("end", "end_time"), .init("capacity", "capacity", .number),
                .init("booked", "booked_count", .number),
            ]
        case .bookings:
            [
                .init("confirmation", "confirmation"), .init("clinic", "clinic"), .init("date", "date"),
                .init("start", "start_time"), .init("client", "client"), .init("patient", "patient"),
                .init("status", "status"), .init("hold_expires_at", "hold_expires_at"),
                .init("has_conflict", "has_conflict", .number), .init("original_date", "original_date"),
                .init("original_time", "original_time"), .init("reason", "reason"),
            ]
        case .syncs:
            [
                .init("id", "id"), .init("clinic", "clinic"), .init("range_start", "range_start"),
                .init("range_end", "range_end"), .init("status", "status"),
                .init("progress_percentage", "progress_percentage", .number),
                .init("current_date", "\"current_date\""),
                .init("failed_dates", "failed_dates", .list), .init("partial_success", "partial_success", .number),
                .init("error", "error"), .init("started_at", "started_at"), .init("completed_at", "completed_at"),
                .init("duration_ms", "duration_ms", .number),
            ]
        default: []
        }
    }
}
