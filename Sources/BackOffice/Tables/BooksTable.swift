/// What can be exported from the books and, but for orders and lines, imported into them.
public enum BooksTable: String, CaseIterable, Sendable {
    case contractors, projects, deployments, rates, positions, timesheets, orders, lines, refunds, splits, payouts
    case clinics, appointments, slots, bookings, syncs

    /// Orders and their lines, slots, bookings and syncs are made by the books' own rules, never imported.
    public var importable: Bool { ![.orders, .lines, .slots, .bookings, .syncs].contains(self) }

    /// Whether the books in SQLite have it also where the company's records are elsewhere.
    public var isAlwaysLocal: Bool { [.clinics, .appointments, .slots, .bookings, .syncs].contains(self) }

    /// The columns an import looks for, each by the name it has in an export.
    public var importFields: [ImportField] {
        switch self {
        case .contractors: [.needed("id"), .optional("discord"), .optional("name")]
        case .projects: [.needed("id"), .optional("code"), .optional("name")]
        case .deployments:
            [.optional("id"), .needed("contractor"), .needed("project"), .optional("status")]
        case .rates:
            [
                .needed("id"), .needed("contractor"), .optional("status"), .optional("start_date"),
                .optional("end_date"), .needed("payday"), .optional("billing_type"), .optional("monthly_fixed"),
                .optional("hourly_rate"), .optional("gross_fixed"), .optional("currency"),
            ]
        case .positions: [.needed("contractor"), .needed("position")]
        case .timesheets:
            [
                .needed("id"), .needed("date"), .needed("contractor"), .needed("project"), .needed("hours"),
                .optional("text"), .optional("status"), .optional("title"),
            ]
        case .refunds:
            [
                .needed("id"), .needed("amount"), .needed("currency"), .needed("contractor"), .needed("status"),
                .optional("refund_id"), .optional("reason"), .optional("description"),
                .optional("formatted_description"), .optional("details"), .optional("date_requested"),
            ]
        case .splits:
            [
                .needed("id"), .needed("name"), .needed("amount"), .needed("currency"), .needed("person"),
                .needed("type"), .needed("status"), .optional("auto_name"), .optional("role"), .optional("month"),
                .optional("description"),
            ]
        case .payouts:
            [
                .needed("id"), .needed("name"), .needed("amount"), .needed("currency"), .needed("person"),
                .needed("status"), .optional("date"), .optional("paid_date"), .optional("description"),
                .optional("source_kind"), .optional("source_id"), .optional("rate"),
            ]
        case .clinics:
            [.needed("id"), .optional("url"), .optional("credential"), .optional("zone"), .optional("access")]
        case .appointments:
            [
                .needed("appointment_id"), .needed("appointment_day"), .needed("clinic"), .optional("patient_key"),
                .optional("scheduled_at"), .optional("sms_received"), .optional("no_show"), .optional("start"),
                .optional("end"), .optional("client"), .optional("phone"), .optional("provider"), .optional("type"),
                .optional("status"),
            ]
        case .orders, .lines, .slots, .bookings, .syncs: []
        }
    }
}

/// A column that an import looks for.
public struct ImportField: Hashable, Sendable {
    public var name: String
    /// Whether a file without it is refused.
    public var needed: Bool

    static func needed(_ name: String) -> ImportField { ImportField(name: name, needed: true) }
    static func optional(_ name: String) -> ImportField { ImportField(name: name, needed: false) }
}

/// The form of a file of records.
public enum TableFormat: String, CaseIterable, Sendable {
    /// RFC 4180 with a header line.
    case csv
    /// One array of objects.
    case json

    /// By the end of a file's name; nil for any other end.
    public init?(path: String) {
        if path.lowercased().hasSuffix(".csv") {
            self = .csv
        } else if path.lowercased().hasSuffix(".json") {
            self = .json
        } else {
            return nil
        }
    }
}
