/// How an appointment stands.
public enum AppointmentStatus: String, CaseIterable, Sendable {
    case scheduled, completed
    case inProgress = "in_progress"
    case noShow = "no_show"
    case cancelled

    /// From the words of a calendar; what is not known is scheduled.
    public init(remote text: String) {
        let word = String(text.lowercased().map { $0 == "_" || $0 == "-" ? " " : $0 })
        if word.contains("finalized") || word.contains("complete") && !word.contains("incomplete") {
            self = .completed
        } else if word.contains("cancel") {
            self = .cancelled
        } else if word.contains("in progress") {
            self = .inProgress
        } else if word.contains("no show") || word.contains("noshow") {
            self = .noShow
        } else {
            self = .scheduled
        }
    }

    /// Whether it takes a place in its slots.
    public var counts: Bool { self != .cancelled && self != .noShow }
}

/// What of an appointment is compared: a change of it is a change of the appointment.
public struct AppointmentFields: Hashable, Sendable {
    public var date: Day
    /// As the calendar writes it; empty where it does not say.
    public var start: String
    public var end: String
    public var patient: String
    public var client: String
    /// In the form of ``normalizedPhone(_:)``.
    public var phone: String
    public var provider: String
    public var type: String
    public var status: AppointmentStatus

    /// Texts are trimmed, the phone number is put into its form.
    public init(
        date: Day, start: String = "", end: String = "", patient: String = "", client: String = "", phone: String = "",
        provider: String = "", type: String = "", status: AppointmentStatus = .scheduled
    ) {
        self.date = date
        self.start = start.trimmed
        self.end = end.trimmed
        self.patient = patient.trimmed
        self.client = client.trimmed
        self.phone = Self.normalizedPhone(phone)
        self.provider = provider.trimmed
        self.type = type.trimmed
        self.status = status
    }

    /// What is hashed, as UTF-8.
    public var hashed: [UInt8] {
        Array(
            ["\(date)", start, end, patient, client, phone, provider, type, status.rawValue]
                .joined(separator: "|").utf8)
    }

    /// Ten digits get +1, eleven that begin with 1 a +; anything else stays as it is.
    public static func normalizedPhone(_ text: String) -> String {
        let digits = text.unicodeScalars.filter { ("0"..."9").contains($0) }.map { Character($0) }
        switch digits.count {
        case 10: return "+1" + String(digits)
        case 11 where digits[0] == "1": return "+" + String(digits)
        default: return text.trimmed
        }
    }
}

/// An appointment as the calendar has it.
public struct RemoteAppointment: Hashable, Sendable {
    /// Empty where the calendar gives none; such are passed over.
    public var id: String
    public var fields: AppointmentFields
    public var start: ClockTime?
    /// After the start; an end without a start, or not after it, is none.
    public var end: ClockTime?
    /// When it was made; not compared.
    public var bookedAt: String?
    /// Whether the client was reminded; not compared.
    public var reminded: Bool

    public init(
        id: String, fields: AppointmentFields, start: ClockTime? = nil, end: ClockTime? = nil, bookedAt: String? = nil,
        reminded: Bool = false
    ) {
        self.id = id.trimmed
        self.fields = fields
        self.start = start ?? ClockTime(fields.start)
        let end = end ?? ClockTime(fields.end)
        if let start = self.start, let end, end > start { self.end = end }
        self.bookedAt = bookedAt
        self.reminded = reminded
    }
}

/// The row of an appointment, as far as reconciling needs it.
public struct KnownAppointment: Hashable, Sendable {
    public var row: Int64
    public var remoteID: String
    public var date: Day
    public var hash: String?
    public var isLive: Bool
    public var start: ClockTime?
    public var end: ClockTime?
    /// The number of the reading in which the calendar said so; 0 where that was not counted.
    public var reading: Int64
    /// The last sync did not find it and could not tell whether it had moved.
    public var isMissing: Bool

    public init(
        row: Int64, remoteID: String, date: Day, hash: String?, isLive: Bool = true, start: ClockTime? = nil,
        end: ClockTime? = nil, reading: Int64 = 0, isMissing: Bool = false
    ) {
        self.row = row
        self.remoteID = remoteID
        self.date = date
        self.hash = hash
        self.isLive = isLive
        self.start = start
        self.end = end
        self.reading = reading
        self.isMissing = isMissing
    }

    /// Whether the row says what the calendar says. The times are compared besides the hash of the calendar's text: what that
    /// means changes with the clinic's zone.
    func says(_ one: Reconciliation.Incoming) -> Bool {
        hash == one.hash && start == one.appointment.start && end == one.appointment.end && !isMissing
    }
}
