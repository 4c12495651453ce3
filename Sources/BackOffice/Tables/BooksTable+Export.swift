/// A column of an export.
struct ExportColumn {
    enum Kind {
        case text, number, hours
        /// A decimal, or nothing.
        case amount
        /// The id of an order, in place of which the sum of its lines is written.
        case subtotal
        /// A JSON array of texts.
        case list
    }

    var name: String
    var sql: String
    var kind: Kind

    init(_ name: String, _ sql: String, _ kind: Kind = .text) {
        self.name = name
        self.sql = sql
        self.kind = kind
    }
}

extension BooksTable {
    /// What an exported record holds, in order. What an import reads has the same names here.
    var exportColumns: [ExportColumn] {
        switch self {
        case .contractors: [.init("id", "id"), .init("discord", "discord"), .init("name", "name")]
        case .projects: [.init("id", "id"), .init("code", "code"), .init("name", "name")]
        case .deployments:
            [
                .init("id", "id"), .init("contractor", "contractor"), .init("project", "project"),
                .init("status", "status"),
            ]
        case .rates:
            [
                .init("id", "id"), .init("contractor", "contractor"), .init("status", "status"),
                .init("start_date", "start_date"), .init("end_date", "end_date"),
                .init("payday", "payday", .number), .init("billing_type", "billing_type"),
                .init("monthly_fixed", "monthly_fixed", .amount), .init("hourly_rate", "hourly_rate", .amount),
                .init("gross_fixed", "gross_fixed", .amount), .init("currency", "currency"),
            ]
        case .positions: [.init("contractor", "contractor"), .init("position", "position")]
        case .timesheets:
            [
                .init("id", "id"), .init("date", "date"), .init("contractor", "contractor"),
                .init("project", "project"), .init("hours", "hours", .hours), .init("status", "status"),
                .init("title", "title"), .init("text", "text"),
            ]
        case .orders:
            [
                .init("id", "o.id"), .init("title", "o.title"), .init("month", "o.month"), .init("date", "o.date"),
                .init("contractor", "o.contractor"), .init("discord", "c.discord"), .init("status", "o.status"),
                .init("lines", "(SELECT count(*) FROM order_line l WHERE l.task_order = o.id)", .number),
                .init("subtotal_hours", "o.id", .subtotal),
            ]
        case .lines:
            [
                .init("id", "l.id"), .init("order", "l.task_order"), .init("month", "o.month"),
                .init("date", "o.date"), .init("contractor", "o.contractor"), .init("project", "d.project"),
                .init("deployment", "l.deployment"), .init("hours", "l.hours", .hours), .init("status", "l.status"),
                .init("entries", Self.countOfEntries, .number), .init("entry_ids", Self.entryIDs, .list),
                .init("summary", "l.summary"),
            ]
        case .refunds:
            [
                .init("id", "id"), .init("refund_id", "refund_id"), .init("amount", "amount", .amount),
                .init("currency", "currency"), .init("contractor", "contractor"), .init("status", "status"),
                .init("date_requested", "date_requested"), .init("reason", "reason"),
                .init("description", "description"), .init("formatted_description", "formatted_description"),
                .init("details", "details"),
            ]
        case .splits:
            [
                .init("id", "id"), .init("name", "name"), .init("auto_name", "auto_name"),
                .init("amount", "amount", .amount), .init("currency", "currency"), .init("person", "person"),
                .init("role", "role"), .init("type", "type"), .init("month", "month"), .init("status", "status"),
                .init("description", "description"),
            ]
        case .payouts:
            [
                .init("id", "id"), .init("name", "name"), .init("amount", "amount", .amount),
                .init("currency", "currency"), .init("person", "person"), .init("status", "status"),
                .init("date", "date"), .init("paid_date", "paid_date"), .init("source_kind", "source_kind"),
                .init("source_id", "source_id"), .init("rate", "rate"), .init("description", "description"),
            ]
        case .clinics, .appointments, .slots, .bookings, .syncs: clinicColumns
        }
    }

    private static let countOfEntries = "(SELECT count(*) FROM order_line_entry x WHERE x.order_line = l.id)"
    private static let entryIDs = """
        (SELECT json_group_array(entry) FROM
            (SELECT x.entry FROM order_line_entry x WHERE x.order_line = l.id ORDER BY x.entry))
        """

    /// Where the records come from, as SQL.
    var exportSource: String {
        switch self {
        case .contractors: "contractor"
        case .projects: "project"
        case .deployments: "deployment"
        case .rates: "contractor_rate"
        case .positions: "contractor_position"
        case .refunds: "refund_request"
        case .splits: "invoice_split"
        case .payouts: "payout"
        case .timesheets: "timesheet_entry"
        case .clinics: "clinic"
        case .appointments: "(SELECT * FROM schedule_appointment WHERE deleted_at IS NULL)"
        case .slots: "schedule_slot"
        case .bookings: "slot_booking"
        case .syncs: "schedule_sync"
        case .orders: "task_order o JOIN contractor c ON c.id = o.contractor"
        case .lines:
            """
            order_line l JOIN task_order o ON o.id = l.task_order JOIN deployment d ON d.id = l.deployment
            """
        }
    }

    /// The month of a record, as SQL; nil where it has none.
    var exportMonth: String? {
        switch self {
        case .timesheets: "substr(date, 1, 7)"
        case .orders, .lines: "o.month"
        case .refunds: "substr(date_requested, 1, 7)"
        case .splits: "substr(month, 1, 7)"
        case .payouts: "substr(date, 1, 7)"
        case .appointments, .slots, .bookings: "substr(date, 1, 7)"
        case .syncs: "substr(range_start, 1, 7)"
        case .contractors, .projects, .deployments, .rates, .positions, .clinics: nil
        }
    }

    var exportOrder: String {
        switch self {
        case .contractors, .projects, .rates, .refunds, .splits, .clinics: "id"
        case .appointments: "clinic, date, start_time, remote_id"
        case .slots: "clinic, date, start_time"
        case .bookings: "clinic, date, start_time, id"
        case .syncs: "started_at, id"
        case .positions: "contractor, position"
        case .payouts: "date, person, id"
        case .deployments: "contractor, project"
        case .timesheets: "date, id"
        case .orders: "o.month, o.contractor"
        case .lines: "o.month, o.contractor, d.project"
        }
    }
}
