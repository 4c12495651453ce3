import BackOffice
import Calendars
import JSONCodec
import Linux

/// Reads what calendars answer, in the shapes and under the names that they use.
enum CalendarAnswer {
    /// What went wrong with an answer.
    struct Fault: Error {
        let why: String
    }

    /// An array of appointments, or an object that has one under `events`, `data`, `appointments` or `results`. An object
    /// without any of these is no empty calendar but an answer that nobody understands.
    static func appointments(_ bytes: [UInt8], on date: Day, zone: Zone) throws(Fault) -> [RemoteAppointment] {
        try appointments(try tree(bytes), on: date, zone: zone)
    }

    static func appointments(_ value: JSONValue, on date: Day, zone: Zone) throws(Fault) -> [RemoteAppointment] {
        let list =
            value.elements
            ?? ["events", "data", "appointments", "results"].lazy.compactMap { value[$0]?.elements }.first
        guard let list else { throw Fault(why: "there is no list of appointments in it") }
        var appointments: [RemoteAppointment] = []
        for one in list {
            guard one.members != nil else { throw Fault(why: "an appointment is no object") }
            appointments.append(appointment(one, on: date, zone: zone))
        }
        return appointments
    }

    private static func appointment(_ value: JSONValue, on date: Day, zone: Zone) -> RemoteAppointment {
        let start = Moment(text(value, "start", "startTime", "start_time"), zone)
        let end = Moment(text(value, "end", "endTime", "end_time"), zone)
        let day = Day(text(value, "date", "day").prefix(10).description) ?? start.day ?? date
        let fields = AppointmentFields(
            date: day, start: start.text, end: end.text, patient: text(value, "patient", "patientName", "patient_name"),
            client: text(value, "client", "clientName", "client_name"),
            phone: text(value, "phone", "clientPhone", "client_phone"),
            provider: text(value, "provider", "providerName", "provider_name"),
            type: text(value, "type", "appointmentType", "appointment_type"),
            status: AppointmentStatus(remote: text(value, "status")))
        let booked = text(value, "bookedAt", "booked_at", "createdAt")
        return RemoteAppointment(
            id: text(value, "id", "appointmentId", "appointment_id"), fields: fields, start: start.time, end: end.time,
            bookedAt: booked.isEmpty ? nil : booked, reminded: value["reminded"]?.boolValue ?? false)
    }

    /// Hours, days, rooms, zone; what is not there is not said, nor is what does not read, which is named.
    static func configuration(_ bytes: [UInt8]) throws(Fault) -> RemoteConfiguration {
        try configuration(try tree(bytes))
    }

    static func configuration(_ value: JSONValue) throws(Fault) -> RemoteConfiguration {
        guard value.members != nil else { throw Fault(why: "the configuration is no object") }
        var configuration = RemoteConfiguration(snapshot: JSON.text(value))
        func read<Read>(_ names: String..., by parse: (JSONValue) -> Read?) -> Read? {
            guard let name = names.first(where: { value[$0].map { !$0.isNull } ?? false }) else { return nil }
            let read = value[name].flatMap(parse)
            if read == nil { configuration.unread.append(name) }
            return read
        }
        configuration.open = read("open", "openTime") { $0.stringValue.flatMap { ClockTime($0) } }
        configuration.close = read("close", "closeTime") { $0.stringValue.flatMap { ClockTime($0) } }
        if let open = configuration.open, let close = configuration.close, open >= close {
            (configuration.open, configuration.close) = (nil, nil)
            configuration.unread += ["open", "close"]
        }
        configuration.days = read("days", by: weekdays)
        configuration.slotMinutes = read("slotMinutes") { value in
            value.intValue.flatMap { ScheduleConfig.slotLengths.contains($0) ? $0 : nil }
        }
        configuration.rooms = read("rooms") { $0.intValue ?? $0.elements?.count }
        configuration.zone = read("timezone", "zone") { $0.stringValue.flatMap { $0.isEmpty ? nil : $0 } }
        return configuration
    }

    /// Numbers from 0, Sunday, or English names, each of which has to read. A clinic that is never open is not meant.
    private static func weekdays(_ value: JSONValue) -> Weekdays? {
        guard let elements = value.elements else { return value.stringValue.flatMap { Weekdays(words: $0) } }
        let numbers = elements.map { $0.intValue ?? $0.stringValue.flatMap { Weekdays.number($0) } }
        return numbers.isEmpty || numbers.contains(nil) ? nil : Weekdays(numbers.compactMap(\.self))
    }

    /// The token of a login's answer.
    static func token(_ bytes: [UInt8]) -> String? {
        guard let value = try? tree(bytes) else { return nil }
        let token = text(value, "token", "accessToken", "access_token")
        return token.isEmpty ? nil : token
    }

    static func tree(_ bytes: [UInt8]) throws(Fault) -> JSONValue {
        do {
            return try JSON.decode(JSONValue.self, from: bytes)
        } catch {
            throw Fault(why: "\(error)")
        }
    }

    /// A text or number under one of these names, or the name of an object there.
    private static func text(_ value: JSONValue, _ names: String...) -> String {
        for name in names {
            guard let found = value[name] else { continue }
            if let text = found.stringValue ?? found.numberText ?? found["name"]?.stringValue { return text }
        }
        return ""
    }

    /// A time as the calendar writes it: of the day alone, with its date, or as a moment with an offset.
    private struct Moment {
        let text: String
        var day: Day?
        var time: ClockTime?

        init(_ text: String, _ zone: Zone) {
            self.text = text
            if let instant = Timestamp(text) {
                let wall = zone.wallTime(at: Instant(instant))
                day = Day(wall.date)
                time = ClockTime(seconds: wall.hour * 3600 + wall.minute * 60 + wall.second)
            } else if let separator = text.firstIndex(of: "T"), let date = Day(String(text[..<separator])) {
                day = date
                time = ClockTime(String(text[text.index(after: separator)...].prefix { $0 != "." }))
            } else {
                time = ClockTime(text)
            }
        }
    }
}
